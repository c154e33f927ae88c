"""Complete trials as points, one trace for each arm."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ..analysis import PARAM, Results, params, records
from ..table import score, setting
from .drawing import colour, drawn_arms, plain, rounded, symbol


def arm_points(
    results: Results,
    trials: pd.DataFrame,
    x: str,
    y: str,
    *,
    as_text: bool = False,
    in_full: bool = False,
) -> list[go.Scatter]:
    """One trace of points for each arm.

    Args:
        results: The study.
        trials: Which of its complete trials.
        x: Column of the horizontal axis.
        y: Column of the vertical axis.
        as_text: Whether the horizontal values are names, not numbers.
        in_full: Whether a point tells all scores and settings of its trial, or its number alone.
    """
    traces = []
    for arm in drawn_arms(results):
        own = trials[trials["arm"] == arm]
        traces.append(
            go.Scatter(
                x=[_name(value) for value in own[x].tolist()] if as_text else rounded(own[x]),
                y=rounded(own[y]),
                mode="markers",
                name=plain(arm),
                marker={
                    "size": 8,
                    "opacity": 0.8,
                    "color": colour(results, arm),
                    "symbol": symbol(results, arm),
                },
                hovertext=_full(results, own) if in_full else [f"trial {n}" for n in own["number"]],
                hoverinfo="text" if in_full else "x+y+text+name",
            )
        )
    return traces


def _name(value: Any) -> str:
    return plain(setting(None if pd.isna(value) else value))


def _full(results: Results, trials: pd.DataFrame) -> list[str]:
    chosen = [column for column in trials.columns if column.startswith(PARAM)]
    told = trials[["number", "arm", *results.scores, *chosen]]
    return [_told(results, trial) for trial in records(told)]


def _told(results: Results, trial: dict[str, Any]) -> str:
    scores = ", ".join(f"{name} {score(trial[name])}" for name in results.scores)
    lines = [f"trial {trial['number']}, {trial['arm']}", scores]
    lines += [f"{name} {setting(value)}" for name, value in params(trial).items()]
    return "<br>".join(plain(line) for line in lines)
