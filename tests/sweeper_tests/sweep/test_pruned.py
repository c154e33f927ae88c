"""Which trials of a whole sweep are stopped early, with one objective and with several."""

from pathlib import Path

import pytest

from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.trials import Trials
from sweeper.study.recorded import trial_of
from sweeper.sweep.order import Places
from sweeper.sweep.pruned import prunes
from sweeper.trial import Curve, RunState
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


@pytest.mark.parametrize("objective", ["sst", ["sst", "para"]])
def test_of_an_epoch_that_is_told_once_more_nothing_is_decided(objective: object, tmp_path: Path) -> None:
    """Others have gone on since; it did too, and its outcome is to be of all its epochs."""
    study = made.study(objective=objective, pruner={"name": "median", "startup": 1})
    runs = [made.row(study, number, "Baseline", (0.5, 0.5, 0.5)) for number in range(4)]
    with made.store(tmp_path, study, runs) as database:
        store = database.study(study.name)
        trial = trial_of(runs[3])
        recorded = {
            number: {epoch: (0.9 if number < 3 else 0.1) + epoch / 100 for epoch in (1, 2, 3)}
            for number in range(4)
        }

        class Known(Trials):
            def curves(
                self, arm: str | None = None, seed: int | None = None, of: tuple[str, str] | None = None
            ) -> list[Curve]:
                state = RunState.COMPLETE
                return [Curve(n, "Baseline", trial.seed, n, state, values) for n, values in recorded.items()]

        trials = Known(store.access, store.row)
        asked = [{one: recorded[3][one] for one in range(1, last + 1)} for last in (1, 2, 3)]
        assert [prunes(study, trial, curve, trials) for curve in asked] == [False, False, True]
