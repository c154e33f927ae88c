"""The way to an open database, which all share that read or write it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ..clock import Clock
from ..errors import DatabaseGoneError
from ..trial import StudyRow
from .damage import Damages, read
from .engine import explained, reading_options, sqlite_file
from .retrying import RetryPolicy
from .tables import run, sweep


class Access:
    """Connections to a database, and the time there.

    Args:
        engine: Where they come from.
        clock: The time of leases on SQLite, of what is recorded, and of waiting.
        reads_only: Whether rows that cannot be read are left out, with a warning; else they are an error.

    Attributes:
        damages: Hears of such rows.
        retry_policy: How long a method waits for a database that is locked or does not answer.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, reads_only: bool = False) -> None:
        self.engine = engine
        self.url = engine.url
        self.clock = clock
        self.retry_policy = RetryPolicy()
        self.damages = Damages(str(self.url), reads_only)
        self._is_file = engine.dialect.name == "sqlite"
        self._identity = self._file_now()
        self._reading_options = reading_options(engine)

    def _file_now(self) -> tuple[int, int] | None:
        """What tells the file that now has the database's name from any other; None where there is none."""
        if self._is_file:
            with suppress(OSError):
                found = sqlite_file(self.url).stat()
                return found.st_dev, found.st_ino
        return None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that will not write."""
        with explained(self.url), self.engine.connect() as connection:
            yield connection.execution_options(**self._reading_options)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction.

        Raises:
            DatabaseGoneError: If the file was removed or replaced, of which SQLite takes no notice.
        """
        if self._file_now() != self._identity:
            raise DatabaseGoneError(f"{self.url}: the file was removed or replaced while it was in use")
        with explained(self.url), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing_at_once(self) -> Iterator[sa.Connection]:
        """A connection for a change that is one statement on a server: there it is committed by itself.

        So no other driver waits for the end of a transaction. On SQLite it is one, as `writing`.
        """
        with self.writing() if self._is_file else self.reading() as connection:
            yield connection

    def moment(self, ahead: float = 0.0) -> Any:
        """A moment so many seconds ahead, for a statement: by the server's clock, or by ours for SQLite."""
        now = self.clock.now() if self._is_file else sa.func.now()
        return now + timedelta(seconds=ahead)

    def select(
        self, study: StudyRow, query: sa.Select[*tuple[Any, ...]], strict: bool = False
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """What a query gives for the trials of one study, by number.

        Args:
            study: The study.
            query: What is asked for.
            strict: Whether a row that cannot be read is an error for whoever only reads, too.

        Raises:
            DatabaseError: If a row cannot be read, and is not to be left out.
        """
        ours = run.c.sweep_id == study.id
        keys = sa.select(run.c.id, run.c.number).where(ours).order_by(run.c.number)
        with self.reading() as connection:
            return read(
                connection,
                query.where(ours).order_by(run.c.number),
                run.c.id,
                keys,
                lambda key, wrong: self.damages.trial(key.number, study.name, wrong, strict),
            )

    def sweeps(
        self, query: sa.Select[*tuple[Any, ...]], strict: bool = False
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """The rows of studies.

        Args:
            query: Asks for columns of `sweep`.
            strict: As in `select`.
        """
        keys = sa.select(sweep.c.id, sweep.c.name).order_by(sweep.c.id)
        with self.reading() as connection:
            return read(
                connection,
                query,
                sweep.c.id,
                keys,
                lambda key, wrong: self.damages.found(f"study {key.name!r} {wrong}", strict),
            )

    def among(self, numbers: Collection[int]) -> sa.ColumnElement[bool]:
        """Whether a trial's number is one of these, of which there may be thousands."""
        wanted = sorted(numbers)
        if self._is_file:  # SQLite takes so many in its text, but not as parameters
            return run.c.number.in_(sa.bindparam(None, wanted, expanding=True, literal_execute=True))
        # One parameter, so that it is one statement, which the server has prepared.
        return run.c.number == sa.any_(sa.literal(wanted, sa.ARRAY(sa.Integer)))
