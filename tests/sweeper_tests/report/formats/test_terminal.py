import io
import os

import pytest
from rich.console import Console

from sweeper.report.document import Cell, Column, Table
from sweeper.report.formats.terminal import print_tables
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import arms_table
from tests.sweeper_tests.made import results, row, study


def printed(table: Table, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True)
    print_tables([table], console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_titles_cells_and_notes_are_printed() -> None:
    of = study()
    found = results(of, [row(of, 0, "S-BERT", (0.4, 0.7, 0.5))])
    text = printed(arms_table(found, Comparisons(found)))
    for part in (
        "Arms",
        "S-BERT",
        ".617",
        ".700",
        "overall = (sst + para + (sts + 1) / 2) / 3",
        "say nothing about",
    ):
        assert part in text


def test_the_best_is_bold() -> None:
    table = Table("t", "T", (Column("a"),), ((Cell("plain"),), (Cell("best", bold=True),)))
    text = printed(table)
    assert "\x1b[1mbest" in text
    assert "\x1b[1mplain" not in text


def test_names_are_no_markup_and_command_no_terminal() -> None:
    name = "[red]arm[/red] \x1b]0;title\x07 [/oops]"
    text = printed(Table("t", name, (Column(name),), ((Cell(name),),), (name,)))
    assert text.count("[red]arm[/red] \\x1b]0;title\\x07 [/oops]") == 4
    assert "\x1b]0" not in text


ROWS = (
    ("S-BERT", "Linear", "-.020", "-.047 to .006", ".118", ".236", "better", "+.1", ".9"),
    ("PCGrad + SMART", "", "+.018", ".001 to .030", ".004", ".008", "", "+.2", ".8"),
)
PAIRS = Table(
    "pairs",
    "Arms against each other",
    (
        *(Column("arm"), Column("against"), Column("overall", numeric=True), Column("95 %", numeric=True)),
        *(Column("p rows", numeric=True), Column("p Holm", numeric=True), Column("verdict")),
        *(Column("sst", numeric=True, optional=True), Column("p sst", numeric=True, optional=True)),
    ),
    tuple(tuple(map(Cell, row)) for row in ROWS),
)
AT_80 = """\
Arms against each other

                                                            p                  p
arm             against  overall           95 %  p rows  Holm  verdict  sst  sst
────────────────────────────────────────────────────────────────────────────────
S-BERT          Linear     -.020  -.047 to .006    .118  .236  better   +.1   .9
PCGrad + SMART             +.018   .001 to .030    .004  .008           +.2   .8
"""
AT_64 = """\
Arms against each other

                                                p     p
arm         against  overall           95 %  rows  Holm  verdict
────────────────────────────────────────────────────────────────
S-BERT      Linear     -.020  -.047 to .006  .118  .236  better
PCGrad +               +.018   .001 to .030  .004  .008
SMART

Not shown at this width: sst; p sst. The files have them.
"""
AT_54 = """\
Arms against each other

                                        p    p
arm    against overall          95 % rows Holm verdict
──────────────────────────────────────────────────────
S-BERT Linear    -.020 -.047 to .006 .118 .236 better
PCGrad           +.018  .001 to .030 .004 .008
+
SMART

Not shown at this width: sst; p sst. The files have
them.
"""
AT_50 = """\
Arms against each other

S-BERT · against Linear
  overall -.020 · 95 % -.047 to .006 · p rows .118
  p Holm .236 · verdict better · sst +.1
  p sst .9
PCGrad + SMART · against Linear
  overall +.018 · 95 % .001 to .030 · p rows .004
  p Holm .008 · sst +.2 · p sst .8
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, AT_80),
        ({"COLUMNS": "64"}, AT_64),
        ({"COLUMNS": "54"}, AT_54),
        ({"COLUMNS": "50"}, AT_50),
    ],
)
def test_a_narrow_pipe_wraps_labels_then_leaves_columns_out_then_stacks(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_terminal(_: int) -> os.terminal_size:
        raise OSError

    monkeypatch.setattr("rich.console.os.get_terminal_size", no_terminal)
    console = Console(file=io.StringIO(), _environ=variables)
    print_tables([PAIRS], console)
    assert isinstance(console.file, io.StringIO)
    # The blanks at the ends of lines are of no account.
    assert [line.rstrip() for line in console.file.getvalue().splitlines()] == expected.split("\n")
