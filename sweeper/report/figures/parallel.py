"""Settings beside each other: every trial as a line from its arm through its settings to its score.

Drawn with plain lines: plotly's own parallel coordinates need WebGL and code made at run time, which the
page's policy forbids, and would be a bitmap in a PDF.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...study.space import Choice, Space
from ...text import NONE, score, setting
from ..configuration import PARAM
from ..results import Results
from .drawing import Figure, Key, Panel, drawing_of, escape, round_all, sample

SHADES = ("#a3adb5", "#56b4e9", "#1f86c9", "#e69f00", "#d55e00")
"""From the worst fifth to the best."""

MARKS = 36
"""Names beside an axis, at most; of more, some at even distances."""


@dataclass(frozen=True)
class _Axis:
    """One axis: a height from 0 to 1 for each trial (NaN for none), and what stands beside it, by height."""

    name: str
    heights: "pd.Series[float]"
    marks: Mapping[float, str]


def parallel_figure(results: Results) -> Figure:
    """Arm, settings and `overall` of complete trials as parallel coordinates (Inselberg, 1985)."""
    trials, left_out = sample(results, results.complete)
    axes = _axes(results, trials)
    fifths = np.unique(np.quantile(trials["overall"], np.linspace(0, 1, len(SHADES) + 1)[1:-1]))
    groups = np.searchsorted(fifths, trials["overall"], side="right")
    shades = SHADES[len(SHADES) - len(fifths) - 1 :]
    traces: list[go.Scatter] = []
    keys: list[Key] = []
    for group, shade in enumerate(shades):
        own = groups == group
        if own.any():
            worst, best = trials["overall"][own].min(), trials["overall"][own].max()
            name = score(worst) if score(worst) == score(best) else f"{score(worst)} to {score(best)}"
            keys.append(Key(f"overall {name}", shade, "line"))
            traces.append(_lines(axes, own, trials["number"][own].tolist(), keys[-1]))
    # Beside the arm and the score there must be something to see.
    searched = any(PARAM + name in trials for name in results.space)
    title = "Settings and overall, a line a trial"
    return Figure(
        "parallel",
        "Settings side by side",
        "Each line is a complete trial, from its settings to its overall; colours are fifths of the trials "
        "by overall, the best on top." + left_out,
        (Panel("parallel", title, _draw(traces, axes)),) if searched else (),
        tuple(reversed(keys)),
    )


def _axes(results: Results, trials: pd.DataFrame) -> list[_Axis]:
    known = set(results.complete["arm"])
    arms = [arm for arm in results.arms if arm in known]
    axes = [_named_axis("arm", trials["arm"].tolist(), arms, trials.index)] if len(arms) > 1 else []
    axes += [
        _setting_axis(name, space, trials[PARAM + name], set(results.applying(trials, name).index))
        for name, space in results.space.items()
        if PARAM + name in trials
    ]
    low, high = float(trials["overall"].min()), float(trials["overall"].max())
    heights = (trials["overall"] - low) / (high - low or 1.0)
    return [*axes, _Axis("overall", heights, {0.0: score(low), 1.0: score(high)} if high > low else {})]


def _setting_axis(name: str, space: Space, column: "pd.Series[float]", applying: Collection[int]) -> _Axis:
    """The axis of a setting; at `applying` in the index are the trials to which it applies."""
    if isinstance(space, Choice):
        texts = [
            (setting(None if pd.isna(value) else value) if place in applying else NONE)
            for place, value in column.items()
        ]
        return _named_axis(name, texts, [setting(value) for value in space.values], column.index)
    scale = math.log if space.log else float
    low, high = scale(space.low), scale(space.high)
    heights = [
        (scale(value) - low) / (high - low) if value > 0 or not space.log else math.nan for value in column
    ]
    marks = {0.0: setting(space.low), 1.0: setting(space.high)}
    return _Axis(name, pd.Series(heights, column.index), marks)


def _named_axis(name: str, texts: list[str], names: list[str], index: "pd.Index[int]") -> _Axis:
    heights = {text: place / max(1, len(names) - 1) for place, text in enumerate(names)}
    marked = names[:: -(-len(names) // MARKS)]
    return _Axis(
        name,
        pd.Series([heights.get(text, math.nan) for text in texts], index),
        {heights[text]: text for text in marked},
    )


def _lines(axes: list[_Axis], own: np.ndarray, numbers: list[int], key: Key) -> go.Scatter:
    """The lines of some trials as one trace, with gaps between them and where a setting is missing."""
    heights = np.column_stack([axis.heights[own] for axis in axes] + [np.full(own.sum(), np.nan)])
    return go.Scatter(
        x=[*range(len(axes)), None] * len(numbers),
        y=round_all(heights.ravel()),
        mode="lines",
        name=escape(key.name),
        line={"color": key.colour, "width": 1.2},
        opacity=0.7,
        hovertext=[f"trial {number}" for number in numbers for _ in range(len(axes) + 1)],
        hoverinfo="text+name",
    )


def _draw(traces: list[go.Scatter], axes: list[_Axis]) -> go.Figure:
    drawing = drawing_of(traces, "", "")
    first, *others = axes
    drawing.update_xaxes(
        tickvals=list(range(len(axes))),
        ticktext=[escape(axis.name) for axis in axes],
        range=[0, len(axes) - 0.7],
    )
    drawing.update_yaxes(
        tickvals=list(first.marks),
        ticktext=[escape(text) for text in first.marks.values()],
        range=[-0.06, 1.06],
        showgrid=False,
    )
    drawing.update_layout(
        annotations=[
            {
                "x": place,
                "y": height,
                "text": escape(text),
                "showarrow": False,
                "xanchor": "left",
                "xshift": 4,
                "font": {"size": 11},
                # Lines pass behind it.
                "bgcolor": "#ffffff",
                "borderpad": 1,
            }
            for place, axis in enumerate(others, start=1)
            for height, text in axis.marks.items()
        ]
    )
    return drawing
