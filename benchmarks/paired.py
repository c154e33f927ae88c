"""What both sides of a comparison report, and ratios of runs that took turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from model.config import TrainConfig
from model.trainer import train
from sweeper.paths import data_folder


@dataclass(frozen=True)
class Stretch:
    """Some steps of training and the evaluation after them.

    Attributes:
        train_seconds: Time of the steps.
        eval_seconds: Time of the evaluation.
        losses: Mean training loss of each task over the steps.
        scores: Dev score of each task.
    """

    train_seconds: float
    eval_seconds: float
    losses: dict[str, float]
    scores: dict[str, float]


def ours(config: TrainConfig, folder: Path) -> Iterator[Stretch]:
    """A trial as `sweeper` trains it; a stretch is an epoch.

    Args:
        config: The trial.
        folder: Where it keeps its checkpoints; its parent keeps the tokenised data.
    """
    for result in train(config, folder, data=data_folder(), cache=folder.parent / "cache"):
        losses = {m.task: m.value for m in result.metrics if (m.split, m.name) == ("train", "loss")}
        yield Stretch(result.train_seconds, result.eval_seconds, losses, result.dev_scores())


def overall(config: TrainConfig, stretch: Stretch) -> float:
    """`overall` of the dev scores of a stretch."""
    return config.overall.score(config.tasks, stretch.scores)


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Median of the ratios of runs that took turns."""
    return median(top / bottom for top, bottom in zip(numerators, denominators, strict=True))
