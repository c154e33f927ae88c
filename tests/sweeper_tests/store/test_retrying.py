"""Waiting for a database: which errors, how long, and that it is said."""

import sqlite3
import threading
from pathlib import Path

import pytest

from sweeper.errors import DatabaseError
from sweeper.store import engine, retrying
from sweeper.store.database import Database
from sweeper.store.retrying import RetryPolicy, retried

MINUTE = RetryPolicy(60.0)


class Flaky:
    """Fails a number of times, then answers; what it waits takes no time."""

    def __init__(self, failures: int, passing: bool = True, waits: RetryPolicy = MINUTE) -> None:
        self.retry_policy = waits
        self.clock = self
        self.access = self
        self.sleeps: list[float] = []
        self.left = failures
        self.passing = passing

    def monotonic(self) -> float:
        return sum(self.sleeps)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    @retried
    def answer(self) -> int:
        if self.left:
            self.left -= 1
            raise DatabaseError("it is locked", passing=self.passing)
        return 42


def test_it_is_tried_until_it_answers_and_said_once() -> None:
    said: list[str] = []
    flaky = Flaky(8, waits=RetryPolicy(60.0, said.append))
    assert flaky.answer() == 42
    assert said == ["waiting for the database: it is locked", "the database answers again: the sweep goes on"]
    assert flaky.sleeps == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


@pytest.mark.parametrize("flaky", [Flaky(1, passing=False), Flaky(1, waits=RetryPolicy())])
def test_what_does_not_pass_is_raised_at_once(flaky: Flaky) -> None:
    with pytest.raises(DatabaseError):
        flaky.answer()
    assert flaky.sleeps == []


def test_patience_ends() -> None:
    flaky = Flaky(100, waits=RetryPolicy(1.0))
    with pytest.raises(DatabaseError):
        flaky.answer()
    assert flaky.sleeps == [0.2, 0.4]


def test_a_user_who_stops_the_sweep_need_not_wait() -> None:
    flaky = Flaky(100, waits=RetryPolicy(60.0, give_up=lambda: True))
    with pytest.raises(KeyboardInterrupt):
        flaky.answer()
    assert flaky.sleeps == []


def test_a_lock_longer_than_sqlite_waits_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0)
    said: list[str] = []
    with Database(f"sqlite:///{tmp_path}/studies.db") as database:
        store = database.create("s@demo", {}, {}, digest="d", version="1", wanted=4)
        database.access.retry_policy = RetryPolicy(30.0, said.append)
        locker = sqlite3.connect(tmp_path / "studies.db", check_same_thread=False, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        threading.Timer(1.5, lambda: locker.execute("COMMIT")).start()
        assert store.leases("here:1:1", 60.0).renew() == set()
        locker.close()
    waited, ended = said
    assert "locked" in waited
    assert "answers again" in ended
    assert retrying.FIRST_PAUSE < 1
