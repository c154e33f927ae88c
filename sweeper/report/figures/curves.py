"""The learning curves of all trials."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...trial import RunState
from ..results import Results, best_trial
from .drawing import (
    GREY,
    Figure,
    Panel,
    colour,
    drawing_of,
    drawn_arms,
    escape,
    legend,
    mark_epochs,
    round_all,
    sample,
)


def curves_figure(results: Results) -> Figure:
    """`overall` on the dev rows by epoch, of every trial that has one."""
    epochs = results.epochs
    overall = epochs[(epochs["metric"] == "overall") & (epochs["split"] == "dev")].dropna(subset="value")
    begun = results.trials[results.trials["number"].isin(overall["number"])].sort_values("number")
    drawn, left_out = sample(results, begun)
    traces = []
    for state, dash in ((RunState.PRUNED, "solid"), (RunState.FAILED, "dot"), (RunState.RUNNING, "dash")):
        own = drawn[drawn["state"] == state.value]
        traces += _curves(overall, own, state.value, shade=GREY, width=1, dash=dash)
    complete = drawn[drawn["state"] == RunState.COMPLETE.value]
    for arm in drawn_arms(results):
        traces += _curves(
            overall, complete[complete["arm"] == arm], arm, shade=colour(results, arm), width=1, dash="solid"
        )
    best = best_trial(results.complete)
    if best is not None:
        own = drawn[drawn["number"] == best["number"]]
        name = f"trial {best['number']}, the best"
        traces += _curves(overall, own, name, shade=colour(results, best["arm"]), width=3.5, dash="solid")
    panels = []
    if traces:
        drawing = drawing_of(traces, "epoch", "overall")
        mark_epochs(drawing, int(overall["epoch"].max()))
        panels = [Panel("curves", "Overall by epoch, every trial", drawing)]
    return Figure(
        "curves",
        "Learning curves",
        "Dev score by epoch of every trial. Grey: pruned; grey and dotted: failed; grey and dashed: still "
        "running; thick: the best trial of all." + left_out,
        tuple(panels),
        legend(results),
    )


def _curves(
    overall: pd.DataFrame, trials: pd.DataFrame, name: str, *, shade: str, width: float, dash: str
) -> list[go.Scatter]:
    """The curves of some trials as one trace with gaps: one for each would take seconds to draw."""
    rows = overall[overall["number"].isin(trials["number"])].sort_values(["number", "epoch"])
    if rows.empty:
        return []
    lone = ~rows["number"].duplicated(keep=False)
    look = {"name": escape(name), "opacity": 0.6 if width == 1 else 1.0, "hoverinfo": "x+y+text+name"}
    traces = []
    if lone.any():
        # One epoch makes no line; points for every epoch would be slow to draw.
        dots = {"size": 4, "color": shade}
        traces.append(_trace(rows[lone], mode="markers", marker=dots, showlegend=bool(lone.all()), **look))
    if not lone.all():
        line = {"color": shade, "width": width, "dash": dash}
        traces.append(_trace(rows[~lone], mode="lines", line=line, **look))
    return traces


def _trace(rows: pd.DataFrame, **look: Any) -> go.Scatter:
    x: list[int | None] = []
    y: list[float | int | None] = []
    texts: list[str | None] = []
    for number, own in rows.groupby("number"):
        x += [*own["epoch"].tolist(), None]
        y += [*round_all(own["value"]), None]
        texts += [f"trial {number}"] * len(own) + [None]
    return go.Scatter(x=x, y=y, hovertext=texts, **look)
