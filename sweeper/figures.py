"""The figures of a report, drawn with plotly from the frames of ``analysis``. Pure.

Colours stand out on white and on black; text and grid take theirs from the page.
"""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from .analysis import PARAM, Results, best_per_arm, history, learning_curves, params, pareto_front, records
from .space import Choice
from .table import one_line, score, setting

# After Okabe and Ito, for colour-blind readers: without black and yellow, the blue lighter.
COLOURS = ("#1f86c9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")


@dataclass(frozen=True)
class Panel:
    """One drawing.

    Attributes:
        key: Unique short name; the id of its element in a page.
        title: What it shows, as a heading and for those who cannot see it.
        drawing: The plotly figure.
    """

    key: str
    title: str
    drawing: go.Figure


@dataclass(frozen=True)
class Figure:
    """One figure: drawings that are read together.

    Attributes:
        key: Unique short name.
        title: Its title.
        caption: How it is to be read.
        panels: Its drawings.
        legend: Arms and their colours; empty where there is one arm only.
    """

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, str], ...]


def study_figures(results: Results) -> list[Figure]:
    """All figures for which a study has trials."""
    if results.complete.empty:
        return []
    figures = [
        history_figure(results),
        learning_figure(results),
        tradeoff_figure(results),
        pareto_figure(results),
        slices_figure(results),
    ]
    return [figure for figure in figures if figure.panels]


def history_figure(results: Results) -> Figure:
    """`overall` of every complete trial by its number, and the best so far."""
    frame = history(results)
    best = go.Scatter(
        x=frame["number"].tolist(),
        y=frame["best"].tolist(),
        mode="lines",
        name="best so far",
        line={"shape": "hv", "width": 1.5, "color": "#888888"},
        hoverinfo="skip",
    )
    drawing = _drawing([best, *_arm_points(results, "number", "overall")], "trial", "overall")
    return Figure(
        "history",
        "Overall by trial",
        "Each point is a complete trial; the line is the best so far.",
        (Panel("history", "Overall by trial number", drawing),),
        _legend(results),
    )


def learning_figure(results: Results) -> Figure:
    """Scores on training and dev rows by epoch, for the best trial of each arm (the paper's Figure 4)."""
    frame = learning_curves(results)
    panels = []
    for task, settings in results.tasks.items():
        lines = []
        for number, curve in frame[frame["task"] == task].groupby("number", sort=True):
            arm = str(curve["arm"].iloc[0])
            for split, part in curve.groupby("split", sort=True):
                lines.append(
                    go.Scatter(
                        x=part["epoch"].tolist(),
                        y=part["value"].tolist(),
                        mode="lines+markers",
                        name=_plain(f"{arm}, {split}"),
                        line={
                            "color": _colour(results, arm),
                            "width": 2,
                            "dash": "dot" if split == "train" else "solid",
                        },
                        marker={"size": 5, "symbol": _symbol(results, arm)},
                        hovertext=[
                            _plain(f"{arm}, trial {number}, epoch {epoch}: {split} {score(value)}")
                            for epoch, value in zip(part["epoch"], part["value"], strict=True)
                        ],
                        hoverinfo="text",
                    )
                )
        if lines:
            drawing = _drawing(lines, "epoch", f"{task} {settings.metric}")
            last = int(frame["epoch"].max())
            drawing.update_xaxes(tick0=0, dtick=math.ceil(last / 10))
            panels.append(Panel(f"learning-{task}", f"{task}: training and dev score by epoch", drawing))
    return Figure(
        "learning",
        "Training against dev score",
        "The best trial of each arm: dotted on a fixed sample of the training rows, solid on the dev rows. "
        "A gap between them is overfitting (the paper's Figure 4).",
        tuple(panels),
        _legend(results),
    )


def tradeoff_figure(results: Results) -> Figure:
    """Dev scores of each two tasks against each other."""
    panels = tuple(
        Panel(
            f"tradeoff-{one}-{other}",
            f"{other} against {one}",
            _drawing(_arm_points(results, one, other), one, other),
        )
        for one, other in combinations(results.tasks, 2)
    )
    return Figure(
        "tradeoff",
        "Trade-off between tasks",
        "Each point is a complete trial: up and to the right is better in both tasks.",
        panels,
        _legend(results),
    )


def pareto_figure(results: Results) -> Figure:
    """Objectives against each other in pairs, the configurations on the Pareto front ringed."""
    front = pareto_front(results)
    panels = []
    for one, other in combinations(results.objectives, 2):
        rings = go.Scatter(
            x=[each.scores[one] for each in front],
            y=[each.scores[other] for each in front],
            mode="markers",
            name="front",
            marker={"size": 16, "color": "#888888", "symbol": "circle-open"},
            hoverinfo="skip",
        )
        drawing = _drawing([rings, *_arm_points(results, one, other)], one, other)
        panels.append(
            Panel(f"pareto-{one}-{other}", f"{other} against {one}, with the Pareto front", drawing)
        )
    caption = "Each point is a complete trial. Rings: means over seeds that none beats in all objectives."
    return Figure("pareto", "Pareto front", caption, tuple(panels), _legend(results))


def slices_figure(results: Results) -> Figure:
    """`overall` against each setting of the search space."""
    panels = []
    for name, space in results.space.items():
        column = PARAM + name
        if column not in results.complete:
            continue
        if isinstance(space, Choice):
            drawing = _drawing(_arm_points(results, column, "overall", as_text=True), name, "overall")
            values = [_plain(setting(value)) for value in space.values]
            drawing.update_xaxes(type="category", categoryorder="array", categoryarray=values)
        else:
            drawing = _drawing(_arm_points(results, column, "overall"), name, "overall")
            if space.log:
                drawing.update_xaxes(
                    type="log", exponentformat="e", dtick=1 if space.high >= 100 * space.low else "D2"
                )
        panels.append(Panel(f"slice-{name.replace('.', '-')}", f"overall by {name}", drawing))
    return Figure(
        "slices",
        "Overall by setting",
        "Each point is a complete trial. Settings vary together: a pattern here need not be a cause.",
        tuple(panels),
        _legend(results),
    )


def _arm_points(results: Results, x: str, y: str, as_text: bool = False) -> list[go.Scatter]:
    """One trace of points for each arm."""
    complete = results.complete
    traces = []
    for arm in results.arms:
        own = complete[complete["arm"] == arm]
        if own.empty:
            continue
        values = own[x].tolist()
        traces.append(
            go.Scatter(
                x=[_plain(setting(None if pd.isna(value) else value)) for value in values]
                if as_text
                else values,
                y=own[y].tolist(),
                mode="markers",
                name=_plain(arm),
                marker={
                    "size": 8,
                    "opacity": 0.8,
                    "color": _colour(results, arm),
                    "symbol": _symbol(results, arm),
                },
                hovertext=[_hover(results, trial) for trial in records(own)],
                hoverinfo="text",
            )
        )
    return traces


def _drawing(traces: Sequence[go.Scatter], x: str, y: str) -> go.Figure:
    axis = {
        "automargin": True,
        "gridcolor": "rgba(128,128,128,0.25)",
        "zeroline": False,
        "linecolor": "#888888",
    }
    return go.Figure(
        data=list(traces),
        layout={
            "template": go.layout.Template(),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "system-ui, sans-serif", "size": 12},
            "margin": {"l": 48, "r": 12, "t": 30, "b": 44},
            "showlegend": False,
            "hovermode": "closest",
            "hoverlabel": {"bgcolor": "#222222", "bordercolor": "#888888"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#888888", "activecolor": "#888888"},
            "xaxis": axis | {"title": {"text": _plain(x)}},
            "yaxis": axis | {"title": {"text": _plain(y)}},
        },
    )


def _hover(results: Results, trial: dict[str, Any]) -> str:
    scores = ", ".join(f"{name} {score(trial[name])}" for name in results.scores)
    lines = [f"trial {trial['number']}, {trial['arm']}", scores]
    lines += [f"{name} {setting(value)}" for name, value in params(trial).items()]
    return "<br>".join(_plain(line) for line in lines)


def _plain(text: str) -> str:
    """Text that plotly shows as it is: it reads some HTML in labels."""
    return html.escape(one_line(text), quote=False)


def _legend(results: Results) -> tuple[tuple[str, str], ...]:
    drawn: Iterable[str] = best_per_arm(results)
    legend = tuple((one_line(arm), _colour(results, arm)) for arm in drawn)
    return legend if len(legend) > 1 else ()


def _colour(results: Results, arm: str) -> str:
    return COLOURS[results.arms.index(arm) % len(COLOURS)]


def _symbol(results: Results, arm: str) -> str:
    # Shifted by one at each turn of the colours, so that no two of 36 arms look the same.
    turn, place = divmod(results.arms.index(arm), len(COLOURS))
    return SYMBOLS[(turn + place) % len(SYMBOLS)]
