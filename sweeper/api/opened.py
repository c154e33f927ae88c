"""What every study that is looked at from Python can tell by its report."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ..errors import InputError
from ..text import nearest
from .arguments import text
from .reporttable import ReportTable

if TYPE_CHECKING:
    from ..report.document import Document


class Opened(ABC):
    """A study with a report: its tables, what warns, what was found. The basis of those that `open` gives."""

    name: str

    @property
    def tables(self) -> list[str]:
        """Keys of its tables."""
        return [table.key for table in self._document.tables]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has to be known before a number is read."""
        return self._document.warnings

    @property
    def summary(self) -> tuple[str, ...]:
        """What it found, how far it has come, what is missing; one sentence each."""
        return self._document.summary

    def table(self, key: str) -> ReportTable:
        """A table of its report, such as ``arms``, or ``imported`` of a study that was imported.

        Raises:
            InputError: If it has none of that key.
        """
        key = text("table", key)
        for table in self._document.tables:
            if table.key == key:
                return ReportTable(table)
        raise InputError(f"table {key!r}: no table of {self.name}{nearest(key, self.tables)}")

    def __repr__(self) -> str:
        return "\n".join([self.name, *(f"Warning: {line}" for line in self.warnings), *self.summary])

    @property
    @abstractmethod
    def _document(self) -> "Document":
        """What its report says."""
