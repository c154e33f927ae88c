"""Tables at any width: nothing that must stay whole is cut, and nothing goes missing in silence."""

import io
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sweeper.grid import Heading, fit

WORDS = st.text("abcÜß+深-", min_size=1, max_size=9)
LABELS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


def lines_of(headings: list[Heading], rows: list[list[str]], width: int) -> tuple[list[str], tuple[str, ...]]:
    shown, left_out = fit(headings, [[Text(cell) for cell in row] for row in rows], width)
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(shown)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines(), left_out


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Heading], list[list[str]]]:
    """Labels of one to three columns, then numbers and texts; no two numbers are alike."""
    labels = draw(st.integers(1, 3))
    kinds = draw(st.lists(st.sampled_from(["number", "interval", "text"]), min_size=1, max_size=14))
    kinds = ["number", *kinds]
    own = count(1)
    headings = [Heading(draw(LABELS)) for _ in range(labels)]
    for kind in kinds:
        headings.append(Heading(f"{draw(LABELS)} {next(own)}h", kind != "text", draw(st.booleans())))

    def cell(kind: str) -> str:
        number = f"-.{next(own):05d}"
        forms = {"number": number, "interval": f"{number} to {number}1", "text": f"{draw(LABELS)} {number}"}
        return forms[kind]

    rows = [
        [*(draw(LABELS) for _ in range(labels)), *map(cell, kinds)] for _ in range(draw(st.integers(1, 4)))
    ]
    return headings, rows


@given(tables(), st.integers(40, 200))
def test_labels_and_numbers_stay_whole_at_every_width(
    table: tuple[list[Heading], list[list[str]]], width: int
) -> None:
    headings, rows = table
    lines, left_out = lines_of(headings, rows, width)
    words = {word for line in lines for word in line.split()}
    assert max(map(cell_len, lines)) <= width
    assert set(left_out) <= {each.text for each in headings if each.optional}
    for row in rows:
        for heading, cell in zip(headings, row, strict=True):
            if heading.text in left_out:
                assert cell.split()[-1] not in words
            else:
                assert set(cell.split()) <= words
                # An interval is in one piece wherever its heading leaves room for it in a block.
                if heading.numeric and cell_len(f"  {heading.text} {cell}") <= width:
                    assert any(f" {cell} " in f" {line} " for line in lines)
