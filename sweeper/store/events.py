"""What was done with a study as a whole: noted, renamed, archived, imported."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from ..trial import StudyRow
from .access import Access
from .damage import read
from .retrying import retried
from .tables import storable_text, study_change, study_event


class EventKind(StrEnum):
    """What a line of a study's history tells of; the first two are in its row and in ``study_change``."""

    BEGUN = "begun"
    CHANGED = "changed"
    NOTE = "note"
    RENAMED = "renamed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    IMPORTED = "imported"


@dataclass(frozen=True)
class StudyEvent:
    """A line of a study's history.

    Attributes:
        moment: When, UTC.
        kind: What it tells of.
        description: What happened, or what was noted.
    """

    moment: datetime
    kind: EventKind
    description: str


class Events:
    """The history of a study.

    Args:
        access: The database.
        study: The study.

    Raises:
        DatabaseError: From every method, if the database cannot be read or written.
    """

    def __init__(self, access: Access, study: StudyRow) -> None:
        self.access = access
        self._study = study

    def note(self, text: str) -> None:
        """Writes down words of the user's own."""
        self._note(StudyEvent(self.access.clock.now(), EventKind.NOTE, storable_text(text) or ""))

    @retried
    def _note(self, event: StudyEvent) -> None:
        with self.access.writing() as connection:
            log(connection, self._study.id, event)

    @retried
    def all(self) -> list[StudyEvent]:
        """All of it, in the order of time: how the study began, what was changed, what was done with it."""
        begun = StudyEvent(self._study.created, EventKind.BEGUN, f"by sweeper {self._study.version}")
        found = [begun]
        e, c = study_event.c, study_change.c
        queries = (
            (sa.select(c.moment, sa.literal(str(EventKind.CHANGED)).label("kind"), c.description), c),
            (sa.select(e.moment, e.kind, e.description), e),
        )
        with self.access.reading() as connection:
            for query, columns in queries:
                ours = query.where(columns.sweep_id == self._study.id).order_by(columns.id)
                keys = sa.select(columns.id).where(columns.sweep_id == self._study.id).order_by(columns.id)
                for row in read(connection, ours, columns.id, keys, lambda _, wrong: self._damaged(wrong)):
                    if row.kind in set(EventKind):
                        found.append(StudyEvent(row.moment, EventKind(row.kind), row.description))
                    else:
                        self._damaged(f"cannot be read: its kind cannot be {row.kind!r}")
        return sorted(found, key=lambda event: event.moment)

    def _damaged(self, wrong: str) -> None:
        self.access.damages.found(f"a line of the history of study {self._study.name!r} {wrong}")


def log(connection: sa.Connection, study: int, event: StudyEvent) -> bool:
    """Writes a line of a study's history.

    Args:
        connection: A transaction.
        study: Key of the study.
        event: The line; its moment is that of the first try.

    Returns:
        Whether it is new: False if an earlier try, of which only the answer was lost, has written it.
    """
    e = study_event.c
    values = {"moment": event.moment, "kind": str(event.kind), "description": event.description}
    same = [e[name] == value for name, value in values.items()]
    if connection.execute(sa.select(e.id).where(e.sweep_id == study, *same).limit(1)).first() is not None:
        return False
    connection.execute(study_event.insert().values(sweep_id=study, **values))
    return True
