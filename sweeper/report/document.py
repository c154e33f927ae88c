"""What a report says in words and tables, before it has a format."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..text import TIE

BEST_ALONE = "Bold marks the best figure and says no more."
"""What a note says of the bold cells of a table, unless others are bold in what is printed."""


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        numeric: Whether it holds numbers, which stand to the right.
        optional: Whether a narrow terminal may leave it out; the files keep it, but for text in LaTeX.
        kept: Whether LaTeX keeps it though it is text that may be left out: without it rows cannot be read.
    """

    heading: str
    numeric: bool = False
    optional: bool = False
    kept: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: What is shown.
        value: What it stands for, unrounded; None for mere text.
        bold: Whether it is the best of its kind.
        tie: Whether it is not the best, but not to be told apart from it either.
        trials: Numbers of the trials that it speaks of, to which a page can link.
    """

    text: str
    value: float | None = None
    bold: bool = False
    tie: bool = False
    trials: tuple[int, ...] = ()

    def __str__(self) -> str:
        """What is shown, wherever a layout of the user's own joins it with text."""
        return self.shown

    @property
    def shown(self) -> str:
        """The text with the mark of a tie."""
        return f"{self.text}{TIE}" if self.tie else self.text

    @property
    def number(self) -> float | None:
        """The value, if it is a finite number: a file knows no other way to keep the rest."""
        return None if self.value is None or not math.isfinite(self.value) else float(self.value)

    @property
    def written(self) -> float | None:
        """`number` as files have it: to ten digits. In those after them processors differ from each other."""
        found = self.number
        return found if found is None or found.is_integer() else float(f"{found:.10g}")


@dataclass(frozen=True)
class Table:
    """One table of a report.

    Attributes:
        key: Short name, such as ``arms`` or ``table3``.
        rows: Its rows, each with one cell a column.
        notes: Remarks beneath it.
        ties: Whether it is known which cells are not told apart from the best, and these are marked.

    Raises:
        ValueError: If a row has more or fewer cells than there are columns.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    ties: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.key}: {len(row)} cells under {len(self.columns)} columns")


@dataclass(frozen=True)
class Document:
    """The tables of a study, under what is said about all of them.

    Attributes:
        study: ``<study>@<workload>``.
        description: What the study asks.
        formula: How ``overall`` follows from the scores of the tasks.
        notice: What is to be said beside every score on this workload; may be empty.
        summary: How far the study has come, what it found, what is missing; one sentence each.
        arms: Names of the arms, as the tables write them.
        tables: The tables.
        warnings: What has to be known before a number is read; one line each.
        labels: Of several studies, the arm of each name by which tables of pairs call it.
    """

    study: str
    description: str
    formula: str
    notice: str
    summary: tuple[str, ...]
    arms: tuple[str, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
