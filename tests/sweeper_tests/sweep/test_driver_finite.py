"""Several drivers at once in a space that has an end: no configuration twice, none left out."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.search.distributions import distributions
from sweeper.search.propose import propose
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.study.study import Study
from sweeper.sweep.backlog import Backlog
from sweeper.sweep.driver import Driver
from sweeper.trial import TrialRow, TrialSpec
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import drive
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.store.stored import ME, YOU

DRIVERS = 8
SPACE: dict[str, Any] = {
    "dropout": {"low": 0.1, "high": 0.4, "step": 0.1},
    "weight_decay": [0.1, 0.3, 0.5],
    "batch_size": {"low": 8, "high": 9},
}


def study(sampler: str = "tpe", **fields: Any) -> Study:
    written: dict[str, Any] = {
        "arms": {"A": {}, "B": {"encoder.pooling": "cls"}},
        "space": SPACE,
        "seeds": [1, 2],
        "sampler": {"name": sampler, "startup": 2},
        "tables": ["arms"],
    }
    return made.study(made.WORKLOAD, **written | fields)


def cell(params: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(round(value, 6) for value in params.values())


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_drivers_at_once_try_each_configuration_once(sampler: str, url: str, tmp_path: Path) -> None:
    of, together = study(sampler), Barrier(DRIVERS)

    def run(number: int) -> str | None:
        with Database(url) as database:
            store = made.begin(database, of, 120)
            driver = Driver(
                store=store,
                study=of,
                wanted=120,
                executor=InstantExecutor(workers=2),
                home=Home(tmp_path / str(number)),
                data=None,
                observer=Observer(),
                owner=Owner("somewhere", number + 1, "1"),
            )
            together.wait(60)
            return driver.run()

    with ThreadPoolExecutor(DRIVERS) as pool:
        ended = list(pool.map(run, range(DRIVERS)))
    assert set(ended) == {"every configuration of its space has been tried, or is under way"}
    with Database(url) as database:
        rows = database.study(of.name).trials.rows()
        assert database.study(of.name).trials.orphans() == []
    assert [row.number for row in rows] == list(range(96))
    assert len({(row.arm, row.seed, cell(row.params)) for row in rows}) == 96
    of_number: defaultdict[tuple[str | None, int], set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows:
        # At both seeds the same; drawn blindly, in both arms too.
        of_number[row.arm if sampler == "tpe" else None, row.configuration].add(cell(row.params))
    assert all(len(found) == 1 for found in of_number.values())


@pytest.mark.parametrize(
    ("seeds", "space"), [((1,), SPACE), ((1, 2), {"dropout": {"low": 0.1, "high": 0.4}})]
)
def test_what_another_driver_was_quicker_with_is_proposed_anew(
    seeds: tuple[int, ...], space: dict[str, Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another configuration with the same values, or the same one at another seed with other values."""
    of = study("random", arms={"A": {}}, seeds=seeds, space=space)
    with Database(url) as database:
        store = made.begin(database, of, 10)
        mine = Backlog(of, 10, store.trials, store.leases(ME, 60), _never)
        theirs = store.leases(YOU, 60)
        refused: list[TrialSpec] = []

        def meanwhile(study: Study, number: int, history: Any) -> TrialSpec | None:
            trial = propose(study, number, history)
            assert trial is not None
            if not refused:
                refused.append(trial)
                other = theirs.claim(99)
                place = (2, trial.configuration) if len(seeds) == 2 else (1, trial.configuration + 1)
                params = {"dropout": 0.123} if len(seeds) == 2 else trial.params
                config = study.config("A", params, place[0])
                rival = TrialSpec(other, "A", params, config, place[0], place[1])
                assert theirs.add(rival, distributions(of))
            return trial

        monkeypatch.setattr("sweeper.sweep.backlog.propose", meanwhile)
        ready = mine.take(())
        assert ready is not None
        added = ready.trial
        rows = {row.number: row for row in store.trials.rows()}
    assert (added.number, added.seed, added.configuration) == (0, 1, 0)
    assert added.params != refused[0].params
    assert (added.params == rows[1].params) is (len(seeds) == 2)


def _never(trial: TrialSpec, twin: TrialRow) -> None:
    raise AssertionError


def test_whatever_a_proposal_raises_no_worker_outlives_its_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(study: Study, number: int, history: Any) -> TrialSpec | None:
        if number == 2:
            raise RuntimeError("of no kind that is expected")
        return propose(study, number, history)

    executor = InstantExecutor(workers=3)
    monkeypatch.setattr("sweeper.sweep.backlog.propose", breaks)
    with pytest.raises(RuntimeError):
        drive(tmp_path, study(), executor)
    assert (len(executor.submitted), executor.closed) == (2, True)
