"""The formats of a report's tables: pure functions from a document to text."""

from collections.abc import Callable

from ..document import Document
from .csvfile import as_csv
from .jsonfile import as_json
from .latex import as_latex
from .markdown import as_markdown

__all__ = ["FILES", "FORMATS", "as_csv", "as_json", "as_latex", "as_markdown"]

FORMATS: dict[str, Callable[[Document], str]] = {
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "json": as_json,
}
"""The formats by their names."""

FILES = {"markdown": "tables.md", "latex": "tables.tex", "csv": "tables.csv", "json": "tables.json"}
"""The file of a report that holds its tables in a format."""
