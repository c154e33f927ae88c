"""The arguments of the Python interface: each as what it is meant to be, or refused in one line."""

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from ..errors import InputError
from ..text import one_line
from ..url import Url, without_secrets


def wrong(name: str, value: object, why: str) -> InputError:
    """The error about an argument, in one line whatever the value is.

    Args:
        name: The argument.
        value: What was given.
        why: What is wrong with it.
    """
    return InputError(f"{name} {without_secrets(one_line(repr(value)))}: {why}")


def text(name: str, value: object, kind: str = "a text") -> str:
    """A text, which must not be empty: it would be taken for one that was not given.

    Args:
        name: The argument.
        value: What was given.
        kind: What it has to be, for the message.

    Raises:
        InputError: If it is none, or empty.
    """
    if not isinstance(value, str):
        raise wrong(name, value, f"must be {kind}")
    if not value.strip():
        raise wrong(name, value, "is empty: write a value, or leave it out")
    return value


def text_or_none(name: str, value: object) -> str | None:
    """A text; None where it was left out; errors as in `text`."""
    return None if value is None else text(name, value)


def called(name: str, value: object) -> str:
    """What a name or the path of a file calls, as a text; errors as in `text`."""
    written = os.fspath(value) if isinstance(value, os.PathLike) else value
    return text(name, written, "a name or the path of a file")


def called_or_none(name: str, value: object) -> str | None:
    """What a name or the path of a file calls; None where it was left out; errors as in `text`."""
    return None if value is None else called(name, value)


def url_or_none(name: str, value: object) -> Url | None:
    """The URL of a database; None where it was left out.

    Raises:
        InputError: If it is no text, or empty.
    """
    return None if value is None else Url(text(name, value, "a URL, such as sqlite:///studies.db"))


def whole_number(name: str, value: object, wanted: str = "a whole number", most: int | None = None) -> int:
    """A whole number of any type that is one, such as those of NumPy, which no database knows.

    Args:
        name: The argument.
        value: What was given.
        wanted: What it has to be, for the message.
        most: The highest that it may be; None for no bound.

    Raises:
        InputError: If it is none, or too large.
    """
    try:
        whole = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise wrong(name, value, f"must be {wanted}") from None
    if most is not None and abs(whole) > most:
        raise wrong(name, value, f"is too large: at most {most}")
    return whole


def count_or_none(
    name: str, value: object, wanted: str = "a whole number of at least 1", most: int | None = None
) -> int | None:
    """A number of things; None where it was left out.

    Args:
        name: The argument.
        value: What was given.
        wanted: What it has to be, for the message.
        most: As in `whole_number`.

    Raises:
        InputError: If it is no whole number, below 1, or too large.
    """
    if value is None:
        return None
    count = None if isinstance(value, bool) else whole_number(name, value, wanted, most)
    if count is None or count < 1:
        raise wrong(name, value, f"must be {wanted}")
    return count


def seconds_or_none(name: str, value: object) -> float | None:
    """A time in seconds; None where it was left out.

    Raises:
        InputError: If it is no number above 0.
    """
    if value is None:
        return None
    if not (is_number(value) and value > 0):  # type: ignore[operator]
        raise wrong(name, value, "must be a number of seconds above 0")
    return value  # type: ignore[return-value]


def _job_time(name: str, value: object) -> float | None:
    """As `seconds_or_none`, of a job that has an end."""
    seconds = seconds_or_none(name, value)
    if seconds == math.inf:
        raise wrong(name, value, "must be a finite number of seconds")
    return seconds


def is_number(value: object) -> bool:
    """Whether it is a number, which true and false are not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def texts(name: str, value: object, kind: str) -> list[str]:
    """A list of texts, which a single text is not; empty where it was left out.

    Args:
        name: The argument.
        value: What was given.
        kind: What they are, for the message.

    Raises:
        InputError: If it is none.
    """
    if value is None:
        return []
    if isinstance(value, str):
        raise wrong(name, value, f"must be a list of {kind}: [{value!r}]")
    if not isinstance(value, Iterable):
        raise wrong(name, value, f"must be a list of {kind}")
    return [text(name, one) for one in value]


def executor_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the executors that come with sweeper as they have to be; those of others as they are.

    Raises:
        InputError: If one is of another type than its executor reads.
    """
    checks: dict[str, Callable[[str, object], object]] = {
        "devices": text_or_none,
        "ray_address": text_or_none,
        "job_time": _job_time,
        "sbatch": lambda name, value: texts(name, value, "key=value"),
    }
    return {name: checks[name](name, value) if name in checks else value for name, value in given.items()}
