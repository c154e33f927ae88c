"""A study that was imported, looked at from Python: its frame, its table, its report. None of it is ours."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..paths import user_path
from ..url import Url
from .arguments import called
from .opened import Opened

if TYPE_CHECKING:
    import pandas as pd

    from ..report.document import Document
    from ..study.foreign import ForeignStudy


class OpenForeign(Opened):
    """A study whose trials sweeper did not make, as it was imported.

    Every frame, table and text of it says so. It has no epochs, figures or comparisons: nothing is known of
    the data, splits and seeds of its trials.

    Args:
        name: ``<study>@imported``.
        storage: URL of the database.
        held: What has to live as long as the database does.
    """

    def __init__(self, name: str, storage: Url, held: object = None) -> None:
        self.name = name
        self._storage = storage
        self._held = held

    @property
    def origin(self) -> str:
        """Where its trials were made."""
        return self._study.origin.words()

    @cached_property
    def trials(self) -> "pd.DataFrame":
        """One row a trial: ``origin``, number, label, state, ``values.<name>`` and ``params.<name>``."""
        from ..report.foreign import marked_frame

        return marked_frame(self._study)

    def report(self, folder: str | Path = "reports") -> Path:
        """Writes its report, as `sweeper report` does, and gives the file with its table.

        Args:
            folder: Folder of the reports; that of this one is ``<study>@imported`` in it.

        Raises:
            InputError: If the folder cannot be written.
        """
        from ..report.write import write_foreign
        from ..store.database import Database

        with Database(self._storage, must_exist=True, read_only=True) as database:
            written = write_foreign(
                database.study(self.name), user_path(called("folder", folder)) / self.name
            )
        return written.folder / "tables.md"

    def _repr_html_(self) -> str:
        from ..report.formats.html import as_html

        return as_html(self._document, self.tables)

    @cached_property
    def _study(self) -> "ForeignStudy":
        from ..store.database import Database
        from ..store.foreign import foreign_study

        with Database(self._storage, must_exist=True, read_only=True) as database:
            return foreign_study(database.study(self.name))

    @cached_property
    def _document(self) -> "Document":
        from ..report.foreign import foreign_document

        return foreign_document(self.name, self._study)
