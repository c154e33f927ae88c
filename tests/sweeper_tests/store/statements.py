"""Statements of a trial, as they are sent."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sweeper.store.curverows import Sought
from sweeper.store.study import StudyStore
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    ME,
    SPACE,
    YOU,
    epoch,
    trial,
)


def course(store: StudyStore) -> int:
    """All that a driver asks of the database for one trial, from wanting one to being done with it."""
    mine, yours = store.leases(ME, 60), store.leases(YOU, 60)
    trials, outcomes = store.trials, store.outcomes(ME)
    assert trials.claimed() == len(trials.past())
    number = mine.claim(99)
    assert [past.number for past in trials.past(number, {number - 1})] == [number - 1][:number]
    assert trials.orphans() == [(number, ME)]
    assert yours.take_over(number, ME)
    assert yours.add(trial(number), SPACE)
    assert mine.take_over(number, YOU)
    twin = trials.twin(number)
    assert (twin is None) == (number == 0)
    outcomes.started(
        number, 1, threads=2, device="cpu", versions={"torch": "2.9"}, working_folder={"commit": "c"}
    )
    outcomes.loaded(number, {"parameters": 3})
    outcomes.epoch(number, epoch(1, 0.6))
    assert number in {curve.number for curve in trials.curves(Sought("plain", 7))}
    assert [lease.number for lease in trials.leases()] == [number]
    assert mine.renew() == {number}
    assert outcomes.finished(number, COMPLETE)
    assert trials.untold() == []
    mine.release()
    return number


def statements(store: StudyStore, do: Callable[[], object]) -> list[tuple[str, Any]]:
    """What is sent to the database meanwhile, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        if not text.startswith("BEGIN"):
            sent.append((text, values))

    sa.event.listen(store.access.engine, "before_cursor_execute", hear)
    do()
    sa.event.remove(store.access.engine, "before_cursor_execute", hear)
    return sent
