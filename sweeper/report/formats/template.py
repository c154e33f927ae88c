"""A report in a layout of the user's own, a Jinja template: what it prints is escaped for its format."""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, pass_environment
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import make_attrgetter
from jinja2.nodes import Concat
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from ...errors import InputError
from ...text import one_line
from ..document import Cell, Document, Table
from . import html, latex, markdown

SUFFIX = ".j2"
"""What the name of a template may have at its end, beyond that of what it makes."""

TEX: Mapping[str, Any] = {
    "variable_start_string": r"\VAR{",
    "variable_end_string": "}",
    "block_start_string": r"\BLOCK{",
    "block_end_string": "}",
    "comment_start_string": r"\#{",
    "comment_end_string": "}",
    "line_statement_prefix": "%%",
    "line_comment_prefix": "%#",
}
"""Signs of a template for LaTeX, where braces are the text's own."""


RESERVED = ("", "index", "tables", "trials", "checklist", "figures")
"""How the files of every report are called, up to their first point."""


def made_name(path: Path) -> str:
    """Name of the file that a template makes: its own without ``.j2``."""
    return path.name.removesuffix(SUFFIX)


def load(path: Path) -> Template:
    """A template, ready to be filled.

    Args:
        path: The file of the template.

    Raises:
        InputError: If it cannot be read, is no template, or would make a file that every report has.
    """
    if made_name(path).partition(".")[0] in RESERVED:
        raise InputError(f"--template {path}: {made_name(path)} is a file of every report: call it otherwise")
    suffix = Path(made_name(path)).suffix
    environment = _Environment(_WRITERS.get(suffix, _plain), **(TEX if suffix == ".tex" else {}))
    try:
        code = environment.compile(path.read_text(encoding="utf-8"), filename=str(path))
    except OSError as error:
        raise InputError(f"--template {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"--template {path}: is not text in UTF-8") from None
    except TemplateSyntaxError as error:
        raise InputError(f"{path}:{error.lineno}: {one_line(error.message or 'no template')}") from None
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def render(path: Path, document: Document) -> str:
    r"""A report by a template.

    It sees ``report`` (study, description, formula, notice, summary, warnings, arms), ``tables`` by their
    keys (key, title, columns, rows, notes), and ``rows(table)``, each row a mapping from a heading to its
    cell. A table, a cell or a text that it prints is written as its format needs it: ``.tex`` as LaTeX,
    ``.md`` as Markdown, ``.html`` as HTML, any other name as it is.

    Args:
        path: The template. Its name says the format; in one for LaTeX ``\VAR{…}`` prints, and
            ``\BLOCK{…}`` or a line that begins with ``%%`` is a statement.
        document: The report.

    Raises:
        InputError: As in `load`, or if it asks for what is not there.
    """
    template, tables = load(path), {table.key: table for table in document.tables}
    try:
        made = template.render(report=document, tables=tables, rows=rows)
        made.encode()
    # What a template does is its author's: it may divide by zero.
    except _FAILURES as error:
        there = f"; tables: {', '.join(tables)}" if "'dict object' has no attribute" in str(error) else ""
        raise InputError(f"{path}:{_line(error, path)}: {one_line(str(error))}{there}") from None
    return str(made)


def rows(table: Table) -> list[dict[str, Cell]]:
    """The rows of a table, each by the headings of its columns."""
    headings = [column.heading for column in table.columns]
    return [dict(zip(headings, row, strict=True)) for row in table.rows]


_FAILURES = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError),
)


_CORE = re.compile(r"\S(?:.*\S)?", re.DOTALL)
"""A text without the blanks around it."""


class _Generator(CodeGenerator):
    def visit_Concat(self, node: Concat, frame: Frame) -> None:  # noqa: N802 - as Jinja calls it
        """Has `~` join by the environment."""
        self.write("environment.joined((")
        for one in node.nodes:
            self.visit(one, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    """Writes values in a format, where Jinja by itself knows HTML alone.

    Args:
        write: Writes one.
        signs: Those of a template.
    """

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+"})

    def __init__(self, write: Callable[[object], str], **signs: Any) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=True,  # what a macro has made counts as written, and is not written twice
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=self.written,
            **signs,
        )
        self._write = write
        self.filters |= {"e": self.written, "escape": self.written, "join": _join}

    def written(self, value: object) -> object:
        """A value as the format needs it, marked as escaped so that nobody does it once more."""
        if value is missing or isinstance(value, Markup):
            return value
        return Markup(self._write(value))  # noqa: S704 - escaped for its format, which may not be HTML

    def joined(self, values: Iterable[object], between: object = "") -> str:
        """Values as one text: where one of them is written, all are."""
        every = list(values)
        if not any(isinstance(one, Markup) for one in (between, *every)):
            return str(between).join(map(str, every))
        return Markup(self._inside(between).join(map(self._inside, every)))  # noqa: S704 - as above

    def _inside(self, value: object) -> str:
        """A value as it is written beside others: blanks around a text stay."""
        if isinstance(value, Markup) or not isinstance(value, str):
            return str(self.written(value))
        return _CORE.sub(lambda found: self._write(found[0]), value)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Adds; a text that is written and another one are joined."""
        if isinstance(left, Markup) or isinstance(right, Markup):
            return self.joined((left, right))
        return super().call_binop(context, operator, left, right)


@pass_environment
def _join(
    environment: _Environment,
    values: Iterable[object],
    d: object = "",
    attribute: str | int | None = None,
) -> str:
    """The filter of that name, by its own arguments."""
    named = values if attribute is None else map(make_attrgetter(environment, attribute), values)
    return environment.joined(named, d)


def _line(error: Exception, path: Path) -> int:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return (frames[-1].lineno or 1) if frames else 1


def _plain(value: object) -> str:
    if isinstance(value, Table):
        return markdown.table_text(value)
    return value.shown if isinstance(value, Cell) else str(value)


def _tex(value: object) -> str:
    if isinstance(value, Table):
        return latex.table_text(value)
    if isinstance(value, Cell):
        return latex.cell_text(value, numeric=value.value is not None)
    return latex.escape(str(value))


def _markdown(value: object) -> str:
    if isinstance(value, Table):
        return markdown.table_text(value)
    return markdown.cell_text(value) if isinstance(value, Cell) else markdown.escape(str(value))


def _html(value: object) -> str:
    if isinstance(value, Table):
        return html.table_html(value)
    return html.cell_html(value) if isinstance(value, Cell) else html.text_html(str(value))


_WRITERS: Mapping[str, Callable[[object], str]] = {".tex": _tex, ".md": _markdown, ".html": _html}
