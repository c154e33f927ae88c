"""A label as a file or a workload writes it, and when two of them are the same."""

import math
from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

Label = StrictBool | StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | StrictStr
"""The name or number of a class."""


def key_of(value: object) -> str:
    """One text for what is the same label, however it is written: 1 and 1.0, True and true; '' for none."""
    if value is None:
        return ""
    number = None if isinstance(value, bool) else strict_number(value)
    if number is None or not math.isfinite(number):
        text = str(value).strip()
        return text.lower() if text.lower() in ("true", "false") else text
    return repr(int(number) if number.is_integer() else number)


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
