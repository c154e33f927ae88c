"""A table of a report: cells with their text, and how the paper writes numbers."""

import math
import unicodedata
from dataclasses import dataclass
from typing import Any

NONE = "—"

TIE = "†"
"""The mark of a cell that is not to be told apart from the best; a note of its table explains it."""


def score(value: float | None) -> str:
    """A score as the paper prints it: three decimals without a leading zero, ``.732`` or ``-.030``."""
    if value is None or value != value:  # noqa: PLR0124 (NaN)
        return NONE
    text = f"{value:.3f}"
    return text.replace("-0.000", "0.000").replace("0.", ".", 1) if abs(value) < 0.9995 else text


def difference(value: float | None) -> str:
    """A difference of scores, with its sign: ``+.012``."""
    text = score(value)
    return text if value is None or text in (NONE, ".000") or value < 0 else f"+{text}"


def setting(value: Any) -> str:
    """A value of the search space: ``3.21e-5``, ``0.3``, ``mse``, ``null``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value and not 0.01 <= abs(value) < 1e6:
            digits, _, power = f"{value:.2e}".partition("e")
            return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
        return f"{value:.6g}"
    return str(value)


def duration(seconds: float | None) -> str:
    """A time: ``41 s``, ``12 min 5 s``, ``3 h 7 min``."""
    if seconds is None or seconds != seconds:  # noqa: PLR0124 (NaN)
        return NONE
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def one_line(text: str) -> str:
    """Text in one line, without control characters: they would break a table or command a terminal."""
    spaced = " ".join(text.split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        heading: Its heading.
        numeric: Whether it holds numbers, which stand to the right.
        optional: Whether a narrow terminal may leave it out; the files keep it.
    """

    heading: str
    numeric: bool = False
    optional: bool = False


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

    @property
    def shown(self) -> str:
        """The text with the mark of a tie."""
        return f"{self.text}{TIE}" if self.tie else self.text

    @property
    def number(self) -> float | None:
        """The value, if it is a finite number: a file knows no other way to keep the rest."""
        return None if self.value is None or not math.isfinite(self.value) else float(self.value)


@dataclass(frozen=True)
class Table:
    """One table of a report.

    Attributes:
        key: Short name, such as ``arms`` or ``table3``.
        title: Its title.
        columns: Its columns.
        rows: Its rows, each with one cell a column.
        notes: Remarks beneath it.

    Raises:
        ValueError: If a row has more or fewer cells than there are columns.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.key}: {len(row)} cells under {len(self.columns)} columns")
