"""Text that people read: scores, settings, durations, names of trials, in one line."""

import difflib
import json
import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from model.result import COST


def trial_names(numbers: Collection[int]) -> str:
    """Trials by their numbers, neighbours together: ``trial 3``, ``trials 0–4, 7``."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    names = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
    return f"trial{'' if len(numbers) == 1 else 's'} {names}"


SHOWN_NAMES = 3
"""Names in a row at most."""


def some_names(names: Iterable[str]) -> str:
    """The first of some names, and how many more there are: ``A, B, C and 2 more``.

    Where one of them holds a comma itself, semicolons stand between them.
    """
    found = [one_line(name) for name in names]
    shown, more = found[:SHOWN_NAMES], len(found) - SHOWN_NAMES
    comma = "; " if any("," in name for name in shown) else ", "
    return comma.join(shown) + (f" and {more} more" if more > 0 else "")


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown `name`: the nearest of `names`, or else all of them."""
    known = list(names)
    small = {one.lower(): one for one in reversed(known)}
    near = difflib.get_close_matches(name.lower(), small, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {small[near[0]]!r}?"
    return f"; known: {', '.join(known)}" if known else ""


def plural(count: int, noun: str) -> str:
    """A number of things: ``1 trial``, ``3 trials``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def aims(objectives: Sequence[str], raises: str = "raises", lowers: str = "lowers") -> str:
    """What a search does with its objectives: ``raises overall``, ``raises overall, lowers step_seconds``.

    Args:
        objectives: Their names.
        raises: The word for scores.
        lowers: The word for the cost.
    """
    scores = ", ".join(name for name in objectives if name != COST)
    return f"{raises} {scores}" + (f", {lowers} {COST}" if COST in objectives else "")


NONE = "—"

TIE = "†"
"""The mark of a cell that is not to be told apart from the best; a note of its table explains it."""


_DIGITS: ContextVar[int] = ContextVar("digits", default=3)


@contextmanager
def digits(number: int) -> Iterator[None]:
    """Writes scores and their differences with so many decimals while it lasts, instead of three."""
    before = _DIGITS.set(number)
    try:
        yield
    finally:
        _DIGITS.reset(before)


def score(value: float | None) -> str:
    """A score as the paper prints it: three decimals without a leading zero, ``.732`` or ``-.030``."""
    return _decimals(value, _DIGITS.get())


def decimals_apart(one: float, other: float) -> int:
    """How many decimals scores have, or how many more it takes to tell one from another.

    Two that no number of decimals tells apart get no more than others.
    """
    least = _DIGITS.get()
    numbers = (n for n in range(least, 16) if _decimals(one, n) != _decimals(other, n))
    return next(numbers, least)


def telling(value: float | None, of: float | None = None) -> str:
    """A score, with more decimals where it takes them to tell it from 0: ``.012``, ``.0004``.

    Args:
        value: The score.
        of: What is told from 0 by them, such as the difference whose interval ends here; default `value`.
    """
    told = value if of is None else of
    return _decimals(value, decimals_apart(told or 0.0, 0.0))


def fixed(value: float) -> str:
    """A score with three decimals, however many the others have."""
    return _decimals(value, 3)


def _decimals(value: float | None, number: int) -> str:
    if value is None or value != value:  # noqa: PLR0124 (NaN)
        return NONE
    text = f"{value:.{number}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def difference(value: float | None, write: Callable[[float | None], str] = score) -> str:
    """A difference of scores, with its sign: ``+.012``.

    Args:
        value: The difference.
        write: How it is written without one.
    """
    text = write(value)
    return text if value is None or text == NONE or float(text) == 0 or value < 0 else f"+{text}"


LEVEL = 0.05
"""The p-value below which a difference is told apart from none: the largest share of false calls."""


def p_text(value: float) -> str:
    """A p-value: ``.023``, ``< .001``; beside the level of .05 with as many decimals as tell the side."""
    if value < 0.001:
        return "< .001"
    digits = (number for number in range(3, 9) if value == LEVEL or float(f"{value:.{number}f}") != LEVEL)
    return _decimals(value, next(digits, 3))


def setting(value: Any) -> str:
    """A value of the search space: ``3.21e-5``, ``0.3``, ``mse``, ``null``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if value and math.isfinite(value) and not 0.01 <= abs(value) < 1e6:
            digits, _, power = f"{value:.2e}".partition("e")
            return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
        return f"{value:.6g}"
    return str(value)


ABSENT = object()
"""Stands for the value of a setting that a configuration lacks."""


def told_apart(values: Sequence[Any]) -> list[str]:
    """Values of a setting as text: in short, or in full where that would not tell all of them apart."""
    short = [NONE if value is ABSENT else _short(value) for value in values]
    full = [NONE if value is ABSENT else repr(value) for value in values]
    return full if len(set(full)) > len(set(short)) else short


def _short(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list) else setting(value)


def brief(value: Any) -> str:
    """A value of the search space, numbers to three digits: ``3.21e-05``, ``0.3``, ``null``."""
    return f"{value:.3g}" if isinstance(value, float) else setting(value)


def setting_line(params: Mapping[str, Any], write: Callable[[Any], str] = setting) -> str:
    """Hyperparameters in one line: ``learning_rate 3.2e-5, dropout 0.1``; nothing where there are none.

    Args:
        params: Their values by name.
        write: How a value is written.
    """
    return one_line(", ".join(f"{name} {write(value)}" for name, value in params.items()))


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


def aligned(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lines of a table: labels to the left, cells to the right.

    Args:
        rows: Each a label and then its cells, all rows of one length; the first row has the headings.
        width: Signs of a line. Columns for which there is no room stand below the others, beside the labels.
    """
    labels, *columns = zip(*rows, strict=True)
    first = max(map(len, labels))
    lines: list[str] = []
    while columns:
        block: list[tuple[str, ...]] = []
        room = width - first
        while columns and (not block or max(map(len, columns[0])) < room):
            block.append(columns.pop(0))
            room -= max(map(len, block[-1])) + 1
        widths = [max(map(len, column)) for column in block]
        for label, *cells in zip(labels, *block, strict=True):
            sized = (cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
            lines.append(" ".join([label.ljust(first), *sized]))
    return lines


def last_line(text: str | None) -> str:
    """The last line of a traceback, which says what went wrong; nothing where there is none."""
    lines = (text or "").strip().splitlines()
    return lines[-1] if lines else ""


_JOINERS = "\u200c\u200d"
"""What joins letters or emoji, or keeps them apart: invisible, and harmless."""


def one_line(text: str) -> str:
    """Text in one line; control characters, which would break a table or command a terminal, are spelt."""
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    return "".join(_harmless(sign) for sign in spaced if sign not in _JOINERS)


def shown(text: str) -> str:
    """Text of several lines as it is, but for control characters, which are spelt as `one_line` does."""
    return "\n".join("".join(map(_harmless, line)) for line in text.expandtabs(4).splitlines())


def is_control(sign: str) -> bool:
    """Whether a character commands rather than shows: ESC, BEL, a line break, a change of direction."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in _JOINERS


def _harmless(sign: str) -> str:
    return _spelt(sign) if is_control(sign) else sign


def _spelt(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode() if ord(sign) > 127 else f"\\x{ord(sign):02x}"
