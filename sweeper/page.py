"""The report as one self-contained page."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from model.tasks import overall_formula

from .analysis import Results
from .figures import study_figures
from .table import Table
from .tables import trials_table


def page(results: Results, summary: Sequence[str], tables: Sequence[Table], made: Mapping[str, str]) -> str:
    """The page: every text from a study is escaped, and its policy forbids any request.

    Args:
        results: The study.
        summary: What it found, one sentence each.
        tables: Its tables; that of all trials is added.
        made: How it was made: facts by their names.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawing"] = drawing_json
    figures = study_figures(results)
    return environment.get_template("report.html.j2").render(
        results=results,
        summary=summary,
        tables=tables,
        formula=overall_formula(results.tasks),
        figures=figures,
        trials=trials_table(results),
        made=made,
        # plotly.js is the one text that is not escaped: it comes with a package, not with a study.
        plotly=Markup(get_plotlyjs()) if figures else "",  # noqa: S704
    )


def drawing_json(drawing: Any) -> Markup:
    """A plotly figure as JSON that no text in it can end or begin a script with."""
    text = re.sub(r"[<>&\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", drawing.to_json())
    return Markup(text)  # noqa: S704
