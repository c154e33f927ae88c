"""A layout of the user's own: what it prints is escaped, and what is wrong with it is one line."""

from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.report.document import Cell, Column, Document, Table
from sweeper.report.formats.latex import table_text
from sweeper.report.formats.template import made_name, render

TABLE = Table(
    "arms",
    "Arms & <b>",
    (Column("arm"), Column("overall", numeric=True)),
    (
        (Cell("50 % & $x_1$ <i>|*"), Cell("-.030", value=-0.03)),
        (Cell("B"), Cell(".712", value=0.712, bold=True)),
    ),
)
DOCUMENT = Document("s&t@demo", "", "overall = x", "", ("Said.",), ("B",), (TABLE,))


def made(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return render(path, DOCUMENT)


def test_latex_has_signs_of_its_own_and_escapes_what_it_prints(tmp_path: Path) -> None:
    text = (
        "\\newcommand{\\x}[1]{{#1}} % {% kept %} {{ kept }}\n"
        "\\BLOCK{set wide = true}"
        "%% for row in rows(tables.arms)\n"
        "\\VAR{row.arm} & \\VAR{row.overall} \\\\\n"
        "%% endfor\n"
        "%# a remark\n"
        "\\VAR{report.study}\n"
    )
    assert made(tmp_path, "paper.tex.j2", text.replace("\\BLOCK{set wide = true}", "")) == (
        "\\newcommand{\\x}[1]{{#1}} % {% kept %} {{ kept }}\n"
        "50 \\% \\& \\$x\\_1\\$ \\textless{}i\\textgreater{}\\textbar{}{*} & $-$.030 \\\\\n"
        "B & \\textbf{.712} \\\\\n"
        "\n"
        "s\\&t@demo\n"
    )
    assert made(tmp_path, "own.tex", "\\VAR{tables.arms}") == table_text(TABLE)


def test_markdown_html_and_other_names(tmp_path: Path) -> None:
    loop = "{% for row in rows(tables.arms) %}{{ row.arm }}={{ row.overall }};{% endfor %}"
    assert made(tmp_path, "a.md.j2", loop) == "50 % & $x_1$".replace("&", "&amp;").replace("$", "\\$") + (
        " &lt;i&gt;\\|\\*=-.030;B=**.712**;"
    )
    assert made(tmp_path, "a.html.j2", loop) == "50 % &amp; $x_1$ &lt;i&gt;|*=-.030;B=<b>.712</b>;"
    assert made(tmp_path, "a.txt.j2", loop) == "50 % & $x_1$ <i>|*=-.030;B=.712;"
    assert made(tmp_path, "b.html", "{{ tables.arms }}").startswith("<table><caption>Arms &amp; &lt;b&gt;")
    assert "### Arms &amp; &lt;b&gt;" in made(tmp_path, "b.md", "{{ tables.arms }}")
    assert (made_name(Path("x/a.tex.j2")), made_name(Path("x/a.tex"))) == ("a.tex", "a.tex")


@pytest.mark.parametrize(
    "joined",
    [
        '{{ bold(report.study) ~ " & " ~ 50 ~ " %" }}',
        '{{ bold(report.study) + " & " + "50 %" }}',
        '{{ [bold(report.study), "50 %"] | join(" & ") }}',
        '{{ bold(report.study) ~ " " ~ ("& " ~ "50 %") | e }}',
    ],
)
def test_what_is_joined_to_what_a_macro_made_is_escaped_for_the_format(tmp_path: Path, joined: str) -> None:
    text = "{% macro bold(x) %}<{{ x }}>{% endmacro %}" + joined
    tex = text.replace("{{", "\\VAR{").replace("}}", "}").replace("{%", "\\BLOCK{").replace("%}", "}")
    assert made(tmp_path, "a.tex.j2", tex) == "<s\\&t@demo> \\& 50 \\%"
    assert made(tmp_path, "a.md.j2", text) == "<s&amp;t@demo> &amp; 50 %"
    assert made(tmp_path, "a.html.j2", text) == "<s&amp;t@demo> &amp; 50 %"
    assert made(tmp_path, "a.txt.j2", text) == "<s&t@demo> & 50 %"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n{{ tables.nope }}", ":2: 'dict object' has no attribute 'nope'"),
        ("{{ report.nope.x }}", ":1: "),
        ("\n\n{% for %}", ":3: "),
        ("{{ 1 / 0 }}", ":1: division by zero"),
        ("{{ rows(3) }}", ":1: "),
        ("{{ ''.__class__.__mro__ }}", ":1: access to attribute '__class__' of 'str' object is unsafe."),
        ("{% include 'x' %}", ":1: "),
        ("{{ report.tables.append(1) }}", ":1: "),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ":1: "),
        ('{{ "\\ud800" }}', ":1: "),
    ],
)
def test_what_is_wrong_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        made(tmp_path, "a.md.j2", text)
    assert str(error.value).startswith(f"{tmp_path / 'a.md.j2'}{said}")
    assert "\n" not in str(error.value)


def test_what_a_macro_makes_is_not_escaped_twice(tmp_path: Path) -> None:
    text = (
        "%% macro line(row)\n\\textbf{\\VAR{row.arm}}: \\VAR{row.overall}\n%% endmacro\n"
        "%% for row in rows(tables.arms)\n\\VAR{line(row)}%% endfor\n"
    )
    made_text = made(tmp_path, "a.tex.j2", text.replace("%% endfor", "\n%% endfor"))
    assert "\\textbf{50 \\% \\& \\$x\\_1\\$" in made_text and "\\textbf{\\textbf" not in made_text
    assert "\\textbf{B}: \\textbf{.712}" in made_text
    macro = "{% macro li(r) %}<li>{{ r.arm }}</li>{% endmacro %}{{ li(rows(tables.arms)[0]) }}"
    assert made(tmp_path, "a.html.j2", macro) == "<li>50 % &amp; $x_1$ &lt;i&gt;|*</li>"
    joined = "{{ rows(tables.arms)[1].arm ~ 'x' }}"
    assert made(tmp_path, "a.txt.j2", joined) == "Bx"


def test_a_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        render(tmp_path / "none.tex", DOCUMENT)
    (tmp_path / "b.tex").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        render(tmp_path / "b.tex", DOCUMENT)
