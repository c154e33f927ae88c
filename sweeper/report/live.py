"""The page of a study as it stands now, for a server: made again when the study has changed."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from ..clock import Clock, SystemClock
from ..errors import InputError, NoStudiesError, NoSuchStudyError, SweeperError
from ..paths import Home
from ..store.database import Database
from ..store.foreign import check_imported
from ..store.studies import find_study
from ..store.study import StudyStore
from ..study.named import confirmation_name
from ..text import one_line
from ..url import Url
from .page.render import waiting_page
from .write import served_page

LOOK_SECONDS = 1.0
"""How old what is known of the database may be, however many ask."""

SHARE = 0.1
"""The part of one core that the making of pages takes at most: trials need it too."""


@dataclass(frozen=True)
class _Made:
    """A page.

    Attributes:
        version: What it shows.
        text: Itself.
        began: When it was begun, by the monotonic clock.
        seconds: What it took of the processor.
    """

    version: str
    text: str
    began: float
    seconds: float


class LivePage:
    """Reads a study again when it is asked for and has changed, and writes nothing. Threads may share it.

    Each time the database is opened anew: the one to be read may come later, or begin to be written.

    Args:
        storage: The database.
        study: As the user calls it; None for the latest. Once it is found it stays that one, whatever it is
            called from then on.
        home: Where its runs left their predictions.
        beside: Imported studies that get a table of their own, as the user calls them.
        clock: The time.
        processor: Seconds that the thread has had of the processor: on a busy machine a page takes longer,
            and no more of that.
    """

    def __init__(
        self,
        storage: Url,
        study: str | None,
        home: Home,
        beside: Sequence[str] = (),
        *,
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        self._storage, self._study, self._home, self._beside = storage, study, home, beside
        self._clock, self._processor, self._lock = clock, processor, Lock()
        self._found: StudyStore | None = None
        self._made: _Made | None = None
        self._version, self._said, self._looked = "", "", -LOOK_SECONDS

    def wait_or_fail(self) -> str | None:
        """Looks at the study for the first time.

        Returns:
            Why there is nothing to show yet; None where there is.

        Raises:
            SweeperError: If waiting is of no use.
        """
        try:
            with self._opened() as database:
                self._imported(database)
                try:
                    self._find(database)
                except NoSuchStudyError as error:
                    return str(error)
        except NoStudiesError as error:
            return str(error)
        return None

    def version(self) -> tuple[str, str]:
        """What tells the page of this moment from any other, and what is to be said of one that is shown."""
        with self._lock:
            self._look()
            return self._version, self._said

    def text(self) -> str:
        """The page, as HTML."""
        with self._lock:
            self._look()
            if self._made is not None and self._made.version == self._version:
                return self._made.text
            began, had = self._clock.monotonic(), self._processor()
            try:
                text = self._written()
            except SweeperError as error:
                # Of no version, unless nothing else was to be expected: whoever has it asks again.
                version = self._version if self._said else ""
                return waiting_page(self._study or "No study yet", one_line(str(error)), version)
            self._made = _Made(self._version, text, began, self._processor() - had)
            return text

    def _look(self) -> None:
        """Takes note of a new state, unless it has just looked, or the last page took long."""
        now, made = self._clock.monotonic(), self._made
        early = made is not None and now - made.began < made.seconds / SHARE
        if early or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        try:
            with self._opened() as database:
                store = self._find(database)
                again = database.find(confirmation_name(store.row.name))
                stamps = [one.stamp() for one in (store, again) if one is not None]
            self._said = ""
        except SweeperError as error:
            self._said, stamps = one_line(str(error)), []
        if stamps or self._found is None:
            self._version = hashlib.sha256(json.dumps([stamps, self._said]).encode()).hexdigest()[:16]

    def _written(self) -> str:
        with self._opened() as database:
            store, imported = self._find(database), self._imported(database)
            return served_page(
                database, store, self._home, self._version, imported=imported, clock=self._clock
            )

    def _imported(self, database: Database) -> list[StudyStore]:
        return [check_imported(find_study(database, one, foreign=True)) for one in self._beside]

    def _opened(self) -> Database:
        return Database(self._storage, must_exist=True, read_only=True)

    def _find(self, database: Database) -> StudyStore:
        """The study as it stands.

        Raises:
            NoSuchStudyError: If it is not there, or not any more.
            InputError: If it has no page.
        """
        if self._found is None:
            found = find_study(database, self._study, foreign=True)
            if found.row.origin is not None:
                raise InputError(f"--serve: {found.row.name} was imported and has no page: leave --serve out")
            self._found = found
            return found
        row = self._found.row
        store = database.find(row.name)
        if store is None or store.row.uuid != row.uuid:
            store = next((one for one in database.studies() if one.row.uuid == row.uuid), None)
        if store is None:
            raise NoSuchStudyError(f"study {row.name!r} is not in the database any more")
        self._found = store
        return store
