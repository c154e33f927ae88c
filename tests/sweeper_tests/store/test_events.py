"""The history of a study: in the order of time, each line once, and what a note may say."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from sweeper.errors import DatabaseError
from sweeper.store.database import Database
from sweeper.store.events import EventKind, StudyEvent, log
from sweeper.store.retrying import RetryPolicy
from sweeper.store.study import StudyStore
from tests.faults.lost import EveryOther, lost_answers


def told(store: StudyStore) -> list[tuple[str, str]]:
    return [(str(event.kind), event.description) for event in store.events.all()]


def test_what_happened_stands_there_in_the_order_of_time(store: StudyStore) -> None:
    store.events.note("the first")
    store.change(
        store.row.study, {}, digest="d", space={}, descriptions=["seeds: [1] -> [1, 2]", "trials: 4"]
    )
    store.events.note("é ✓ \0 two\nlines")
    found = store.events.all()
    assert [(one.kind, one.description) for one in found] == [
        (EventKind.BEGUN, "by sweeper 0.1"),
        (EventKind.NOTE, "the first"),
        (EventKind.CHANGED, "seeds: [1] -> [1, 2]"),
        (EventKind.CHANGED, "trials: 4"),
        (EventKind.NOTE, "é ✓ \\0 two\nlines"),
    ]
    assert [one.moment for one in found] == sorted(one.moment for one in found)
    assert found[0].moment == store.row.created


def test_a_note_whose_answer_is_lost_stands_there_once(store: StudyStore) -> None:
    store.access.retry_policy = RetryPolicy(60)
    lost = EveryOther()
    with lost_answers(lost):
        store.events.note("once")
    assert lost.lost == 1
    assert told(store)[1:] == [("note", "once")]
    with store.access.writing() as connection:
        event = StudyEvent(datetime(2026, 1, 2, tzinfo=UTC), EventKind.NOTE, "x")
        assert log(connection, store.row.id, event)
        assert not log(connection, store.row.id, event)


def test_a_line_that_cannot_be_read_is_named(store: StudyStore, url: str) -> None:
    store.events.note("kept")
    with store.access.writing() as connection:
        connection.execute(sa.text("UPDATE study_event SET kind = 'strange'"))
    with pytest.raises(
        DatabaseError, match="a line of the history of study 'grid@demo' cannot be read: its kind"
    ):
        store.events.all()
    with Database(url, must_exist=True) as reading:
        assert told(reading.study("grid@demo")) == [("begun", "by sweeper 0.1")]
        assert reading.access.damages.some
