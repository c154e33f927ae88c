import csv
import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.report.document import BEST_ALONE, Cell, Column, Document, Table
from sweeper.report.results import Results
from sweeper.report.selection import Selection, select
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import study_tables
from tests.sweeper_tests.golden import ARMS, FOLDER, write_golden
from tests.sweeper_tests.typed import Command, refused

GOLDEN = Path("reports/golden@demo")

NUMBERS = Table(
    "numbers",
    "Numbers",
    (Column("arm"), Column("overall", numeric=True), Column("se", numeric=True), Column("learning_rate")),
    (
        (Cell("b"), Cell(".7", value=0.7), Cell(".02", value=0.02), Cell("1e-5")),
        (Cell("a"), Cell("—"), Cell("—", value=float("nan")), Cell("null")),
        (Cell("B"), Cell(".9", value=0.9), Cell(".01", value=0.01), Cell("0.0002")),
        (Cell("c"), Cell(".7", value=0.7001), Cell(".03", value=0.03), Cell("—")),
    ),
)
GROUPED = Table(
    "table3",
    "Table 3",
    (Column("Model"), Column("overall", numeric=True)),
    ((Cell("x"), Cell(".1", value=0.1)), (Cell(""), Cell(".9", value=0.9))),
)
FURTHER = Table("trials", "All", (Column("trial", numeric=True),), ((Cell("0", value=0.0),),))
DOCUMENT = Document("made@demo", "", "", "", (), ("a", "b", "B", "c"), (NUMBERS, GROUPED))


def names(**fields: object) -> list[str]:
    """Names of the arms of the first table, as selected."""
    shown, _ = select(DOCUMENT, [FURTHER], Selection(**fields))  # type: ignore[arg-type]
    return [row[0].text for row in shown.tables[0].rows]


def test_nothing_selected_is_all_of_it() -> None:
    assert select(DOCUMENT, [FURTHER], Selection()) == (DOCUMENT, ())


def test_tables_come_in_the_order_in_which_they_are_named_and_once() -> None:
    shown, _ = select(DOCUMENT, [FURTHER], Selection(tables=("trials", "numbers", "trials")))
    assert shown.tables == (FURTHER, NUMBERS)


def test_an_arm_that_is_written_once_owns_the_rows_under_it() -> None:
    rows = tuple((Cell(arm), Cell(str(number))) for number, arm in enumerate(("a", "", "b", "", "")))
    table = Table("cross", "", (Column("arm"), Column("dropout")), rows)
    one = replace(DOCUMENT, tables=(table,))
    assert [row[1].text for row in select(one, [], Selection(arms=("b",)))[0].tables[0].rows] == list("234")


def test_rows_of_other_arms_are_left_out_and_other_tables_stay_whole() -> None:
    assert names(arms=("c", "b")) == ["b", "c"]
    assert select(DOCUMENT, [], Selection(arms=("a",)))[0].tables[1] == GROUPED


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("overall", ["B", "c", "b", "a"]),  # the best first
        ("se", ["c", "b", "B", "a"]),
        ("arm", ["a", "b", "B", "c"]),
        ("learning_rate", ["b", "B", "a", "c"]),  # numbers, text, nothing
    ],
)
def test_rows_are_sorted_by_value_and_what_is_missing_comes_last(column: str, order: list[str]) -> None:
    assert names(column=column) == order


def test_rows_that_belong_together_stay_together_and_it_is_said() -> None:
    shown, said = select(DOCUMENT, [], Selection(column="overall"))
    assert shown.tables[1] == GROUPED
    assert said == ("table3 keeps its order: its rows belong together.",)
    assert select(DOCUMENT, [], Selection(column="se"))[1] == ()


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(tables=("arms",)), "--table 'arms': no table of made@demo; its tables: numbers, "),
        (Selection(arms=("d",)), "--arm 'd': no arm of made@demo; known: a, b, B, c"),
        (Selection(column="overal"), "--sort 'overal': no column of these tables; did you mean 'overall'?"),
        (Selection(tables=("table3",), column="se"), "--sort 'se': no column of these tables; known: "),
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_error_that_names_what_is(selection: Selection, message: str) -> None:
    with pytest.raises(InputError) as caught:
        select(DOCUMENT, [FURTHER], selection)
    assert str(caught.value).startswith(message)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the golden study in its database."""
    folder = tmp_path_factory.mktemp("home")
    write_golden(folder)
    return folder


@pytest.fixture
def report(home: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Types `sweeper report`."""
    monkeypatch.setenv("SWEEPER_HOME", str(home))
    return partial(sweeper, "report")


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_standard_output_is_the_file_and_nothing_else(report: Command, form: str) -> None:
    code, out, err = report("--format", form)
    name = {"markdown": "tables.md", "latex": "tables.tex"}.get(form, f"tables.{form}")
    assert (code, out) == (0, (GOLDEN / name).read_text(encoding="utf-8"))
    assert "58 of 60 trials finished" in err
    assert err.endswith(f"Report: {GOLDEN / 'index.html'}\n")


def test_a_selection_is_printed_and_the_files_hold_the_whole_report(report: Command) -> None:
    first, *_, last = ARMS
    code, out, _ = report("--format", "json", "--table", "trials", "--arm", last, "--sort", "overall")
    assert code == 0
    (table,) = json.loads(out)["tables"]
    place = [column["heading"] for column in table["columns"]].index("overall")
    scores = [row[place]["value"] for row in table["rows"]]
    there = [score for score in scores if score is not None]
    assert scores == sorted(there, reverse=True) + [None] * (len(scores) - len(there))
    assert {row[1]["text"] for row in table["rows"]} == {last}
    assert len(scores) == 15
    whole = json.loads((GOLDEN / "tables.json").read_text(encoding="utf-8"))
    golden = json.loads((FOLDER / "tables.json").read_text(encoding="utf-8"))
    assert [each["key"] for each in whole["tables"]] == [each["key"] for each in golden["tables"]]
    _, out, _ = report("--format", "csv", "--table", "arms", "--table", "best", "--arm", first)
    lines = list(csv.DictReader(io.StringIO(out)))
    assert {(line["table"], line["row"]) for line in lines} == {("arms", "1"), ("best", "1")}


def test_the_terminal_says_which_table_keeps_its_order(report: Command) -> None:
    code, out, err = report("--table", "table3", "--table", "arms", "--sort", "overall")
    assert (code, err) == (0, "")
    assert "table3 keeps its order: its rows belong together.\n" in out
    assert "Table 3: Experiments" in out
    assert "Table 4" not in out


def test_figures_are_written_beside_the_page(report: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[list[str], Path, str, int]] = []
    monkeypatch.setattr(
        "sweeper.report.figures.image.write_images",
        lambda figures, *where: drawn.append(([figure.key for figure in figures], *where)),
    )
    assert report("--table", "arms", "--figures", "pdf")[0] == 0
    ((keys, *where),) = drawn
    assert where == [GOLDEN / "figures", "pdf", 1]
    assert "history" in keys
    assert report("--table", "arms")[0] == 0
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--table", "tabel3"), "--table 'tabel3': no table of golden@demo; its tables: arms, table1, "),
        (("--arm", "S-BERT + PCGrad"), "--arm 'S-BERT + PCGrad': no arm of golden@demo; did you mean "),
        (("--format", "html"), "Invalid value for '--format': "),
    ],
)
def test_a_wrong_option_writes_nothing(report: Command, arguments: tuple[str, ...], message: str) -> None:
    assert refused(report, *arguments).startswith(f"Error: {message}")


def test_columns_are_printed_in_the_order_that_is_asked_for() -> None:
    shown, _ = select(DOCUMENT, [FURTHER], Selection(columns=("overall", "arm")))
    assert [[column.heading for column in table.columns] for table in shown.tables] == [
        ["overall", "arm"],
        ["overall"],
    ]
    assert [cell.text for cell in shown.tables[0].rows[0]] == [".7", "b"]
    only, _ = select(DOCUMENT, [], Selection(columns=("Model",)))
    assert [table.key for table in only.tables] == ["table3"]
    with pytest.raises(InputError, match=r"--column 'overal': no column of these tables; did you mean"):
        select(DOCUMENT, [], Selection(columns=("overal",)))


@pytest.mark.parametrize(("bold", "marked"), [("best", "100"), ("ties", "110"), ("none", "000")])
def test_what_is_bold_can_be_chosen(bold: str, marked: str) -> None:
    cells = (Cell(".7", bold=True), Cell(".69", tie=True), Cell(".5"))
    column = Column("overall", numeric=True)
    table = Table("t", "T", (column,), tuple((cell,) for cell in cells), (f"Means. {BEST_ALONE}",), ties=True)
    shown, _ = select(replace(DOCUMENT, tables=(table,)), [], Selection(bold=bold))
    assert "".join(str(int(row[0].bold)) for row in shown.tables[0].rows) == marked
    assert (
        shown.tables[0].notes
        == {
            "best": ("Means. Bold marks the best figure and says no more.",),
            "ties": ("Means.", "Bold marks the best figure and those that are not told apart from it (†)."),
            "none": ("Means.",),
        }[bold]
    )


def test_a_table_without_ties_says_that_none_are_known(made: Results) -> None:
    single = replace(made, trials=made.trials[made.trials["seed"] == 1])
    for of, known in ((made, True), (single, False)):
        tables = tuple(study_tables(of, ["arms"], Comparisons(of)))
        shown, _ = select(replace(DOCUMENT, tables=tables), [], Selection(("arms", "best"), bold="ties"))
        for table in shown.tables:
            place = [column.heading for column in table.columns].index("overall")
            assert [row[place].bold for row in table.rows] == [False, True, known], table.key
            said = [note for note in table.notes if note.startswith("Bold marks the best figure alone")]
            assert bool(said) is not known
            assert BEST_ALONE not in " ".join(table.notes)


def test_a_paper_gets_its_columns_decimals_and_layout(sweeper: Command, folder: Path) -> None:
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "2").code == 0
    layout = folder / "table.md.j2"
    layout.write_text("{% for row in rows(tables.arms) %}{{ row.overall }} {% endfor %}", encoding="utf-8")
    shape = ("--table", "arms", "--column", "overall", "--digits", "5", "--template", str(layout))
    said = sweeper("report", "mine", *shape, "--format", "csv")
    assert said.code == 0
    printed = [row["text"] for row in csv.DictReader(io.StringIO(said.out))]
    made = (folder / "reports/mine@small/table.md").read_text()
    assert made.replace("**", "").split() == printed
    trials = csv.DictReader(io.StringIO((folder / "reports/mine@small/trials.csv").read_text()))
    assert f"{max(float(row['overall']) for row in trials):.5f}".removeprefix("0") in made
    layout.rename(folder / "tables.md.j2")
    taken = refused(sweeper, "report", "mine", "--template", "tables.md.j2")
    assert "tables.md is a file of every report: call it otherwise" in taken
    own = folder / "reports/mine@small/mine.tex"
    own.write_text("mine", encoding="utf-8")
    said = sweeper("report", "mine", "--template", "reports/mine@small/mine.tex")
    assert (said.code, own.read_text()) == (2, "mine")
    assert "mine.tex: the file that it makes would take its place: move it" in said.err
