"""A label as a file or a workload writes it, and when two of them are the same."""

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

Label = StrictBool | StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | StrictStr
"""The name or number of a class."""

_LONGEST = 60
"""Signs of a value that a message shows."""


def key_of(value: object) -> str:
    """One text for what is the same label, however it is written: 1 and 1.0, True and true; '' for none.

    Whole numbers in digits are compared exactly, of any size.
    """
    if value is None:
        return ""
    number = None if isinstance(value, bool) else strict_number(value)
    if number is None or not math.isfinite(number):
        text = str(value).strip()
        return text.lower() if text.lower() in ("true", "false") else text
    return repr(_whole(value, number) if number.is_integer() else number)


def _whole(value: object, number: float) -> int:
    """The whole number that a value is: exact beyond 2^53, where floats are not, if it is written in digits.

    Args:
        value: The value.
        number: The same as a float.
    """
    try:
        found = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):  # as 1.0 in a text; more digits than Python reads
        return int(number)
    return int(found) if isinstance(value, str) or found == value else int(number)


def shown(value: object) -> str:
    """A value as a message shows it: of a long one the beginning and the end."""
    text = repr(value)
    half = (_LONGEST - 3) // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}...{text[-half:]}"


def strict_number(value: object) -> float | None:
    """The number that a value is, or that stands in a text in digits from 0 to 9; None of any other.

    Python reads more than a data file means: ``1_0`` as 10, and the digits of every script.
    """
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def names_of(labels: "Sequence[Label | tuple[Label, ...]] | None") -> tuple[tuple[Label, ...], ...]:
    """All names of each class, in the order of the classes; none where they are numbers from 0."""
    return tuple(names if isinstance(names, tuple) else (names,) for names in labels or ())


def labels_misfit(
    classes: int | None,
    scores: tuple[float, float] | None,
    labels: "Sequence[Label | tuple[Label, ...]] | None",
    threshold: float | None,
    missing: Sequence[Label],
) -> str | None:
    """Why what a task says of its labels does not go together; None if it does.

    Args:
        classes: Number of its classes.
        scores: Its ``range``.
        labels: Names of the classes.
        threshold: What makes two classes of a score.
        missing: Values that are no label.
    """
    if labels is not None and threshold is not None:
        return "a task has either `labels` or a `threshold`: which makes its classes?"
    if scores is not None and (labels is not None or threshold is not None):
        return "`labels` and `threshold` are for classes; the task has a `range`"
    if threshold is not None and classes != 2:
        return f"a `threshold` makes two classes; classes is {classes}"
    if labels is not None and len(labels) != classes:
        return f"`labels` names {len(labels)} classes; classes is {classes}"
    seen: set[str] = set()
    for name in (*missing, *(name for names in names_of(labels) for name in names)):
        if key_of(name) in seen:
            return f"{shown(name)} stands twice in `labels` and `missing`"
        seen.add(key_of(name))
    return None


def class_names_of(
    classes: int | None, labels: Sequence[Label | tuple[Label, ...]] | None, threshold: float | None
) -> tuple[str, ...]:
    """What to call each class of a task: the first of its names, else its number; none of a range.

    Args:
        classes: Number of classes; None: it has a range.
        labels: Their names, as the task declares them.
        threshold: Of a score that becomes two classes.
    """
    if threshold is not None:
        return f"below {threshold:g}", f"{threshold:g} or more"
    return tuple(key_of(names[0]) for names in names_of(labels)) or tuple(map(str, range(classes or 0)))
