"""What a load does grows as what there is; its time is measured by tests/faults/loading.py."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweeper.errors import DatabaseError
from sweeper.study import meeting
from sweeper.study.load import load_study, stored_study
from sweeper.study.study import Study
from sweeper.trial import StudyRow
from tests.faults.loading import CASES, Case


def tried(case: Case, number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often values are checked, alone, in pairs or in whole configurations, while a study is loaded."""
    files = [folder / name for name in ("study.yaml", "workload.yaml")]
    for file, content in zip(files, case.files(number), strict=True):
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    count = 0

    def counted(kind: type[Any], name: str) -> None:
        real = getattr(kind, name)

        def counting(*given: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            return real(*given, **named)

        patch.setattr(kind, name, counting)

    with monkeypatch.context() as patch:
        counted(meeting._Check, "goes")
        counted(Study, "config")
        load_study(*map(str, files))
    return count


@pytest.mark.parametrize("case", [case for case in CASES if case.what in ("parameters", "arms", "tasks")])
def test_twice_as_much_takes_twice_as_many_checks(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (tried(case, case.most // parts, tmp_path, monkeypatch) for parts in (8, 4))
    assert 0 < many <= 2.2 * few


@pytest.mark.parametrize("kept", [1e308, [1], {"study": 1}, {"study": {"lines": [1]}, "workloads": []}])
def test_what_is_kept_of_the_files_may_be_damaged(kept: Any) -> None:
    of = load_study("quickstart")
    parts = (part.model_dump(mode="json") for part in (of.spec, of.workload))
    row = StudyRow(1, of.name, *parts, of.digest(), 1, "0", datetime.now(UTC), 1, "x")
    assert stored_study(row) == of
    with pytest.raises(DatabaseError, match="what is kept of its files is damaged"):
        stored_study(row, kept)
