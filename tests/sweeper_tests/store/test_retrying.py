"""Waiting for a database: which errors, how long, and that it is said."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sweeper.clock import SystemClock
from sweeper.errors import DatabaseError
from sweeper.store.database import Database
from sweeper.store.retrying import RetryPolicy, retried
from tests.faults.lost import EveryOther, lost_answers
from tests.sweeper_tests.store.stored import COMPLETE, FAILED, ME, SPACE, YOU, begin, epoch, trial

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


def test_a_user_who_stops_the_sweep_need_not_wait_longer_than_a_lock_passes() -> None:
    waits = RetryPolicy(60.0, give_up=lambda: True)
    flaky = Flaky(100, waits=waits)
    with pytest.raises(KeyboardInterrupt):
        flaky.answer()
    assert 10 <= sum(flaky.sleeps) < 12
    assert Flaky(5, waits=waits).answer() == 42


class Patient(SystemClock):
    """Waits no time."""

    def sleep(self, seconds: float) -> None:
        """Goes on."""


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that a driver writes, once each; what the database holds then."""
    with Database(url, clock=Patient(), waits=MINUTE) as database:
        store = begin(database)
        store.set_wanted(50)
        said = ["more", "most"]
        store.change({"name": "grid"}, {"name": "demo"}, digest="new", space=SPACE, descriptions=said)
        store = store.fresh()  # a driver begins with what was changed
        mine, yours, outcomes = store.leases(ME, 60), store.leases(YOU, 60), store.outcomes(ME)
        for number in range(5):
            assert mine.claim(6) == number
            assert mine.add(trial(number), SPACE)
        assert (mine.claim(6), yours.claim(6)) == (5, None)
        assert yours.take_over(0, ME)
        assert mine.take_over(0, YOU)
        assert yours.take_over(5, ME)
        yours.give_up(5)
        for number in range(3):
            outcomes.started(number, 1, threads=2, device="cpu", versions={}, working_folder={"commit": "c"})
            outcomes.loaded(number, {"parameters": 3})
            outcomes.epoch(number, epoch(1, 0.6))
        assert outcomes.halve(0, {"accumulation": 2}, 1)
        assert outcomes.forget(1)
        outcomes.started(1, 2, threads=2, device="cpu", versions={})
        assert outcomes.finished(1, FAILED)
        assert outcomes.finished(2, COMPLETE)
        outcomes.reuse(3, 2)
        assert mine.renew() == {0, 4}
        mine.release()
        assert store.trials.untold() == []
        metadata = sa.MetaData()
        with store.access.reading() as connection:
            metadata.reflect(connection)
            return {
                table.name: sorted((plain(row) for row in connection.execute(table.select())), key=repr)
                for table in metadata.sorted_tables
            }


def plain(row: sa.Row[Any]) -> tuple[object, ...]:
    """But for what differs from study to study: moments, UUIDs, and the keys of rows that were logged."""
    moment = datetime(2024, 5, 1)
    values = [moment if isinstance(value, datetime) else value for value in row]
    return tuple("uuid" if isinstance(value, str) and len(value) == 36 else value for value in values)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_what_was_done_and_not_answered_is_done_once(url_in: Callable[[Path], str], tmp_path: Path) -> None:
    undisturbed = everything(url_in(tmp_path / "undisturbed"))
    url = url_in(tmp_path / "disturbed")
    Database(url).close()
    with lost_answers(lose := EveryOther()):
        disturbed = everything(url)
    assert lose.lost > 25
    assert disturbed == undisturbed
