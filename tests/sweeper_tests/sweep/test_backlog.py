"""What a driver knows of the trials of all drivers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sweeper.executors.protocol import Job
from sweeper.search.distributions import distributions
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.study.changes import compare
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from sweeper.sweep.backlog import Backlog
from sweeper.trial import PastTrial, RunState, TrialRow, TrialSpec
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.halfway import DEAD, HERE
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    FAILED,
    ME,
    NAME,
    PRUNED,
    SPACE,
    YOU,
    begin,
    queue,
    run_whole,
    trial,
)


@pytest.fixture
def store(url: str) -> Iterator[StudyStore]:
    with Database(url) as database:
        yield begin(database)


def backlog(store: StudyStore) -> Backlog:
    study = load_study("quickstart", "demo")
    return Backlog(study, 40, store.trials, store.leases(ME, 60), lambda trial, twin: None)


def states(history: History) -> dict[int, RunState]:
    return {past.number: past.state for past in history}


def test_history_is_one_query_whatever_its_length(store: StudyStore) -> None:
    statements: list[str] = []
    mine = backlog(store)
    sa.event.listen(store.access.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    for _ in range(3):
        run_whole(store, COMPLETE)
        statements.clear()
        mine.history()
        assert len([text for text in statements if text.startswith("SELECT")]) == 1


def test_history_follows_what_other_drivers_write(store: StudyStore, url: str) -> None:
    mine = backlog(store)
    with Database(url) as database:
        other = database.study(NAME)
        leases, outcomes = other.leases(YOU, 60), other.outcomes(YOU)
        late = leases.claim(99)  # begun by another driver only after the next one has ended
        failed, complete = run_whole(store, FAILED, "a"), run_whole(store, COMPLETE, "a")
        assert [past.number for past in mine.history()] == [failed, complete]
        assert leases.add(trial(late, "b"), SPACE)
        assert other.retry() == [failed]
        queued = {late: RunState.QUEUED, failed: RunState.QUEUED, complete: RunState.COMPLETE}
        assert states(mine.history()) == queued
        assert leases.take_over(failed, None)
        outcomes.finished(failed, COMPLETE)
        outcomes.finished(late, PRUNED)
        new = queue(store)
        assert states(mine.history()) == {
            late: RunState.PRUNED,
            failed: RunState.COMPLETE,
            complete: RunState.COMPLETE,
            new: RunState.QUEUED,
        }
        assert list(mine.history()) == other.trials.past()


def test_history_reads_the_trials_that_may_have_changed_and_no_others(
    store: StudyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[int] = []

    def enter(history: History, past: PastTrial) -> None:
        entered.append(past.number)
        real(history, past)

    real, mine = History.enter, backlog(store)
    monkeypatch.setattr(History, "enter", enter)
    for outcome in (COMPLETE, PRUNED, FAILED):
        run_whole(store, outcome)
    running = queue(store)
    mine.history()
    assert entered == [0, 1, 2, 3]
    entered.clear()
    new = queue(store)
    mine.history()
    assert entered == [running, new]


def test_a_free_worker_looks_for_trials_whose_driver_has_gone_meanwhile(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_study(tmp_path, study) as store:
        dead, mine = (
            store.leases(DEAD, 3600.0),
            Backlog(study, 8, store.trials, store.leases(HERE, 60.0), never),
        )
        first = mine.take(())
        given = propose(study, dead.claim(99), store.trials.past())
        assert given is not None
        dead.add(given, distributions(study))
        second = mine.take((0,))
        monkeypatch.setattr("sweeper.sweep.backlog.ADOPT_SECONDS", 0.0)
        third = mine.take((0, 2))
    assert [ready and ready.trial.number for ready in (first, second, third)] == [0, 2, 1]


BEGUN: dict[str, Any] = {
    "space": {"dropout": [0.1, 0.2, 0.3], "weight_decay": [0.1, 0.2]},
    "arms": {"A": {}, "B": {"encoder.pooling": "cls"}},
    "seeds": [1, 2],
    "tables": ["arms"],
}
CHANGED = (
    "study 'made@demo' was changed meanwhile (another `sweeper run` took up its file): type the command again"
)
MATTERING: list[dict[str, Any]] = [
    {"space": {"dropout": [0.1, 0.2, 0.3], "weight_decay": [0.1, 0.2, 0.3]}},
    {"arms": {"C": {"gradient": "pcgrad"}, **BEGUN["arms"]}},
    {"seeds": [1, 2, 3]},
    {"enqueue": [{"dropout": 0.3, "weight_decay": 0.2}]},
]


def change(store: StudyStore, workload: Workload = made.WORKLOAD, **fields: Any) -> Study:
    """Takes up a change of the study, as another driver does."""
    old, new = made.study(**BEGUN), made.study(workload, **BEGUN | fields)
    assert not compare(old, new).conflicts
    spec, placed = (part.model_dump(mode="json") for part in (new.spec, new.workload))
    assert store.fresh().change(
        spec, placed, digest=new.digest(), space=distributions(new), descriptions=["x"]
    )
    return new


def of_study(store: StudyStore, study: Study, owner: str) -> Backlog:
    return Backlog(study, 40, store.trials, store.fresh().leases(owner, 60), lambda trial, twin: False)


@pytest.mark.parametrize("fields", MATTERING)
def test_a_study_that_was_changed_meanwhile_is_left_to_those_that_took_up_the_change(
    fields: dict[str, Any], url: str
) -> None:
    with Database(url) as database:
        store = made.begin(database, made.study(**BEGUN), 40)
        mine = of_study(store, made.study(**BEGUN), HERE)
        assert [mine.take(()) is not None for _ in range(4)] == [True] * 4
        new = change(store, **fields)
        theirs = of_study(store, new, DEAD)
        assert theirs.take(range(4)) is not None
        assert (mine.take(range(4)), mine.ended) == (None, CHANGED)
        assert mine.exhausted
        assert store.trials.orphans() == [(5, None)]
        # Nobody waits for the driver that left its number.
        theirs.adopt(range(5))
        assert [ready.trial.number for _ in range(2) if (ready := theirs.take(range(5)))] == [5, 6]
        # What stands there already is gone on with, whoever proposed it.
        assert store.leases(DEAD, 60).renew() == {4, 5, 6}
        assert mine.adopt(range(4))
        assert [ready.trial.number for _ in range(4) if (ready := mine.take(range(4)))] == [4, 5, 6]
        assert store.trials.claimed() == 7
        rows = store.trials.rows()
    params = {(row.arm, row.configuration): row.params for row in rows}
    assert all(row.params == params[row.arm, row.configuration] for row in rows)


def test_nothing_is_added_to_a_study_that_is_changed_as_it_is_proposed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(study: Study, number: int, history: History) -> TrialSpec | None:
        trial = propose(study, number, history)
        change(store, **MATTERING[0])
        return trial

    monkeypatch.setattr("sweeper.sweep.backlog.propose", meanwhile)
    with Database(url) as database:
        store = made.begin(database, made.study(**BEGUN), 40)
        mine = of_study(store, made.study(**BEGUN), HERE)
        assert (mine.take(()), mine.ended) == (None, CHANGED)
        assert store.trials.rows() == []


def test_what_changes_no_trial_ends_no_driver(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(study: Study, number: int, history: History) -> TrialSpec | None:
        trial = propose(study, number, history)
        store.life.rename(f"name-{number}@demo")
        return trial

    with Database(url) as database:
        store = made.begin(database, made.study(**BEGUN), 40)
        mine = of_study(store, made.study(**BEGUN), HERE)
        assert mine.take(()) is not None
        store.set_wanted(50)
        change(store, description="other words", tables=["arms", "table2"], baseline="B")
        assert mine.take(()) is not None
        # Of a setting that the study does not take from its workload.
        ranges = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}
        ranged = Workload.model_validate(made.WORKLOAD.model_dump() | {"ranges": ranges})
        assert change(store, ranged).digest() != made.study(**BEGUN).digest()
        assert mine.take(()) is not None
        monkeypatch.setattr("sweeper.sweep.backlog.propose", meanwhile)
        assert [mine.take(()) is not None for _ in range(2)] == [True, True]
        assert (mine.ended, len(store.trials.rows())) == (None, 5)
        assert store.fresh().row.name == "name-4@demo"


def test_a_driver_whose_study_was_changed_finishes_what_is_under_way(tmp_path: Path) -> None:
    class Changing(InstantExecutor):
        def submit(self, job: Job) -> None:
            super().submit(job)
            if job.number == 2:
                with open_study(tmp_path, made.study(**BEGUN)) as store:
                    change(store, seeds=[1, 2, 3])

    executor = Changing(workers=3)
    assert drive(tmp_path, made.study(**BEGUN), executor).ended_early == CHANGED
    with open_study(tmp_path, made.study(**BEGUN)) as store:
        states = [row.state for row in store.trials.rows()]
        assert states == [RunState.COMPLETE] * 3


@pytest.mark.parametrize(("size", "valid"), [(60, True), (54, False)])
def test_arms_that_are_searched_together_have_the_same_values_whichever_driver_adds_them(
    size: int, valid: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B of the same configuration is added with other values while those of A are drawn."""
    together = made.study(
        arms={"A": {"encoder.attention_heads": 4}, "B": {"encoder.attention_heads": 6}},
        space={"encoder.hidden_size": {"low": 24, "high": 72}, "warmup": {"low": 0.0, "high": 1.0}},
        seeds=[1],
        sampler={"name": "tpe", "startup": 2, "peers": "study"},
        tables=["arms"],
    )
    theirs_has = {"encoder.hidden_size": size, "warmup": 0.123}
    drawn: list[TrialSpec] = []

    def meanwhile(study: Study, number: int, history: History) -> TrialSpec | None:
        mine = propose(study, number, history)
        assert mine is not None
        drawn.append(mine)
        if len(drawn) == 5:
            config = study.config("B", theirs_has, 1)
            theirs = store.leases(YOU, 60)
            other = TrialSpec(theirs.claim(99), "B", theirs_has, config, 1, mine.configuration)
            assert theirs.add(other, distributions(study))
        return mine

    monkeypatch.setattr("sweeper.sweep.backlog.propose", meanwhile)
    with Database(url) as database:
        store = made.begin(database, together, 40)
        mine = of_study(store, together, ME)
        *_, ready = [mine.take(range(5)) for _ in range(5)]
        assert ready is not None
        added = ready.trial
        assert (added.arm, added.configuration, added.number) == ("A", 2, 4)
        assert added.params == (theirs_has if valid else drawn[4].params)
        assert drawn[4].params != theirs_has
        assert len(store.trials.rows()) == 6


def never(trial: TrialSpec, twin: TrialRow) -> None:
    raise AssertionError
