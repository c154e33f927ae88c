"""Complete trials as points, one trace for each arm."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...text import setting
from ..results import Results
from .drawing import GREY, colour, escape, round_all, symbol


def arm_points(
    results: Results,
    trials: pd.DataFrame,
    x: str,
    y: str,
    *,
    as_text: bool = False,
) -> list[go.Scatter]:
    """One trace of points for each arm that is told apart, and a grey one of all others.

    Args:
        results: The study.
        trials: Which of its complete trials.
        x: Column of the horizontal axis.
        y: Column of the vertical axis.
        as_text: Whether the horizontal values are names, not numbers.
    """
    traces = []
    others = trials[~trials["arm"].isin(results.told_apart)]
    looks = [(others, "other arms", GREY, "circle")] if len(others) else []
    for arm in results.told_apart:
        looks.append((trials[trials["arm"] == arm], arm, colour(results, arm), symbol(results, arm)))
    for own, name, shade, sign in looks:
        traces.append(
            go.Scatter(
                x=[_name(value) for value in own[x].tolist()] if as_text else round_all(own[x]),
                y=round_all(own[y]),
                mode="markers",
                name=escape(name),
                marker={
                    "size": 8,
                    "opacity": 0.8,
                    "color": shade,
                    "symbol": sign,
                },
                hovertext=[f"trial {number}" for number in own["number"]],
                hoverinfo="x+y+text+name",
            )
        )
    return traces


def _name(value: Any) -> str:
    return escape(setting(None if pd.isna(value) else value))
