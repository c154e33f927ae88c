"""What a study is called, and whether it is in the archive."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError, DatabaseError
from ..paths import check_study
from ..study.load import stored_study
from ..study.named import confirmation_name
from ..trial import StudyRow
from .access import Access
from .events import EventKind, StudyEvent, log
from .optuna_tables.tables import studies
from .retrying import retried
from .tables import sweep, sweep_row


class StudyLife:
    """Renames a study and puts it away, each in one transaction; what confirms it goes along.

    Nothing of this touches a trial or a file, so that drivers may be at work meanwhile.

    Args:
        access: The database.
        study: The study.

    Raises:
        DatabaseError: From every method, if the database cannot be read or written, or the study is there no
            more.
    """

    def __init__(self, access: Access, study: StudyRow) -> None:
        self.access = access
        self._study = study

    def rename(self, name: str) -> None:
        """Gives the study another name, in our tables and in Optuna's.

        The folders of its runs stay as they are called.

        Args:
            name: ``<study>@<workload>``.

        Raises:
            ConflictError: If there is a study of that name.
            InputError: If it cannot be a name.
        """
        check_study(name)
        self._rename(name, self.access.clock.now())

    def archive(self, away: bool) -> None:
        """Puts the study into the archive, or takes it out of it; nothing if it is there, or is not.

        Args:
            away: Whether it is put there.
        """
        self._archive(away, self.access.clock.now())

    @retried
    def _rename(self, name: str, now: datetime) -> None:
        with self.access.writing() as connection:
            mine, *confirming = self._with_confirmation(connection)
            if mine.name == name:
                return  # by an earlier try, of which only the answer was lost
            renamed = [(mine, name), *((one, confirmation_name(name)) for one in confirming)]
            self._check_free(connection, [new for _, new in renamed])
            for row, new in renamed:
                self._call(connection, row, new)
                log(connection, row.id, StudyEvent(now, EventKind.RENAMED, f"from {row.name} to {new}"))

    @retried
    def _archive(self, away: bool, now: datetime) -> None:
        kind, text = (EventKind.ARCHIVED, "put away") if away else (EventKind.RESTORED, "taken out again")
        with self.access.writing() as connection:
            for row in self._with_confirmation(connection):
                if (row.archived is not None) != away:
                    change = sweep.update().where(sweep.c.id == row.id)
                    connection.execute(change.values(archived=now if away else None))
                    log(connection, row.id, StudyEvent(now, kind, text))

    def _with_confirmation(self, connection: sa.Connection) -> list[StudyRow]:
        """The study as it stands, and the one that confirms it if there is one; nobody else changes them."""
        query = sa.select(sweep).where(sweep.c.id == self._study.id).with_for_update()
        found = connection.execute(query).one_or_none()
        if found is None:
            raise DatabaseError(f"{self.access.url}: study {self._study.name!r} was deleted")
        mine = sweep_row(found._mapping)
        query = sa.select(sweep).where(sweep.c.name == confirmation_name(mine.name)).with_for_update()
        return [mine, *(sweep_row(row._mapping) for row in connection.execute(query))]

    def _check_free(self, connection: sa.Connection, names: list[str]) -> None:
        for taken in (
            sa.select(sweep.c.name.label("name")).where(sweep.c.name.in_(names)),
            sa.select(studies.c.study_name.label("name")).where(studies.c.study_name.in_(names)),
        ):
            there = connection.execute(taken).first()
            if there is not None:
                raise ConflictError(
                    f"{self.access.url}: has a study {there.name!r} already; nothing was renamed"
                )

    def _call(self, connection: sa.Connection, row: StudyRow, name: str) -> None:
        base = name.partition("@")[0]
        values: dict[str, Any] = {"name": name, "folder": row.folder or row.name}
        if row.origin is None:
            said = {**row.study, "name": base}
            values |= {"study": said, "digest": stored_study(replace(row, study=said)).digest()}
        connection.execute(sweep.update().where(sweep.c.id == row.id).values(values))
        mirrored = studies.update().where(studies.c.study_id == row.study_id)
        connection.execute(mirrored.values(study_name=name))
