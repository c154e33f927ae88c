"""The trials of studies that sweeper did not make, written and read."""

import math
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from ..errors import DatabaseError, InputError
from ..study.foreign import ForeignOrigin, ForeignStudy, ForeignTrial
from ..text import plural
from .access import Access
from .events import EventKind, StudyEvent, log
from .study import StudyStore
from .tables import foreign_trial

CHUNK = 1000  # rows at once


def keep(connection: sa.Connection, key: int, study: ForeignStudy, access: Access) -> None:
    """Writes the trials of a study, and that they were imported.

    Args:
        connection: A transaction.
        key: Key of the study.
        study: It.
        access: Tells the time.
    """
    rows = [
        {
            "sweep_id": key,
            "number": trial.number,
            "label": trial.label,
            "state": trial.state,
            "started": trial.started,
            "finished": trial.finished,
            "params": dict(trial.params),
            "outcome": {name: storable_value(value) for name, value in trial.values.items()},
        }
        for trial in study.trials
    ]
    for first in range(0, len(rows), CHUNK):
        connection.execute(foreign_trial.insert(), rows[first : first + CHUNK])
    text = f"{plural(len(rows), 'trial')}, {study.origin.words()}"
    log(connection, key, StudyEvent(access.clock.now(), EventKind.IMPORTED, text))


def foreign_study(store: StudyStore) -> ForeignStudy:
    """A study that sweeper did not make, as it was imported.

    Raises:
        DatabaseError: If it cannot be read.
    """
    f = foreign_trial.c
    query = sa.select(foreign_trial).where(f.sweep_id == store.row.id).order_by(f.number)
    try:
        with store.access.reading() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return ForeignStudy(ForeignOrigin.model_validate(store.row.origin), [_trial(row) for row in rows])
    except (ValidationError, InputError, LookupError, ValueError, TypeError) as error:
        raise DatabaseError(f"study {store.row.name!r} cannot be read: {error}") from error


def _trial(row: dict[str, Any]) -> ForeignTrial:
    values = {name: float(value) for name, value in row["outcome"].items()}
    known = ("number", "label", "state", "params", "started", "finished")
    return ForeignTrial(values=values, **{name: row[name] for name in known})


def storable_value(value: float) -> float | str:
    """A value as JSON can keep it, which has no infinity: ``inf`` and ``-inf`` as text."""
    return value if math.isfinite(value) else str(value)


def check_imported(store: "StudyStore") -> "StudyStore":
    """The study, if it stands beside others: if sweeper did not make it.

    Raises:
        InputError: If it did.
    """
    if store.row.origin is None:
        raise InputError(f"--beside {store.row.name}: was not imported: it has a report of its own")
    return store
