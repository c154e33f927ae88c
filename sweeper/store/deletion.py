"""Deletes studies: all rows of ours and of Optuna's in one transaction, and tells whose files are left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ..errors import DatabaseError
from ..trial import StudyRow
from .access import Access
from .belonging import STUDIES, belonging, optuna_studies, study_tables
from .idle import check_idle
from .optuna_tables.tables import studies, trials
from .retrying import retried
from .study import StudyStore
from .tables import deleted_study, run, sweep

THEN = "delete it then"
"""What is to be done with a study once nobody is at work on it."""


@dataclass(frozen=True)
class DeletedStudy:
    """A study that is not there any more.

    Attributes:
        sweep_id: The key that it had, which no other study gets.
        uuid: What told it from any other study.
        name: ``<study>@<workload>``.
        folder: How the folders of its runs are, or were, called.
        moment: When it was deleted, UTC.
        trials: How many trials it had.
        removed: Whether its files are gone too.
    """

    sweep_id: int
    uuid: str
    name: str
    folder: str
    moment: datetime
    trials: int
    removed: bool


class Deletions:
    """Deletes studies from a database.

    Args:
        access: The database.

    Raises:
        DatabaseError: From every method, if the database cannot be read or written.
    """

    def __init__(self, access: Access) -> None:
        self.access = access

    @retried
    def delete(self, store: StudyStore) -> DeletedStudy:
        """Deletes a study from the database, whole or not at all.

        Returns:
            What is left to be done: its files are as they were.

        Raises:
            ConflictError: If a driver is at work on it.
            DatabaseError: If it is there no more, and was not deleted by an earlier try.
        """
        row = store.row
        with self.access.writing() as connection:
            if not _locked(connection, row):
                found = connection.execute(
                    sa.select(deleted_study).where(deleted_study.c.sweep_id == row.id)
                ).one_or_none()
                if found is None:
                    raise DatabaseError(f"{self.access.url}: no study {row.name!r}")
                return DeletedStudy(**found._mapping)
            check_idle(store, THEN)
            count = sa.select(sa.func.count()).select_from(run).where(run.c.sweep_id == row.id)
            deleted = DeletedStudy(
                sweep_id=row.id,
                uuid=row.uuid,
                name=row.name,
                folder=row.folder or row.name,
                moment=self.access.clock.now(),
                trials=connection.execute(count).scalar_one(),
                removed=False,
            )
            roots = {STUDIES: optuna_studies().c.study_id == row.study_id, sweep.name: sweep.c.id == row.id}
            for table in reversed(study_tables()):
                connection.execute(table.delete().where(belonging(table, roots)))
            connection.execute(deleted_study.insert().values(**vars(deleted)))
        return deleted

    @retried
    def unfinished(self, name: str) -> Sequence[DeletedStudy]:
        """The deleted studies of a name, with or without workload, whose files may still be there."""
        d = deleted_study.c
        called = (d.name == name) if "@" in name else d.name.startswith(f"{name}@", autoescape=True)
        with self.access.reading() as connection:
            rows = connection.execute(sa.select(deleted_study).where(called, ~d.removed).order_by(d.moment))
            return [DeletedStudy(**row._mapping) for row in rows]

    @retried
    def is_back(self, deleted: DeletedStudy) -> bool:
        """Whether a study was copied here again since it was deleted, whose files they are."""
        with self.access.reading() as connection:
            query = sa.select(sweep.c.id).where(sweep.c.uuid == deleted.uuid)
            return connection.execute(query).first() is not None

    @retried
    def finish(self, deleted: DeletedStudy) -> None:
        """Takes down that no file of a study is left."""
        done = deleted_study.update().where(deleted_study.c.sweep_id == deleted.sweep_id)
        with self.access.writing() as connection:
            connection.execute(done.values(removed=True))


def _locked(connection: sa.Connection, row: StudyRow) -> bool:
    """Whether a study is there; if so no driver changes it, or takes a trial of it, until this has ended.

    In the order in which drivers lock rows, so that none waits for this while this waits for it.
    """
    there = sa.select(sweep.c.id).where(sweep.c.id == row.id, sweep.c.uuid == row.uuid)
    if connection.execute(there.with_for_update()).one_or_none() is None:
        return False
    for query in (
        sa.select(studies.c.study_id).where(studies.c.study_id == row.study_id),
        sa.select(run.c.id).where(run.c.sweep_id == row.id).order_by(run.c.id),
        sa.select(trials.c.trial_id).where(trials.c.study_id == row.study_id).order_by(trials.c.trial_id),
    ):
        connection.execute(query.with_for_update()).all()
    return True
