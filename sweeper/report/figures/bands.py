"""What an arm's trials did by epoch: their mean, and the range of their middle half."""

import pandas as pd
import plotly.graph_objects as go

from ..results import Results
from .drawing import colour, drawing_of, escape, mark_epochs, round_all, symbol

READING = "Lines are means over an arm's complete trials, shades hold the middle half of them."


def training_rows(results: Results, *metrics: str) -> pd.DataFrame:
    """The rows of these metrics from training of complete trials: number, arm, epoch, task, metric, value.

    A result that several trials have counts once.
    """
    epochs = results.epochs
    found = epochs[epochs["metric"].isin(metrics) & (epochs["split"] == "train")]
    return found[found["number"].isin(results.observations["number"])].dropna(subset="value")


def draw_bands(results: Results, values: pd.DataFrame, title: str) -> go.Figure | None:
    """A line by epoch for each arm told apart that has the values, on a shade where its trials differ.

    Args:
        results: The study.
        values: arm, epoch, value: one row for each trial and epoch.
        title: Title of the vertical axis.

    Returns:
        The drawing; None where no arm has the values.
    """
    shades, lines = [], []
    for arm in results.told_apart:
        epochs = values[values["arm"] == arm].groupby("epoch")["value"]
        mean = epochs.mean()
        if mean.empty:
            continue
        low, high = epochs.quantile(0.25), epochs.quantile(0.75)
        if (high > low).any():
            shades.append(
                go.Scatter(
                    x=[*mean.index.tolist(), *reversed(mean.index.tolist())],
                    y=round_all([*high, *reversed(low.tolist())]),
                    mode="lines",
                    name=escape(f"{arm}, middle half"),
                    line={"width": 0, "color": colour(results, arm)},
                    fill="toself",
                    opacity=0.2,
                    fillcolor=colour(results, arm),
                    hoverinfo="skip",
                    showlegend=False,
                )
            )
        lines.append(
            go.Scatter(
                x=mean.index.tolist(),
                y=round_all(mean),
                mode="lines+markers",
                name=escape(arm),
                line={"width": 2, "color": colour(results, arm)},
                marker={"size": 7, "symbol": symbol(results, arm)},
                hoverinfo="x+y+name",
            )
        )
    if not lines:
        return None
    drawing = drawing_of([*shades, *lines], "epoch", title)
    mark_epochs(drawing, int(values["epoch"].max()))
    return drawing
