"""Text of others in a CSV file that somebody may open in a spreadsheet."""

import re

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
