"""What the figures share: panels, axes, colours, texts, and how many trials are drawn."""

import html
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...text import one_line
from ..results import DRAWN_APART, Results, best_per_arm

# After Okabe and Ito, for colour-blind readers: without black and yellow, the blue lighter.
COLOURS = ("#1f86c9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
"""Signs of points, by plotly's names."""

GREY = "#888888"
"""Stands out on white and on black, as all colours here; text and grid take theirs from the page."""

FONT = "system-ui, sans-serif"

DRAWN = 1_000
"""Trials in one drawing, about: more make a page large and slow, and no picture clearer."""


@dataclass(frozen=True)
class Panel:
    """One drawing.

    Attributes:
        key: Unique short name; the id of its element in a page, and the name of its image.
        title: What it shows, as a heading and for those who cannot see it.
        drawing: The plotly figure.
    """

    key: str
    title: str
    drawing: go.Figure


def drawing_of(traces: Sequence[Any], x: str, y: str) -> go.Figure:
    """A drawing with titles on its axes, which fits pages dark and light."""
    axis = {
        "automargin": True,
        "gridcolor": "rgba(128,128,128,0.25)",
        "zeroline": False,
        "linecolor": GREY,
    }
    return go.Figure(
        data=list(traces),
        layout={
            "template": go.layout.Template(),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12},
            "margin": {"l": 48, "r": 12, "t": 30, "b": 44},
            "showlegend": False,
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": "#222222",
                "bordercolor": GREY,
                "font": {"family": FONT, "color": "#ffffff"},
                "namelength": -1,
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": GREY},
            "xaxis": axis | {"title": {"text": escape(x)}},
            "yaxis": axis | {"title": {"text": escape(y)}},
        },
    )


def mark_epochs(drawing: go.Figure, last: int) -> None:
    """Puts the marks of a horizontal axis of epochs at whole numbers, about ten of them."""
    drawing.update_xaxes(tick0=0, dtick=-(-last // 10))


def mark_powers(drawing: go.Figure, low: float, high: float) -> None:
    """Makes the horizontal axis one of logarithms from `low` to `high`, with at least three marks in full.

    Plotly chooses them, anew when a reader zooms in: 1, 2 and 5 of each power of ten below three powers,
    beyond that the powers alone.
    """
    first, last = math.log10(low), math.log10(high)
    margin = 0.04 * (last - first) or 0.1
    span = last - first + 2 * margin
    drawing.update_xaxes(
        type="log",
        range=[first - margin, last + margin],
        # What plotly takes for 1, 2 and 5 is a mark in each .3 to .7 of a power.
        nticks=math.ceil(span / 0.6) if span < 3 else min(math.ceil(span), 8),
        tickformat="~e" if low < 1e-3 or high > 1e5 else "~g",
    )


def escape(text: str) -> str:
    """Text that plotly shows as it is: it reads some HTML in labels."""
    return html.escape(one_line(text), quote=False)


def round_all(values: Iterable[Any]) -> list[float | int | None]:
    """Numbers to four significant digits, which is all that an eye can tell; None for what is none."""
    return [_round_value(value) for value in values]


def _round_value(value: Any) -> float | int | None:
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.4g}")


def sample(results: Results, trials: pd.DataFrame, keep: Collection[int] = ()) -> tuple[pd.DataFrame, str]:
    """As many of the trials as a drawing bears, and a sentence that says so where some are left out.

    Args:
        results: The study.
        trials: Rows of its frame of trials, by number.
        keep: Numbers of trials that stay, besides the best of each arm.

    Returns:
        All of up to `DRAWN` trials, otherwise those at even distances and those kept; the sentence, or "".
    """
    if len(trials) <= DRAWN:
        return trials, ""
    kept = {*best_per_arm(results).values(), *keep}
    drawn = trials["number"].isin(kept).to_numpy(copy=True)
    drawn[np.linspace(0, len(trials) - 1, DRAWN).round().astype(int)] = True
    return trials[drawn], (
        f" Drawn are {drawn.sum():,} of {len(trials):,} trials: the best of each arm, "
        "the others at even distances by number."
    )


def remark_arms(results: Results, others: str = "are grey") -> str:
    """A sentence about arms that are not told apart, or ""."""
    arms = results.complete["arm"].nunique()
    if arms <= DRAWN_APART:
        return ""
    best = f"the {DRAWN_APART} with the best configurations"
    return f" Of {arms:,} arms {best} are told apart, the others {others}."


@dataclass(frozen=True)
class Key:
    """One entry of a legend.

    Attributes:
        name: What is drawn, mostly an arm; text as it is, which a page escapes.
        colour: Its colour, as ``#rrggbb``.
        symbol: One of `SYMBOLS`; or ``line``, for what is drawn without points.
    """

    name: str
    colour: str
    symbol: str = "circle"


def legend(results: Results, drawn: Collection[str] | None = None) -> tuple[Key, ...]:
    """Arms with their colours and signs, of those `drawn` if given; empty while only one arm has results."""
    arms = results.told_apart
    if len(arms) < 2:
        return ()
    return tuple(
        Key(one_line(arm), colour(results, arm), symbol(results, arm))
        for arm in arms
        if drawn is None or arm in drawn
    )


@dataclass(frozen=True)
class Figure:
    """One figure: drawings that are read together.

    Attributes:
        key: Unique short name.
        caption: How it is to be read.
        legend: What is drawn, mostly arms; empty where there is one arm only.
    """

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    legend: tuple[Key, ...]


def colour(results: Results, arm: str) -> str:
    """The colour of an arm; grey if it is not told apart."""
    arms = _looks(results)
    return COLOURS[arms.index(arm) % len(COLOURS)] if arm in arms else GREY


def symbol(results: Results, arm: str) -> str:
    """The sign of the points of an arm that is told apart."""
    # Shifted by one at each turn of the colours, so that no two of 36 arms look the same.
    turn, place = divmod(_looks(results).index(arm), len(COLOURS))
    return SYMBOLS[(turn + place) % len(SYMBOLS)]


def _looks(results: Results) -> tuple[str, ...]:
    """The arms that have looks, in the order by which they have them."""
    return results.arms if len(results.arms) <= DRAWN_APART else results.told_apart
