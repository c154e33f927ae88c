"""Which trials of a whole sweep are stopped early, with one objective and with several."""

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sweeper.paths import Home
from sweeper.search.pruning import peers_of, should_prune
from sweeper.search.ranking import curves_by_rank
from sweeper.store.curverows import Sought
from sweeper.store.database import Database
from sweeper.store.tables import epoch_metric, run
from sweeper.store.trials import Trials
from sweeper.study.recorded import trial_of
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.sweep.pruned import prunes
from sweeper.trial import Curve, RunState, TrialSpec
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor

EVERY = Sought()


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
            def curves(self, sought: Sought = EVERY, of: tuple[str, str] | None = None) -> list[Curve]:
                return [
                    Curve(n, "Baseline", trial.seed, n, RunState.COMPLETE, values)
                    for n, values in recorded.items()
                    if sought.number in (None, n)
                ]

        trials = Known(store.access, store.row)
        asked = [{one: recorded[3][one] for one in range(1, last + 1)} for last in (1, 2, 3)]
        assert [prunes(study, trial, curve, trials) for curve in asked] == [False, False, True]


def by_all_curves(study: Study, trial: TrialSpec, curve: Mapping[int, float], trials: Trials) -> bool:
    """What is decided where every curve is read whole, at every epoch."""
    peers = peers_of(study, trial, max(curve))
    if peers is None:
        return False
    tasks = {name: (name, task.metric) for name, task in trial.config.tasks.items()}
    found = [trials.curves(Sought(*peers), tasks.get(name)) for name in study.spec.objectives]
    own = next((one.values for one in found[0] if one.number == trial.number), {})
    if max(own, default=0) > max(curve):
        return False
    if len(found) == 1:
        return should_prune(study, trial, curve, found[0])
    return should_prune(study, trial, {}, curves_by_rank(trial.number, found))


EPOCHS, TRIALS = 10, 96


def random_curves(folder: Path, study: Study) -> Database:
    """Trials of two arms and seeds that stopped anywhere, whose scores are not always numbers."""
    chance = random.Random(7)  # noqa: S311
    states = (RunState.COMPLETE, RunState.PRUNED, RunState.RUNNING, RunState.FAILED)
    runs = []
    for number in range(TRIALS):
        arm, seed = ("Baseline", "S-BERT")[number // 2 % 2], 1 + number % 2
        made_row = made.row(study, number, arm, (0.5, 0.5, 0.5), seed=seed)
        runs.append(replace(made_row, configuration=number // 4))
    database = made.store(folder, study, runs)
    with database.access.writing() as connection:
        connection.execute(epoch_metric.delete())
        for key in connection.execute(sa.select(run.c.id).order_by(run.c.number)).scalars().all():
            values: dict[str, Any] = {"state": chance.choice(states)}
            connection.execute(run.update().where(run.c.id == key).values(values))
            last = EPOCHS if values["state"] is RunState.COMPLETE else chance.randint(0, EPOCHS)
            rows = [
                {"run_id": key, "epoch": epoch, "split": "dev", "task": task, "metric": metric}
                | {"value": None if chance.random() < 0.15 else round(chance.random(), 1)}
                for epoch in range(1, last + 1)
                for task, metric in (("overall", "overall"), *SCORES)
            ]
            if rows:
                connection.execute(epoch_metric.insert(), rows)
    return database


SCORES = (("sst", "accuracy"), ("para", "accuracy"))


@pytest.mark.parametrize("objective", ["overall", ["sst", "para"]])
def test_what_is_read_decides_as_all_curves_would(
    objective: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweeper.study.pruners.PEERS", 12)
    pruners: list[dict[str, Any]] = [
        {"name": "median", "min_epochs": 3},
        {"name": "median", "startup": 2, "patience": 1},
        {"name": "asha", "min_epochs": 2, "reduction_factor": 2},
        {"name": "asha", "patience": 1, "peers": "study"},
        {"name": "hyperband", "reduction_factor": 2},
        {"name": "hyperband", "min_epochs": 2, "patience": 0},
        {"name": "top", "min_epochs": 2, "keep": 3},
        {"name": "top", "keep": 9, "peers": "study"},
        *([{"name": "wilcoxon", "p_threshold": 0.6}] if objective == "overall" else []),
    ]
    studies = [
        made.study(objective=objective, pruner=pruner, base={"epochs": EPOCHS}, seeds=[1, 2])
        for pruner in pruners
    ]
    chance, decided = random.Random(3), []  # noqa: S311
    with random_curves(tmp_path, studies[0]) as database:
        store = database.study(studies[0].name)
        recorded = {one.number: one for one in store.trials.curves()}
        for row in store.trials.rows()[20::3]:
            own = recorded[row.number].values if row.number in recorded else {}
            latest = max(max(own, default=1), chance.randint(1, EPOCHS))
            curve = {latest: own.get(latest, chance.random()), **(own if chance.random() < 0.5 else {})}
            for study in studies:
                asked = (study, trial_of(row), curve, store.trials)
                decided.append(prunes(*asked))
                assert decided[-1] == by_all_curves(*asked), (study.spec.pruner, row.number, curve)
    assert len(set(decided)) == 2
