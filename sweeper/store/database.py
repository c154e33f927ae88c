"""The database of all studies: our own tables, and Optuna's beside them under the same URL.

Ours hold what a report needs and what counts; Optuna's repeat the search for its own tools.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import sqlalchemy as sa

from ..clock import Clock, SystemClock
from ..errors import ConflictError, DatabaseError, NoDatabaseError, NoStudiesError
from ..study.foreign import MAXIMIZE, ForeignStudy
from ..text import plural
from ..trial import objectives
from ..url import Url
from . import foreign, migrations, provenance
from .access import Access
from .deletion import Deletions
from .engine import check_url, creation_lock, explained, hooked_engine, plain_engine, sqlite_file
from .optuna_tables import mirror
from .optuna_tables.storage import OptunaStorage, check_version
from .readonly import may_write, reading_engine
from .retrying import RetryPolicy, retried, until_answered
from .study import StudyStore
from .tables import deleted_study, run, sweep, sweep_row

Fill = Callable[[sa.Connection, int], None]
"""Writes, in a transaction, what belongs to the study that has this key."""


class Database:
    """All studies under one URL. A context manager.

    Threads may share it; processes open their own.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``. Missing tables are made, old ones migrated.
        must_exist: Whether a database without studies is an error, for commands that only read. They need no
            right to write it.
        read_only: Whether it is opened without the right to write it, and so neither made nor migrated.
        clock: The time of leases on SQLite, of what is recorded, and of waiting.
        waits: How long a database is waited for that does not answer, here and in every method.

    Attributes:
        access: The way to it, with the policy by which methods wait for it.

    Raises:
        DatabaseError: From here and from every method, if the database cannot be read or written. Nothing
            is written where it is not a database, or is one of a newer version of sweeper or of Optuna.
    """

    def __init__(
        self,
        url: Url | str,
        must_exist: bool = False,
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
        waits: RetryPolicy = RetryPolicy(),  # noqa: B008 - nor has this
        *,
        read_only: bool = False,
    ) -> None:
        checked = check_url(url)
        until_answered(lambda: self._open(checked, must_exist, read_only, clock), waits, clock)
        self.access.retry_policy = waits

    def _open(self, checked: sa.URL, must_exist: bool, read_only: bool, clock: Clock) -> None:
        with explained(checked), ExitStack() as stack:
            if read_only or (must_exist and not may_write(checked)):
                _check_there(checked)
                engine = reading_engine(checked, stack)
                with engine.connect() as connection:
                    _check_readable(connection, checked)
            else:
                ready = _is_ready(checked, must_exist)
                engine = hooked_engine(checked)
                stack.callback(engine.dispose)
                with nullcontext() if ready else creation_lock(engine):
                    self._optuna = OptunaStorage(engine, ready)
                    if not ready:
                        with engine.begin() as connection:
                            migrations.upgrade(connection)
            self.access = Access(engine, clock, reads_only=must_exist or read_only)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._stack.close()

    @property
    def deletions(self) -> Deletions:
        """What deletes its studies."""
        return Deletions(self.access)

    @retried
    def find(self, name: str) -> StudyStore | None:
        """The study of that name, ``<study>@<workload>``, or None."""
        rows = self.access.sweeps(sa.select(sweep).where(sweep.c.name == name), strict=True)
        return StudyStore(self.access, sweep_row(rows[0]._mapping)) if rows else None

    def study(self, name: str) -> StudyStore:
        """The study of that name, which must be there."""
        found = self.find(name)
        if found is None:
            raise DatabaseError(f"{self.access.url}: no study {name!r}")
        return found

    @retried
    def studies(self) -> list[StudyStore]:
        """All studies, the one with the latest activity last."""
        moment = sa.func.max(sa.func.coalesce(run.c.finished, run.c.started, run.c.created)).label("moment")
        latest = sa.select(run.c.sweep_id, moment).group_by(run.c.sweep_id).subquery()
        query = (
            sa.select(sweep)
            .outerjoin(latest, latest.c.sweep_id == sweep.c.id)
            .order_by(sa.func.coalesce(latest.c.moment, sweep.c.created), sweep.c.id)
        )
        return [StudyStore(self.access, sweep_row(row._mapping)) for row in self.access.sweeps(query)]

    @retried
    def create(
        self,
        name: str,
        study: Mapping[str, Any],
        workload: Mapping[str, Any],
        *,
        digest: str,
        version: str,
        wanted: int,
        files: Mapping[str, Any] | None = None,
    ) -> StudyStore:
        """Begins a study, in both sets of tables; if another driver was quicker, its study is returned.

        A study of Optuna's own that has the name and trials is not taken for it.

        Args:
            name: ``<study>@<workload>``.
            study: The study file as JSON.
            workload: The workload as JSON.
            digest: Of both.
            version: Of sweeper.
            wanted: Trials asked for in total.
            files: What is kept of its files, where they are known.

        Raises:
            ConflictError: If Optuna's tables have trials under that name that sweeper did not begin.
        """
        directions = [MAXIMIZE] * len(objectives(study))
        values: dict[str, Any] = {"study": dict(study), "workload": dict(workload), "digest": digest}
        values |= {"version": version, "wanted": wanted}
        fill: Fill = lambda connection, key: provenance.name_files(connection, key, files)  # noqa: E731
        made = self._begin(name, str(uuid4()), directions, values, fill)
        return self.study(name) if made is None else made

    def import_study(self, name: str, study: ForeignStudy, version: str) -> StudyStore:
        """Stores a study that was made elsewhere, with its trials, whole or not at all.

        Args:
            name: ``<study>@<workload>``.
            study: The study.
            version: Of sweeper.

        Raises:
            ConflictError: If there is a study of that name.
        """
        values: dict[str, Any] = {"study": {}, "workload": {}, "digest": "", "version": version}
        values |= {"wanted": len(study.trials), "origin": study.origin.model_dump(mode="json")}
        fill: Fill = lambda connection, key: foreign.keep(connection, key, study, self.access)  # noqa: E731
        made = self._begin(name, str(uuid4()), study.origin.directions, values, fill)
        if made is None:
            raise ConflictError(f"{self.access.url}: has a study {name!r} already; nothing was imported")
        return made

    @retried
    def _begin(
        self, name: str, uuid: str, directions: Sequence[str], values: Mapping[str, Any], fill: Fill
    ) -> StudyStore | None:
        """Makes a study in both sets of tables; None if there is another one of that name.

        Args:
            name: ``<study>@<workload>``.
            uuid: Its UUID.
            directions: Of its objectives, for Optuna's tables.
            values: What its row has beside name, UUID, keys and the moment.
            fill: Writes in the same transaction what belongs to its key.

        Raises:
            ConflictError: If Optuna's tables have trials under that name that sweeper did not begin.
        """
        while True:
            key = self._optuna.create_study(name, directions)
            with self.access.reading() as connection:
                there = mirror.claimed(connection, key)
            # In this order: a driver that was quicker stores the study before it claims a trial.
            if there and self.find(name) is None:
                raise ConflictError(
                    f"{self.access.url}: has a study {name!r} of Optuna's own with {plural(there, 'trial')} "
                    "that sweeper did not begin: run this one under another name with --name NAME, or name "
                    "another database with --storage"
                )
            own = {"name": name, "study_id": key, "uuid": uuid, "created": self.access.clock.now()}
            with suppress(sa.exc.IntegrityError), self.access.writing() as connection:
                if not mirror.is_called(connection, key, name):
                    continue  # it was deleted or renamed meanwhile
                if connection.dialect.name == "sqlite":  # which would give the key of a deleted study again
                    own["id"] = _next_key()
                inserted = sweep.insert().values({**values, **own}).returning(sweep.c.id)
                fill(connection, connection.execute(inserted).scalar_one())
            found = self.find(name)
            # Its own, or that of an earlier try of which only the answer was lost.
            return found if found is not None and found.row.uuid == uuid else None


def _next_key() -> sa.ScalarSelect[int]:
    """A key that no study has, or ever had."""
    keys = sa.union_all(sa.select(sweep.c.id), sa.select(deleted_study.c.sweep_id)).subquery()
    return sa.select(sa.func.coalesce(sa.func.max(keys.c[0]), 0) + 1).scalar_subquery()


def _is_ready(url: sa.URL, must_exist: bool) -> bool:
    """Whether a database has all tables, as far as can be told without writing to it.

    Args:
        url: The database.
        must_exist: Whether it is an error that it has no tables of ours.

    Raises:
        NoStudiesError: If it should exist and does not; a NoDatabaseError where its file does not either.
        DatabaseError: If it is a folder, not writable or made by a newer sweeper, another Optuna or program.
    """
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    if file is not None and file.is_dir():
        raise DatabaseError(f"{url}: is a folder: name a file in it")
    if not may_write(url):
        raise DatabaseError(f"{url}: this user may not write it, or may not write in its folder")
    revision = None
    if file is None or (file.exists() and file.stat().st_size > 0):
        with plain_engine(url).connect() as connection:
            migrations.check_free(connection, url)
            revision = _revision(connection, url)
    if must_exist:
        _check_there(url)
    if revision is None and must_exist:
        raise NoStudiesError(f"{url}: {_NO_STUDIES}")
    return revision == migrations.known()[0]


def _check_there(url: sa.URL) -> None:
    """Refuses a database of SQLite whose file does not exist, with a NoDatabaseError."""
    if url.get_backend_name() == "sqlite" and not sqlite_file(url).exists():
        raise NoDatabaseError(f"{url}: there is no such file, and {_NO_STUDIES}")


_NO_STUDIES = "no studies yet: begin one with `sweeper run --study NAME`"


def _check_readable(connection: sa.Connection, url: sa.URL) -> None:
    """Looks whether a database that cannot be migrated has the tables of today.

    Raises:
        NoStudiesError: If it has none.
        DatabaseError: If it has those of an older or a newer sweeper, or of another Optuna.
    """
    revision = _revision(connection, url)
    if revision is None:
        raise NoStudiesError(f"{url}: {_NO_STUDIES}")
    if revision != migrations.known()[0]:
        raise DatabaseError(
            f"{url}: made by an older sweeper (revision {revision}), and opened without the right to write "
            "it: have somebody who may write it type `sweeper list` on it once, or copy it and name the copy"
        )


def _revision(connection: sa.Connection, url: sa.URL) -> str | None:
    """The revision of our tables; None where there are none.

    Raises:
        DatabaseError: If a newer sweeper or another Optuna has made it.
    """
    revision = migrations.current(connection)
    check_version(connection, url)
    if revision not in {None, *migrations.known()}:
        raise DatabaseError(
            f"{url}: made by a newer sweeper (revision {revision}): upgrade sweeper, or name another "
            "database with --storage"
        )
    return revision
