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
    escape,
    legend,
    mark_epochs,
    remark_arms,
    round_all,
    sample,
    symbol,
)


def curves_figure(results: Results) -> Figure:
    """`overall` on the dev rows by epoch, of every trial that has one."""
    epochs = results.epochs
    overall = epochs[(epochs["metric"] == "overall") & (epochs["split"] == "dev")].dropna(subset="value")
    begun = results.trials[results.trials["number"].isin(overall["number"])].sort_values("number")
    drawn, left_out = sample(results, begun)
    traces = []
    unfinished = ((RunState.RUNNING, "dash"), (RunState.QUEUED, "dash"))
    for state, dash in ((RunState.PRUNED, "solid"), (RunState.FAILED, "dot"), *unfinished):
        own = drawn[drawn["state"] == state.value]
        traces += _curves(overall, own, state.value, GREY, dash=dash)
    complete = drawn[drawn["state"] == RunState.COMPLETE.value]
    for arm in results.told_apart:
        own = complete[complete["arm"] == arm]
        traces += _curves(overall, own, arm, colour(results, arm), sign=symbol(results, arm))
    best = best_trial(results.complete)
    if best is not None:
        own = drawn[drawn["number"] == best["number"]]
        name = f"trial {best['number']}, the best"
        traces += _curves(overall, own, name, colour(results, best["arm"]), width=3.5)
    told = " The sign at the last epoch tells the arm." if len(results.told_apart) > 1 else ""
    panels = []
    if traces:
        drawing = drawing_of(traces, "epoch", "overall")
        mark_epochs(drawing, int(overall["epoch"].max()))
        panels = [Panel("curves", "Overall by epoch, every trial", drawing)]
    return Figure(
        "curves",
        "Learning curves",
        "Dev score by epoch of every trial that has an overall. Grey: pruned; grey and dotted: failed; grey "
        "and dashed: not ended; thick: the best trial of all."
        + told
        + remark_arms(results, "left out")
        + left_out,
        tuple(panels),
        legend(results),
    )


def _curves(
    overall: pd.DataFrame,
    trials: pd.DataFrame,
    name: str,
    shade: str,
    *,
    width: float = 1,
    dash: str = "solid",
    sign: str | None = None,
) -> list[go.Scatter]:
    """The curves of some trials as one trace with gaps: one for each would take seconds to draw.

    Points for every epoch would be slow too: those at the ends of the curves have the `sign`; without one,
    only a lone epoch is a point, for it makes no line.
    """
    rows = overall[overall["number"].isin(trials["number"])].sort_values(["number", "epoch"])
    if rows.empty:
        return []
    lone = ~rows["number"].duplicated(keep=False)
    look = {"name": escape(name), "opacity": 0.6 if width == 1 else 1.0, "hoverinfo": "x+y+text+name"}
    traces = []
    if not lone.all():
        line = {"color": shade, "width": width, "dash": dash}
        traces.append(_trace(rows[~lone], mode="lines", line=line, showlegend=sign is None, **look))
    ends = lone if sign is None else ~rows["number"].duplicated(keep="last")
    if ends.any():
        dots = {"size": 4 if sign is None else 7, "color": shade, "symbol": sign or "circle"}
        in_legend = sign is not None or bool(lone.all())
        traces.append(_trace(rows[ends], mode="markers", marker=dots, showlegend=in_legend, **look))
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
