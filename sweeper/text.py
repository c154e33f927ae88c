"""Text that people read: scores, settings, durations, names of trials, in one line."""

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any


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


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown `name`: the nearest of `names`, or else all of them."""
    known = list(names)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(known)}" if known else ""


def describe(params: Mapping[str, object]) -> str:
    """Hyperparameters in one line, for example ``learning_rate 0.00123, dropout 0.3``."""
    return ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in params.items())


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
