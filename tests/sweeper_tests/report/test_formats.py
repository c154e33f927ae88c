"""Each format is read back by a parser that is not ours."""

import csv
import io
import json
import re
import shutil
import string
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sweeper.report.document import Cell, Column, Document, Table
from sweeper.report.formats import FORMATS
from sweeper.report.formats.csvfile import as_csv
from sweeper.report.formats.jsonfile import as_json
from sweeper.report.formats.latex import PREAMBLE, as_latex, escape
from sweeper.report.formats.markdown import as_markdown, table_text
from sweeper.text import one_line
from tests.sweeper_tests.golden import FOLDER

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "`code`",
    "*bold*",
    "[link](x)",
    "R&D",
    "\x1b[31mred",
    "a\nb",
    "100 % of $5 {x} ~^\\ #1 learning_rate",
    "− ± é 中文 🚀",
    "-- ''d'' << >> ,, \"quoted\"",
]

WARNING = "One seed: (so far) nothing is known."

SMALL = Table(
    "small",
    "Small & <short>",
    (Column("arm"), Column("overall", numeric=True), Column("note", optional=True)),
    (
        (Cell("one"), Cell(".732", value=0.7321, bold=True, trials=(3, 7)), Cell("best, I say")),
        (Cell("two"), Cell("-.030", value=-0.0301, tie=True, trials=(5,)), Cell("")),
        (Cell("three"), Cell("—", value=float("nan")), Cell('"x"')),
    ),
    ("† means a tie.",),
)


def document(*tables: Table) -> Document:
    return Document(
        study="made@demo",
        description="Why?",
        formula="overall = sst",
        notice="",
        summary=("One.", "Two."),
        arms=("one", "two", "three"),
        tables=tables,
        warnings=(WARNING,),
    )


def hostile(text: str) -> Table:
    return Table("t", text, (Column(text), Column(text)), ((Cell(text), Cell(text)),), (text,))


def test_every_format_has_a_file_of_its_own_and_ends_its_last_line() -> None:
    assert len({form.suffix for form in FORMATS.values()}) == len(FORMATS)
    for form in FORMATS.values():
        assert form.render(document(SMALL)).endswith("\n")
        assert form.render(document()).endswith("\n")


def shown(token: Token) -> str:
    """What a reader sees of a line of Markdown."""
    assert {child.type for child in token.children or []} <= {
        "text",
        "text_special",
        "strong_open",
        "strong_close",
    }
    return "".join(child.content for child in token.children or [])


def markdown_cells(text: str) -> tuple[list[list[str]], list[str]]:
    """The rows of a table in Markdown, and what is bold in them."""
    rows: list[list[str]] = []
    bold = []
    inside = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        inside = token.type if token.type in ("th_open", "td_open") else inside
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_close", "td_close"):
            inside = ""
        elif token.type == "inline" and inside:
            rows[-1].append(shown(token))
            if any(child.type == "strong_open" for child in token.children or []):
                bold.append(rows[-1][-1])
    return rows, bold


def test_markdown_is_read_as_the_table_that_it_was() -> None:
    text = as_markdown(document(SMALL))
    assert text.index(f"**Warnings**\n\n- {WARNING}\n") < text.index("Why?")
    rows, bold = markdown_cells(text)
    assert rows == [
        ["arm", "overall", "note"],
        ["one", ".732", "best, I say"],
        ["two", "-.030†", ""],
        ["three", "—", '"x"'],
    ]
    assert bold == [".732"]


def test_a_table_in_markdown() -> None:
    table = Table(
        key="arms",
        title="Arms of <study>",
        columns=(Column("arm"), Column("overall", numeric=True)),
        rows=(
            (Cell("S-BERT | `a`"), Cell(".732", value=0.732, bold=True)),
            (Cell("R&D <b>_x_</b> learning_rate"), Cell("—")),
        ),
        notes=("overall = (sst + (sts + 1) / 2) / 2",),
    )
    assert table_text(table) == (
        "### Arms of &lt;study&gt;\n"
        "\n"
        "| arm                                            |  overall |\n"
        "| ---------------------------------------------- | -------: |\n"
        "| S-BERT \\| \\`a\\`                                | **.732** |\n"
        "| R&amp;D &lt;b&gt;\\_x\\_&lt;/b&gt; learning_rate |        — |\n"
        "\n"
        "- overall = (sst + (sts + 1) / 2) / 2\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_a_table_in_markdown(text: str) -> None:
    written = table_text(hostile(text))
    assert "<" not in written
    assert "\x1b" not in written
    assert markdown_cells(written)[0] == [[one_line(text)] * 2] * 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_read_back_from_markdown_csv_and_json(text: str) -> None:
    table = hostile(f"x{text}x")
    one = document(table)
    assert markdown_cells(table_text(table))[0] == [[one_line(f"x{text}x")] * 2] * 2
    assert list(csv.reader(io.StringIO(as_csv(one))))[1][3] == one_line(f"x{text}x")
    assert json.loads(as_json(one))["tables"][0]["rows"][0][0]["text"] == f"x{text}x"


def test_csv_has_a_line_for_each_cell() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(document(SMALL, SMALL)))))
    assert len(lines) == 2 * 3 * 3
    assert lines[1] == {
        "table": "small", "row": "1", "column": "overall", "text": ".732", "value": "0.7321", "best": "true",
        "tie": "false", "trials": "3 7",
    }  # fmt: skip
    assert (lines[4]["value"], lines[4]["tie"], lines[4]["text"]) == ("-0.0301", "true", "-.030")
    assert (lines[7]["value"], lines[7]["text"]) == ("", "—")


def test_json_holds_all_of_the_document() -> None:
    read = json.loads(as_json(document(SMALL)), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert read.pop("tables") == [
        {
            "key": "small",
            "title": "Small & <short>",
            "columns": [
                {"heading": "arm", "numeric": False},
                {"heading": "overall", "numeric": True},
                {"heading": "note", "numeric": False},
            ],
            "rows": [
                [cell("one"), cell(".732", 0.7321, best=True, trials=[3, 7]), cell("best, I say")],
                [cell("two"), cell("-.030", -0.0301, tie=True, trials=[5]), cell("")],
                [cell("three"), cell("—"), cell('"x"')],
            ],
            "notes": ["† means a tie."],
        }
    ]
    assert read == {
        "study": "made@demo",
        "description": "Why?",
        "formula": "overall = sst",
        "notice": "",
        "warnings": [WARNING],
        "summary": ["One.", "Two."],
        "arms": ["one", "two", "three"],
    }


def cell(text: str, value: float | None = None, **more: object) -> dict[str, object]:
    return {"text": text, "value": value, "best": False, "tie": False, "trials": [], **more}


def test_a_table_in_latex() -> None:
    lines = as_latex(document(SMALL)).splitlines()
    assert lines[:2] == ["% Tables of made@demo. The preamble needs:", r"% \usepackage[T1]{fontenc}"]
    assert lines.index(f"% Warning: {WARNING}") < lines.index("% One.")
    assert r"\caption{Small \& \textless{}short\textgreater{}}" in lines
    assert r"\label{tab:small}" in lines
    assert r"\begin{tabular}{lr}" in lines
    body = lines[lines.index(r"\toprule") : lines.index(r"\bottomrule")]
    assert body == [
        r"\toprule",
        r"arm & overall \\",
        r"\midrule",
        r"one & \textbf{.732} \\ % trials 3, 7",
        r"two & $-$.030\rlap{\textsuperscript{\textdagger}} \\ % trial 5",
        r"three & — \\",
    ]


@pytest.fixture(scope="module")
def pdflatex(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Compiles a document that needs no more than what a table says; returns TeX's log."""
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no pdflatex here: install texlive-latex-recommended")

    def compiled(text: str, **files: str) -> str:
        folder = tmp_path_factory.mktemp("latex")
        for name, content in {**files, "main": text}.items():
            (folder / f"{name}.tex").write_text(content, encoding="utf-8")
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "main.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=240)
        log = (folder / "main.log").read_text(encoding="latin-1")
        errors = [line for line in log.splitlines() if line.startswith("! ") or "Missing character" in line]
        assert (done.returncode, errors) == (0, [])
        assert (folder / "main.pdf").read_bytes().startswith(b"%PDF")
        return log

    return compiled


def framed(*body: str) -> str:
    return "\n".join(
        [r"\documentclass{article}", *PREAMBLE, r"\begin{document}", *body, r"\end{document}", ""]
    )


def test_tables_are_taken_into_a_paper(pdflatex: Callable[..., str]) -> None:
    tables = [hostile(text) for text in HOSTILE]
    wide = Table("wide", "Wide", (Column("numbers", numeric=True),) * 30, ((Cell(".123456"),) * 30,) * 3)
    log = pdflatex(framed(r"\input{tables}"), tables=as_latex(document(SMALL, wide, *tables)))
    assert "Overfull" not in log


def test_the_golden_tables_are_taken_into_a_paper(pdflatex: Callable[..., str]) -> None:
    text = (FOLDER / "tables.tex").read_text(encoding="utf-8")
    log = pdflatex(framed(r"\input{tables}"), tables=text)
    assert "Float too large" not in log
    labels = re.findall(r"\\label\{tab:([\w.-]+)\}", text)
    assert text.count(r"\begin{table}") == len(set(labels)) >= 10


def test_no_sign_at_the_edge_of_a_cell_is_a_command(pdflatex: Callable[..., str]) -> None:
    signs = string.punctuation + "−±é→λ"
    rows = tuple((Cell(f"{sign}a{sign}"), Cell(sign), Cell(f"{sign}1")) for sign in signs)
    columns = (Column("[a]"), Column("*"), Column("[n]", numeric=True))
    pdflatex(framed(r"\input{tables}"), tables=as_latex(document(Table("t", "T", columns, rows))))


def test_every_character_can_be_printed_and_none_is_joined_to_another(pdflatex: Callable[..., str]) -> None:
    pairs = " ".join(first + second for first in string.punctuation for second in string.punctuation)
    characters = " ".join(chr(code) for code in range(0x20, 0x3000, 1) if chr(code).isprintable())
    rare = "中文 🚀 \U0001f469\u200d\U0001f52c e\u0301 \ufeff x\u0323\u0307 \U000e0041 \ue000"
    body = (f"{escape(text)}\\par" for text in (pairs, characters, rare, "staff office fly"))
    traced = r"\tracingoutput=1 \showboxbreadth=100000 \showboxdepth=100 \raggedright\hbadness=10000"
    log = pdflatex(framed(traced, *body))
    joined = {line.split("(ligature ")[1].rstrip(")") for line in log.splitlines() if "(ligature " in line}
    assert joined == {"ff", "ffi", "fl"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("中", r"\texttt{U+4E2D}"),
        ("🚀", r"\texttt{U+1F680}"),
        ("e\u0301", "é"),
        ("−1 ± é", "$-$1 ± é"),
        ("a--b", "a-{}-b"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
    ],
)
def test_what_fonts_lack_stands_as_its_number(text: str, written: str) -> None:
    assert escape(text) == written
