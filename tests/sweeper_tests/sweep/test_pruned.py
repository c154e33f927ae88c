"""Which trials of a whole sweep are stopped early, with one objective and with several."""

from pathlib import Path

import pytest

from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.sweep.order import Places
from sweeper.trial import RunState
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor


def pruned(folder: Path, pruner: str, objective: object) -> dict[int, bool]:
    """Whether each trial of a sweep was stopped."""
    places = Places(f"sqlite:///{folder / 'studies.db'}", Home(folder), None)
    study = made.study(
        name="several",
        objective=objective,
        sampler={"name": "random"},
        pruner={"name": pruner},
        base={"epochs": 9},
        seeds=[1, 2],
    )
    sweep(study, places, 40, InstantExecutor(), logs=())
    with Database(places.storage) as database:
        rows = database.study(study.name).trials.rows()
    return {row.number: row.state is RunState.PRUNED for row in rows}


@pytest.mark.parametrize("pruner", ["median", "asha", "hyperband", "top"])
def test_objectives_that_agree_stop_the_trials_that_one_of_them_stops(pruner: str, tmp_path: Path) -> None:
    # Each task of an instant trial has the same score.
    one = pruned(tmp_path / "one", pruner, "sst")
    several = pruned(tmp_path / "several", pruner, ["sst", "para"])
    assert len(one) == 40
    assert any(one.values())
    assert not all(one.values())
    assert several == one
