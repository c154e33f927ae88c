"""How far the search has come with each trial."""

import pandas as pd
import plotly.graph_objects as go

from ..results import Results, history
from .drawing import (
    COLOURS,
    GREY,
    Figure,
    Panel,
    colour,
    drawing_of,
    escape,
    legend,
    remark_arms,
    round_all,
    sample,
)
from .points import arm_points


def history_figure(results: Results) -> Figure:
    """`overall` of every complete trial by its number, and the best so far, of all and of each arm."""
    frame = history(results)
    trials, left_out = sample(results, results.complete)
    lines = [_best_so_far(frame, frame, "best so far", GREY, 1.5)]
    arms = results.told_apart
    # More lines than colours would hide the points.
    each = 1 < len(arms) <= len(COLOURS)
    if each:
        lines += [
            _best_so_far(frame[frame["arm"] == arm], frame, f"{arm}, best so far", colour(results, arm), 1)
            for arm in arms
        ]
    points = arm_points(results, trials, "number", "overall")
    drawing = drawing_of([*lines, *points], "trial", "overall")
    if results.complete["number"].max() < 10:
        # Plotly would mark halves of so few.
        drawing.update_xaxes(dtick=1)
    caption = "Each point is a complete trial; the grey line is the best so far"
    return Figure(
        "history",
        "Overall by trial",
        caption
        + (", the coloured ones that of each arm." if each else ".")
        + remark_arms(results)
        + left_out,
        (Panel("history", "Overall by trial number", drawing),),
        legend(results),
    )


def _best_so_far(
    own: pd.DataFrame, all_trials: pd.DataFrame, name: str, shade: str, width: float
) -> go.Scatter:
    """A line in steps, of those points alone at which it rises, up to the last trial of all."""
    best = own["overall"].cummax()
    rises = best.diff().fillna(1.0) > 0
    return go.Scatter(
        x=[*own["number"][rises].tolist(), int(all_trials["number"].iloc[-1])],
        y=round_all([*best[rises], best.iloc[-1]]),
        mode="lines",
        name=escape(name),
        line={"shape": "hv", "width": width, "color": shade},
        opacity=1 if shade == GREY else 0.6,
        hoverinfo="skip",
        showlegend=shade == GREY,
    )
