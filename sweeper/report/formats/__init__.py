"""The formats of a report's tables: pure functions from a document to text."""

from collections.abc import Callable
from dataclasses import dataclass

from model.registry import Registry

from ..document import Document
from .csvfile import as_csv
from .jsonfile import as_json
from .latex import as_latex
from .markdown import as_markdown


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        suffix: How the name of the file ends that holds a report's tables in it, such as ``.md``.
        render: Writes a document in it.
    """

    suffix: str
    render: Callable[[Document], str]


FORMATS = Registry(
    "format",
    {
        "markdown": Format(".md", as_markdown),
        "latex": Format(".tex", as_latex),
        "csv": Format(".csv", as_csv),
        "json": Format(".json", as_json),
    },
)
"""The formats by the names that `--format` knows; a report has a file ``tables.*`` in each."""

IMAGES: Registry[int] = Registry("image format", {"svg": 1, "png": 2, "pdf": 1})
"""The formats of figures as images, by name: pixels of each, one way, for one of the drawing."""
