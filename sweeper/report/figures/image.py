"""The figures as image files, drawn by a browser through kaleido."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from ...errors import InputError
from .drawing import FONT, Figure

WIDTH, HEIGHT = 760, 480

PRINT = {
    "paper_bgcolor": "#ffffff",
    "plot_bgcolor": "#ffffff",
    "font": {"family": FONT, "color": "#000000", "size": 13},
    "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
}
"""The layout of a drawing that is printed: dark on white, its legend beneath."""


def write_images(figures: Sequence[Figure], folder: Path, image_format: str, scale: int = 1) -> list[Path]:
    """Writes every panel as an image on white, with its legend, named by its key.

    The browser runs without its sandbox (containers and root have none); it loads nothing but plotly.js from
    its package and draws what `figures` hold.

    Args:
        figures: The figures.
        folder: Where the images go; made if missing, images of the same name are replaced.
        image_format: A format that kaleido knows, for example svg, png or pdf.
        scale: Pixels, one way, for each of the drawing.

    Returns:
        The files, in the order of the panels.

    Raises:
        InputError: If kaleido or a browser is missing or does not start, or the folder cannot be written.
    """
    try:
        import kaleido
        from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
    except ImportError as error:
        raise InputError("images need the package kaleido: pip install 'sentence-sweeper[images]'") from error
    panels = [panel for figure in figures for panel in figure.panels]
    paths = [folder / f"{panel.key}.{image_format}" for panel in panels]
    options = {"format": image_format, "width": WIDTH, "scale": scale}
    jobs = [
        {
            "fig": adapt_for_print(panel.drawing),
            "path": str(path),
            "opts": options | {"height": panel.drawing.layout.height or HEIGHT},
        }
        for panel, path in zip(panels, paths, strict=True)
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # MathJax would come from the network, and no label is a formula.
        kaleido.write_fig_from_object_sync(jobs, kopts={"mathjax": False}, cancel_on_error=True)
    except ChromeNotFoundError as error:
        raise InputError(
            "images need Chromium or Chrome: install one (Debian: apt install chromium), or name its program "
            "in the environment variable BROWSER_PATH"
        ) from error
    except (BrowserFailedError, BrowserClosedError) as error:
        raise InputError(f"the browser that draws images does not run: {_first_line(error)}") from error
    except OSError as error:
        raise InputError(f"folder {str(folder)!r} cannot be written: {error.strerror}") from error
    return paths


def adapt_for_print(drawing: go.Figure) -> go.Figure:
    """The drawing as it is printed: dark on white, its legend beneath."""
    copy = go.Figure(drawing)
    return copy.update_layout(PRINT, showlegend=sum(trace.showlegend is not False for trace in copy.data) > 1)


def _first_line(error: Exception) -> Any:
    return (str(error).splitlines() or [type(error).__name__])[0]
