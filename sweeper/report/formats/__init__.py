"""The formats of a report's tables: pure functions from a document to text."""

from collections.abc import Callable

from model.registry import Registry

from ..document import Document
from .csvfile import as_csv
from .jsonfile import as_json
from .latex import as_latex
from .markdown import as_markdown

__all__ = ["FILES", "FORMATS", "IMAGES", "as_csv", "as_json", "as_latex", "as_markdown"]

FORMATS: dict[str, Callable[[Document], str]] = {
    "markdown": as_markdown,
    "latex": as_latex,
    "csv": as_csv,
    "json": as_json,
}
"""The formats by their names."""

FILES = {"markdown": "tables.md", "latex": "tables.tex", "csv": "tables.csv", "json": "tables.json"}
"""The file of a report that holds its tables in a format."""

IMAGES: Registry[int] = Registry("image format", {"svg": 1, "png": 2, "pdf": 1})
"""The formats of figures as images, by name: pixels of each, one way, for one of the drawing."""
