"""How the best trials learned."""

import pandas as pd
import plotly.graph_objects as go

from ...text import score
from ..results import Results, best_per_arm
from .drawing import (
    Figure,
    Panel,
    colour,
    drawing_of,
    escape,
    legend,
    mark_epochs,
    remark_arms,
    round_all,
    symbol,
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
                        y=round_all(part["value"]),
                        mode="lines+markers",
                        name=escape(f"{arm}, {split}"),
                        line={
                            "color": colour(results, arm),
                            "width": 2,
                            "dash": "dot" if split == "train" else "solid",
                        },
                        marker={"size": 7, "symbol": symbol(results, arm)},
                        hovertext=[
                            escape(f"{arm}, trial {number}, epoch {epoch}: {split} {score(value)}")
                            for epoch, value in zip(part["epoch"], part["value"], strict=True)
                        ],
                        hoverinfo="text",
                    )
                )
        if lines:
            drawing = drawing_of(lines, "epoch", f"{task} {settings.metric}")
            mark_epochs(drawing, int(frame["epoch"].max()))
            panels.append(Panel(f"learning-{task}", f"{task}: training and dev score by epoch", drawing))
    return Figure(
        "learning",
        "Training against dev score",
        "The best trial of each arm: dotted on a fixed sample of the training rows, solid on the dev rows. "
        "A gap between them is overfitting (the paper's Figure 4)." + remark_arms(results, "left out"),
        tuple(panels),
        legend(results),
    )


def learning_curves(results: Results) -> pd.DataFrame:
    """Scores by epoch of the best trials: number, arm, epoch, split, task, metric, value."""
    numbers = best_per_arm(results).values()
    metrics = {name: task.metric for name, task in results.tasks.items()}
    epochs = results.epochs[results.epochs["number"].isin(numbers)]
    drawn = epochs["split"].isin(["train", "dev"])  # not test, which the trials of a confirmation score too
    scores = epochs[drawn & (epochs["metric"] == epochs["task"].map(metrics))]
    return scores.sort_values(["number", "task", "split", "epoch"]).reset_index(drop=True)
