"""Which columns of a table LaTeX has, and what it says of those that it leaves out."""

import re

from sweeper.report.document import Cell, Column, Table
from sweeper.report.formats.latex import table_text
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import comparisons_table


def test_columns_that_are_left_out_are_named() -> None:
    columns = (Column("arm"), Column("sst", numeric=True, optional=True), Column("a_b", optional=True))
    cells = (Cell("A"), Cell(".5"), Cell("text"))
    lines = table_text(Table("t", "T", (*columns, Column("trials", optional=True)), ((*cells, Cell("7")),)))
    assert r"arm & sst \\" in lines
    assert r"A & .5 \\" in lines
    assert lines.splitlines()[0] == "% Columns that the other files have: a_b"
    assert not re.findall("^%", table_text(Table("t", "T", columns[:2], (cells[:2],))), re.MULTILINE)


def test_rows_of_two_families_are_told_apart(made: Results) -> None:
    table = comparisons_table(Comparisons(made))
    assert table is not None
    rows = [line for line in table_text(table).splitlines() if line.startswith(("A & ", "B & ", "C & "))]
    # B and C with the baseline A are one family; C with B, the best, is of all pairs.
    assert [row.partition(r" \\")[0].rpartition(" & ")[2] for row in rows] == [
        "declared",
        "declared",
        "the best",
    ]
