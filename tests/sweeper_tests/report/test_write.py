import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from plotly.offline import get_plotlyjs
from rich.console import Console

from sweeper.clock import SystemClock
from sweeper.errors import InputError
from sweeper.report.formats.markdown import table_text
from sweeper.report.formats.terminal import print_tables
from sweeper.report.write import Report, write_report
from sweeper.store.database import Database
from sweeper.trial import RunState
from tests.sweeper_tests.golden import golden_study, golden_trials, keep_predictions
from tests.sweeper_tests.made import BEGUN, WORKLOAD, row, store, study, trials

HOSTILE = (
    '</script><script>alert("x")</script> & <img src=http://evil.example/x onerror=alert(1)> | `a` {{ 7*7 }}'
)
CHECKLISTS = ["checklist.md", "checklist.tex"]
FILES = [
    ".study",
    *CHECKLISTS,
    "index.html",
    "tables.csv",
    "tables.json",
    "tables.md",
    "tables.tex",
    "trials.csv",
]


class Page(HTMLParser):
    """What a browser would make of a page: its elements, its text, the rows of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link", "input"):
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.text += data
            if {"td", "th"} & set(self.open):
                self.tables[-1][-1][-1] += data

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Report]]:
    of = study()
    folder = tmp_path_factory.mktemp("report")
    with store(folder, of, trials(of), wanted=40) as database:
        yield database, write_report(database, of.name, folder / "reports" / of.name)


@pytest.fixture(scope="module")
def page(written: tuple[Database, Report]) -> Page:
    return Page((written[1].folder / "index.html").read_text(encoding="utf-8"))


def test_all_files_and_nothing_half_written(written: tuple[Database, Report]) -> None:
    assert sorted(path.name for path in written[1].folder.iterdir()) == FILES


def test_a_study_of_the_same_name_leaves_the_report_of_another(tmp_path: Path) -> None:
    of, reports = study(), tmp_path / "reports"
    with store(tmp_path / "one", of, trials(of), wanted=40) as database:
        first = write_report(database, of.name, reports / of.name).folder
        before = {path.name: path.read_bytes() for path in first.iterdir()}
    with store(tmp_path / "other", of, trials(of)[:1], wanted=1) as database:
        found = database.study(of.name)
        for _ in range(2):  # it has a folder, and keeps it
            second = write_report(database, of.name, reports / of.name).folder
            assert second == reports / f"{of.name}.{found.row.uuid[:8]}"
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before
    assert sorted(path.name for path in second.iterdir()) == FILES


def test_the_page_begins_with_what_was_found(written: tuple[Database, Report], page: Page) -> None:
    assert written[1].document.summary == (
        "S-BERT has the highest overall, .677 (trial 3), before Baseline, .623 (trial 2).",
        "5 of 40 trials finished; 1 failed; 1 begun.",
        "35 trials still to come: every number here may change.",
        "Of the paper's tables: Table 2: 0 of 2 rows ran.",
        "The best learning_rate, 3.21e-4, lies at the lower end of its range: widen it.",
    )
    for text in (
        *written[1].document.summary,
        "Is S-BERT better than a baseline?",
        "overall = (sst + para + (sts + 1) / 2) / 3",
        "Scores on the built-in demo corpus say nothing about SST, Quora or STS.",
        "sweeper run --study made --workload demo --trials 40\nsweeper report --study made@demo",
        "sweeper 0.1.0, torch 2.9.0",
        "cpu, 1 CPU thread",
    ):
        assert text in page.text


def test_the_page_shows_every_table_and_every_trial(written: tuple[Database, Report], page: Page) -> None:
    keys = [table.key for table in written[1].document.tables]
    assert keys == ["arms", "table3", "best", "budget", "cost", "failures"]
    assert len(page.tables) == len(keys) + 1
    for shown, table in zip(page.tables, written[1].document.tables, strict=False):
        assert shown[0] == [column.heading for column in table.columns]
        assert shown[1:] == [[cell.text for cell in line] for line in table.rows]
    assert [line[0] for line in page.tables[-1][1:]] == ["0", "1", "2", "3", "4", "5"]


def test_links_lead_to_places_on_the_page_and_ids_are_unique(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = [str(attributes["href"]) for tag, attributes in page.elements if tag == "a"]
    assert "#trial-3" in targets
    assert {target.removeprefix("#") for target in targets} <= set(ids)


def test_figures_have_places_data_and_a_name(page: Page) -> None:
    places = [attributes for _, attributes in page.elements if attributes.get("class") == "plot"]
    scripts = zip((each for tag, each in page.elements if tag == "script"), page.scripts, strict=True)
    data = {attributes["data-plot"]: text for attributes, text in scripts if "data-plot" in attributes}
    assert [place["id"] for place in places] == list(data)
    assert all(place["role"] == "group" and place["aria-label"] for place in places)
    assert all(json.loads(text)["data"] for text in data.values())


def test_the_page_asks_nothing_of_the_network(page: Page, written: tuple[Database, Report]) -> None:
    text = (written[1].folder / "index.html").read_text(encoding="utf-8")
    assert text.count(get_plotlyjs()) == 1
    assert "http" not in text.replace(get_plotlyjs(), "").replace("http-equiv", "")
    assert not [each for each in page.elements if each[0] in ("link", "img", "iframe", "object", "base")]
    assert not [attributes for _, attributes in page.elements if "src" in attributes]
    policy = next(attributes["content"] for tag, attributes in page.elements if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert len(text.encode()) < 6_000_000


def test_the_trials_as_csv_are_whole(written: tuple[Database, Report]) -> None:
    text = (written[1].folder / "trials.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [each["state"] for each in rows] == ["complete"] * 4 + ["failed", "running"]
    assert float(rows[3]["overall"]) == pytest.approx((0.470 + 0.740 + 1.640 / 2) / 3, abs=1e-12)
    assert float(rows[3]["params.learning_rate"]) == 3.21e-4
    assert {"config", "traceback"}.isdisjoint(rows[0])


class Stopped(SystemClock):
    """A clock that stands."""

    def now(self) -> datetime:
        return BEGUN


def test_a_report_of_one_moment_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    of, found = golden_study(), []
    with store(tmp_path, of, golden_trials(of)) as database:
        home = keep_predictions(database, tmp_path)
        for folder in (tmp_path / "first", tmp_path / "second"):
            report = write_report(database, of.name, folder, home, clock=Stopped())
            console = Console(file=io.StringIO(), width=120, record=True)
            print_tables(report.shown.tables, console)
            found.append({"terminal": console.export_text().encode(), **read_files(folder)})
    assert sorted(found[0]) == sorted([*FILES, "terminal"])
    assert found[0] == found[1]
    assert b"2024-05-01 12:00 UTC, sweeper" in found[0]["index.html"]


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_a_report_reads_it_reads_once(written: tuple[Database, Report], tmp_path: Path) -> None:
    asked = []

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        asked.append((statement, repr(parameters)))

    try:
        write_report(written[0], "made@demo", tmp_path)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    queries = [each for each in asked if each[0].startswith("SELECT")]
    assert len(queries) == len(set(queries)) > 3
    assert sum("traceback" in statement for statement, _ in queries) == 1  # the rows of the trials


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    of = study(
        WORKLOAD.model_copy(update={"notice": HOSTILE}),
        arms={HOSTILE: {}, "$\\_other_{x}%": {}},
        description=HOSTILE,
    )
    folder = tmp_path_factory.mktemp("hostile")
    with store(folder, of, trials(of, error=HOSTILE)) as database:
        yield write_report(database, of.name, folder / "report")


def test_hostile_names_are_text_on_the_page(hostile: Report) -> None:
    page = Page((hostile.folder / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert not [each for each in page.elements if each[0] == "img"]
    assert not any(
        "alert" in script for script in page.scripts if not script.startswith("{") and len(script) < 1e6
    )
    assert page.text.count(HOSTILE) >= 5
    assert HOSTILE in page.tables[0][1]


def test_hostile_names_are_text_in_figures(hostile: Report) -> None:
    text = (hostile.folder / "index.html").read_text(encoding="utf-8")
    drawings = re.findall(
        r'<script type="application/json" data-plot[^>]*>(.*?)</script>', text, flags=re.DOTALL
    )
    assert len(drawings) == text.count('class="plot"') > 5
    for drawing in drawings:
        assert "<" not in drawing
        assert "<script" not in json.dumps(json.loads(drawing))
        assert "<img" not in json.dumps(json.loads(drawing))


def test_hostile_names_break_no_table_in_markdown(hostile: Report) -> None:
    text = (hostile.folder / "tables.md").read_text(encoding="utf-8")
    assert "<" not in text
    arms = next(table for table in hostile.document.tables if table.key == "arms")
    lines = [line for line in table_text(arms).splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert len(lines) == 4


@pytest.mark.parametrize("state", [None, RunState.QUEUED, RunState.FAILED])
def test_a_study_without_a_complete_trial_has_a_report(state: RunState | None, tmp_path: Path) -> None:
    of = study()
    error = "boom" if state is RunState.FAILED else None
    rows = [] if state is None else [row(of, 0, "S-BERT", None, state=state, error=error)]
    with store(tmp_path, of, rows, wanted=4) as database:
        report = write_report(database, of.name, tmp_path / "report")
    assert report.document.summary[0] == "No trial is complete yet."
    assert f"{4 - (state is RunState.FAILED)} trials still to come" in report.document.summary[2]
    page = Page((report.folder / "index.html").read_text(encoding="utf-8"))
    assert not [attributes for tag, attributes in page.elements if "data-plot" in attributes]
    assert "No trial is complete yet." in page.text


def test_an_unknown_study_or_a_folder_that_cannot_be_written_is_an_error(
    written: tuple[Database, Report], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="'other@demo' is not in the database"):
        write_report(written[0], "other@demo", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(written[0], "made@demo", tmp_path / "file")
