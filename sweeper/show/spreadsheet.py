"""Text of others in a CSV file that somebody may open in a spreadsheet."""

import re
from typing import TYPE_CHECKING

from ..trial import ErrorClass

if TYPE_CHECKING:
    import pandas as pd

FORMULA = re.compile(r"'*[=+\-@\t\n＝＋－＠]")
"""How text begins that a spreadsheet would run, or that was given a sign so that it does not."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?")

_INTERVAL = re.compile(rf"{_NUMBER.pattern} to {_NUMBER.pattern}")


def cell(text: str) -> str:
    r"""Text as a cell: an apostrophe stands before what a spreadsheet would take for a formula.

    Numbers, and intervals such as ``-.006 to +.154``, stay what they are; lines end in a line feed. Whoever
    reads the file by a program gets the text back by taking away the first apostrophe where `FORMULA`
    matches, in pandas with
    ``column.str.replace(r"^'('*[=+\-@\t\n＝＋－＠])", r"\1", regex=True)``.
    """
    # A lone \r would end a row: the csv module puts no quotes around it.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if FORMULA.match(text) and not (_NUMBER.fullmatch(text) or _INTERVAL.fullmatch(text)):
        return f"'{text}"
    return text


def cells(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A frame whose headings and texts are cells; each column keeps its kind, and numbers stay in full."""
    import pandas as pd

    return pd.DataFrame(
        {
            cell(str(name)): pd.Series(
                [cell(value) if isinstance(value, str) else value for value in frame[name]],
                index=frame.index,
                dtype=frame[name].dtype,
            )
            for name in frame
        }
    )


def readable(trials: "pd.DataFrame") -> "pd.DataFrame":
    """The trials as they stand in CSV files: pandas would read an error class ``nan`` there as a gap."""
    return trials.assign(error_class=trials["error_class"].replace(ErrorClass.NAN.value, "not finite"))
