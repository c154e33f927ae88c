"""Writes the page of a report."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from model.tasks import overall_formula

from ..analysis import Results
from ..figures import study_figures
from ..table import TIE, Table
from ..tables import trials_table
from ..trialnames import trial_names
from .explorer import explorer_data

HERE = Path(__file__).parent
SCRIPTS = ("figures.js", "explorer.js", "drawer.js")

ROWS = 500
"""Trials in the table of those who read without scripts: more would make the page large and slow."""


def page(results: Results, summary: Sequence[str], tables: Sequence[Table], made: Mapping[str, str]) -> str:
    """The page: every text from a study is escaped, and its policy forbids any request.

    Args:
        results: The study.
        summary: What it found, one sentence each.
        tables: Its tables; that of all trials is added.
        made: How it was made: facts by their names, in one line or several.
    """
    figures = study_figures(results)
    trials = trials_table(results)
    own = "".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    scripts = [get_plotlyjs(), own] if figures else [own]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            results=results,
            summary=summary,
            tables=tables,
            formula=overall_formula(results.tasks),
            figures=figures,
            trials=trials,
            rows=ROWS,
            data=json.dumps(
                explorer_data(results, trials), ensure_ascii=False, allow_nan=False, separators=(",", ":")
            ),
            made=made,
            # Styles and scripts are not escaped: they come with packages, not with a study.
            styles=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704
            scripts=[Markup(script) for script in scripts],  # noqa: S704
            tie=TIE,
            hashes=" ".join(_hash(script) for script in scripts),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["trial_names"] = trial_names
    environment.filters["embedded"] = embedded
    return environment


def embedded(text: str) -> Markup:
    """JSON in which no text can end or begin a script."""
    return Markup(re.sub(r"[<>&\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", text))  # noqa: S704


def _hash(script: str) -> str:
    """The name by which a policy allows this script and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
