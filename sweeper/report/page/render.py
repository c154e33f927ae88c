"""Writes the page of a report."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ...text import TIE, trial_names
from ..document import Cell, Document, Table
from ..figures import Figure, Panel
from ..figures.image import HEIGHT, PRINT, WIDTH
from ..formats import latex, markdown
from ..published import TAKEN, published_tables
from ..results import Results
from .explorer import explorer_data, pack
from .scripts import HERE, POLICY, hashes, own_script, served_scripts

SIZE = 5_900_000
"""Characters that a page may have, nearly five million of them plotly.js; only trials can take more."""

ROWS = 250
"""Rows that a table has without scripts in any case; with them, that of the trials shows as many at a time.

A table of more rows cannot be copied as LaTeX or Markdown: no paper prints it, and files beside the page have
it.
"""


def page(
    results: Results,
    document: Document,
    figures: Sequence[Figure],
    trials: Table,
    made: Mapping[str, str],
    *,
    version: str | None = None,
) -> str:
    """The page: every text from a study is escaped, and its policy forbids any request.

    Args:
        results: The study.
        document: What is said of it, and its tables.
        figures: Its figures.
        trials: The table of all its trials.
        made: How it was made: facts by their names, in one line or several.
        version: By which a page that is served knows whether what it shows is old; it keeps itself new, loads
            plotly.js from its server, and has its policy from there. None: it is a file.
    """
    drawings = {panel.key: _drawing(panel) for figure in figures for panel in figure.panels}
    data = json.dumps(
        explorer_data(results, trials), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    copies = {table.key: _copies(table) for table in (*document.tables, trials) if len(table.rows) <= ROWS}
    if version is not None:
        scripts = [*served_scripts()]
    else:
        scripts = [get_plotlyjs(), own_script()] if figures else [own_script()]
    rest = {table.key: _rest(table) for table in document.tables if len(table.rows) > ROWS}
    template = _environment().get_template("page.html.j2")
    return template.render(
        document=document,
        figures=figures,
        drawings=drawings,
        trials=trials,
        rows=_rows(
            trials,
            SIZE - sum(map(len, (*scripts, *drawings.values(), *copies.values(), *rest.values(), data))),
        ),
        data=data,
        copies=copies,
        rest=rest,
        many=ROWS,
        print=json.dumps({"layout": PRINT, "width": WIDTH, "height": HEIGHT}),
        made=made,
        # Styles and scripts are not escaped: they come with packages, not with a study.
        styles=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        scripts=[Markup(script) for script in scripts],  # noqa: S704
        tie=TIE,
        policy=Markup(POLICY).format(scripts=hashes(scripts)),  # noqa: S704
        version=version,
    )


def waiting_page(title: str, said: str, version: str) -> str:
    """What is served in the place of the page of a study that is not there, until it is.

    Args:
        title: What is waited for.
        said: Why it is.
        version: As in `page`.
    """
    return (
        _environment()
        .get_template("waiting.html.j2")
        .render(
            title=title,
            said=said,
            version=version,
            styles=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704
            live=Markup(served_scripts()[1]),  # noqa: S704
        )
    )


def _drawing(panel: Panel) -> str:
    """A plotly figure as JSON: points that say the same share one text."""
    drawing = json.loads(panel.drawing.to_json())
    for trace in drawing["data"]:
        if isinstance(trace.get("hovertext"), list):
            trace["hovertext"] = pack(trace["hovertext"])
    return json.dumps(drawing, ensure_ascii=False, separators=(",", ":"))


def _rest(table: Table) -> str:
    """What the page's script makes rows of, beyond `ROWS`, as JSON.

    A cell is its text; or a list: text, trials, their names if they are several, whether it is bold, and
    whether it is not told apart from the best.
    """
    rows = [[_cell(cell) for cell in row] for row in table.rows[ROWS:]]
    made = {
        "numeric": [column.numeric for column in table.columns],
        "groups": table.key.startswith("table"),
        "rows": rows,
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def _cell(cell: Cell) -> str | list[Any]:
    if not (cell.trials or cell.bold or cell.tie):
        return cell.text
    names = trial_names(cell.trials) if len(cell.trials) > 1 else ""
    return [cell.text, list(cell.trials), names, int(cell.bold), int(cell.tie)]


def _copies(table: Table) -> str:
    """A table as the texts that its buttons copy, as JSON: latex, markdown."""
    return json.dumps({"latex": latex.table_text(table), "markdown": markdown.table_text(table)})


def _rows(table: Table, room: int) -> int:
    """How many rows of a table have room, in characters; `ROWS` if that is more."""
    markup = 70 + 9 * len(table.columns)
    ends = accumulate(markup + sum(len(cell.text) for cell in row) for row in table.rows)
    return max(ROWS, sum(end <= room for end in ends))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["trial_names"] = trial_names
    environment.filters["embed"] = embed
    environment.filters["place"] = place
    return environment


def place(key: str) -> str:
    """The id of a table's section; a user's own table, whatever its key, has that of nothing else."""
    return key if key in TAKEN or key in published_tables() else f"table-{key}"


def embed(text: str) -> Markup:
    """JSON in which no text can end or begin a script."""
    return Markup(re.sub(r"[<>&\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", text))  # noqa: S704
