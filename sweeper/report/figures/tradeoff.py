"""Tasks and objectives against each other."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
import plotly.graph_objects as go

from model.result import COST

from ...study.pareto import on_front
from ..results import Results, pareto_front, records
from ..tracks import tracks_of
from .drawing import GREY, Figure, Panel, drawing_of, legend, remark_arms, round_all, sample
from .points import arm_points


def tradeoff_figure(results: Results) -> Figure:
    """Dev scores of each two tasks against each other, with the trials that none beats in both."""
    complete = results.complete
    pairs = [pair for pair in combinations(results.tasks, 2) if complete[[*pair]].notna().all(axis=1).any()]
    fronts = [_fronts(results, pair) for pair in pairs]
    kept = [number for own in fronts for front in own for number in front["number"]]
    trials, left_out = sample(results, complete, keep=kept)
    panels = []
    for (one, other), own in zip(pairs, fronts, strict=True):
        lines = [
            go.Scatter(
                x=round_all(front[one]),
                y=round_all(front[other]),
                mode="lines",
                name="front",
                line={"color": GREY, "width": 1.5},
                hoverinfo="skip",
                legendgroup="front",
                showlegend=place == 0,
            )
            for place, front in enumerate(own)
        ]
        drawing = drawing_of(
            [*lines, *arm_points(results, trials.dropna(subset=[one, other]), one, other)], one, other
        )
        panels.append(Panel(f"tradeoff-{one}-{other}", f"{other} against {one}", drawing))
    line = "The grey line is the Pareto front: the trials that none beats in both."
    if len(tracks_of(results)) > 1:
        line = (
            "Grey lines are Pareto fronts: trials that none of those in one ranking with them beats in both."
        )
    caption = f"Each point is a complete trial: {_better(results)}. {line}"
    return Figure(
        "tradeoff",
        "Trade-off between tasks",
        caption + remark_arms(results) + left_out,
        tuple(panels),
        legend(results),
    )


def _fronts(results: Results, pair: Sequence[str]) -> list[pd.DataFrame]:
    """The trials that none beats in both of two tasks, of each track and set of dev rows by itself."""
    fronts = []
    for track in tracks_of(results):
        both = results.complete[results.complete["arm"].isin(track.arms)].dropna(subset=[*pair])
        if both.empty:
            continue
        good = on_front([[results.rank(name)(one[name]) for name in pair] for one in records(both)])
        fronts.append(both[good].sort_values(pair[0]))
    return fronts


def _better(results: Results) -> str:
    lower = [name for name, task in results.tasks.items() if not task.scorer.higher_is_better]
    if not lower:
        return "up and to the right is better in both tasks"
    return f"lower is better of {', '.join(lower)}, of the others higher"


def pareto_figure(results: Results) -> Figure:
    """Objectives against each other in pairs, the configurations on the Pareto front ringed."""
    pairs = list(combinations(results.objectives, 2))
    # As in the table: arms of one track and of the same dev rows among themselves.
    front = [one for track in tracks_of(results) for one in pareto_front(track)] if pairs else []
    trials, left_out = sample(
        results, results.complete, keep=[number for each in front for number in each.numbers]
    )
    panels = []
    for one, other in pairs:
        rings = go.Scatter(
            x=round_all(each.scores[one] for each in front),
            y=round_all(each.scores[other] for each in front),
            mode="markers",
            name="front",
            marker={"size": 16, "color": GREY, "symbol": "circle-open"},
            hoverinfo="skip",
        )
        drawing = drawing_of([rings, *arm_points(results, trials, one, other)], one, other)
        panels.append(
            Panel(f"pareto-{one}-{other}", f"{other} against {one}, with the Pareto front", drawing)
        )
    caption = "Each point is a complete trial. Rings: means over seeds that none beats in all objectives"
    caption += " of those in one ranking with it." if len(tracks_of(results)) > 1 else "."
    caption += f" Lower is better of {COST}, in seconds." * (COST in results.objectives)
    return Figure(
        "pareto", "Pareto front", caption + remark_arms(results) + left_out, tuple(panels), legend(results)
    )
