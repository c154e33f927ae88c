"""Which configurations `sweeper confirm` trains again."""

from pathlib import Path

import pytest

from sweeper.cli import confirm
from sweeper.study.study import Study
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, row, store, study
from tests.sweeper_tests.typed import Command


def test_an_arm_without_a_score_gives_its_place_to_no_other(
    tmp_path: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, confirming = study(), list[Study]()
    runs = [
        row(of, 0, "Baseline", (0.4, 0.7, 0.5)),
        row(of, 1, "S-BERT", None, state=RunState.FAILED, error="boom"),
        row(of, 2, "Baseline", (0.5, 0.7, 0.5), params=PARAMS | {"dropout": 0.5}),
    ]
    monkeypatch.setattr(confirm, "run_study", lambda asked, *_, **__: confirming.append(asked))
    with store(tmp_path, of, runs):
        for top in ((), ("--top", "2")):
            assert (
                sweeper("confirm", of.name, *top, "--storage", f"sqlite:///{tmp_path}/studies.db").code == 0
            )
    alone, both = (list(one.spec.arms.values()) for one in confirming)
    assert [arm["dropout"] for arm in alone] == [0.5]
    assert [arm["dropout"] for arm in both] == [0.5, 0.3]
