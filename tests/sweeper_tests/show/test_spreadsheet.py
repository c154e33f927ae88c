"""Cells that a spreadsheet would run, and the text that comes back."""

import io

import pandas as pd
import pytest

from sweeper.show.spreadsheet import cell, cells

RUN = ["=HYPERLINK(1)", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "＝1", "'=1", "''=1", "-", "+", "--1"]
PLAIN = [
    "",
    "arm",
    "'quoted'",
    "a=b",
    " =1",
    "1e-5",
    "-.030",
    "+.012",
    "-1",
    "+1e-5",
    "-.006 to +.154",
    "-5%",
]


def test_lines_end_in_a_line_feed() -> None:
    assert (cell("\r=1"), cell("a\r\nb\rc")) == ("'\n=1", "a\nb\nc")


@pytest.mark.parametrize("text", RUN)
def test_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_and_numbers_stay(text: str) -> None:
    assert cell(text) == text


def test_pandas_gives_the_text_back() -> None:
    texts = [text for text in RUN + PLAIN if text and text != "1e-5"]
    file = io.StringIO(pd.DataFrame({"text": map(cell, texts)}).to_csv(index=False))
    read = pd.read_csv(file, dtype=str)["text"]
    # As docs/reading-a-report.md has it.
    assert list(read.str.replace(r"^'('*[=+\-@\t\n＝＋－＠])", r"\1", regex=True)) == texts


def test_a_frame_keeps_the_kinds_of_its_columns() -> None:
    whole = pd.Series([2**53 + 1, None], dtype=object)
    frame = pd.DataFrame({"=n": whole, "x": [0.5, None], "b": [True, False], "t": ["=1", "-1"]}, index=[3, 4])
    found = cells(frame.assign(**{"=n": whole.to_numpy()}))
    assert found.to_csv(index=False).split() == ["'=n,x,b,t", f"{2**53 + 1},0.5,True,'=1", ",,False,-1"]
    assert cells(frame.iloc[:0]).to_csv(index=False) == "'=n,x,b,t\n"
