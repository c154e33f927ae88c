import io
import re

from rich.console import Console

from sweeper.report.document import Cell, Column, Table
from sweeper.report.formats.terminal import print_tables
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import arms_table, study_tables
from tests.sweeper_tests.made import results, row, study


def printed(table: Table, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True)
    print_tables([table], console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_titles_cells_and_notes_are_printed() -> None:
    of = study()
    text = printed(arms_table(results(of, [row(of, 0, "S-BERT", (0.4, 0.7, 0.5))])))
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
    assert text.count("[red]arm[/red] ]0;title [/oops]") == 4
    assert "\x1b]0" not in text


def test_a_narrow_terminal_keeps_the_numbers() -> None:
    of = study()
    found = results(of, [row(of, n, "S-BERT", (0.4, 0.7, 0.5)) for n in range(2)])
    for table in study_tables(found, ["arms"], Comparisons(found))[:2]:
        text = printed(table, width=80)
        assert ".617" in text
        assert all(len(line) <= 80 for line in re.sub("\x1b\\[[0-9;]*m", "", text).splitlines())
    assert "3.21e-4" in text
