"""What a driver knows of the trials of all drivers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweeper.search.distributions import distributions
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.backlog import Backlog
from sweeper.trial import PastTrial, RunState, TrialRow, TrialSpec
from tests.sweeper_tests.driven import open_study
from tests.sweeper_tests.halfway import DEAD, HERE
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


def never(trial: TrialSpec, twin: TrialRow) -> None:
    raise AssertionError
