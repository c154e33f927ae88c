"""What a trial reports after each evaluation."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "dev", "test"]

TRAINED = "trained tasks"
"""What judges a trial that does not train all tasks: `overall` over those alone. No task can be called so."""

RAW = "raw_"
"""Before the name of a dev score of the network's own weights, where an average of them is scored."""

RECORDED = frozenset(
    {"loss", "padding", "cosine", "conflict", "loss_weight", "smart_weight", "smart_penalty"}
    | {"overall", TRAINED}
)
"""Names of numbers that a trial records beside the scores of its tasks: no metric can be called so."""

SPLITS: tuple[Split, ...] = ("train", "dev", "test")


JUDGES = ("overall", TRAINED)
"""Names of the scores that judge trials; each trial has one of them."""


def judged_by(scores: Collection[str]) -> str:
    """The name of the score that judges a trial: ``overall``, or that of the tasks which it trains alone."""
    return "overall" if "overall" in scores else TRAINED


def are_scores(scores: Mapping[str, float]) -> bool:
    """Whether there is a score that judges a trial, and all are finite."""
    return judged_by(scores) in scores and all(map(math.isfinite, scores.values()))


def judged(scores: Mapping[str, float]) -> float:
    """The score that judges a trial, of its scores by name. It compares trials that train the same tasks."""
    return scores[judged_by(scores)]


COST = "step_seconds"
"""The objective that is lowered beside scores: mean seconds of a training step."""


def raised(scores: Mapping[str, float], objective: str) -> float:
    """What the search raises of a trial: a score, `judged` for ``overall``, the opposite of its cost.

    Args:
        scores: Its scores, and its cost where that is an objective.
        objective: The objective.
    """
    if objective == COST:
        return -scores[COST]
    return judged(scores) if objective == "overall" else scores[objective]


@dataclass(frozen=True)
class Metric:
    """One number of one epoch.

    Attributes:
        split: ``dev``; ``train`` for the fixed training sample and the training loss; ``test`` where
            ``score_test`` is set, at the best epoch so far.
        task: Name of the task, or ``overall``, or `TRAINED` in its place.
        name: That of the task's metric, ``overall``, `TRAINED`, ``loss`` (mean training loss of the epoch),
            ``padding`` (tokens processed over real tokens); with `RAW` before it the score of the network's
            own weights, where averaged ones count.
        value: The value.
    """

    split: Split
    task: str
    name: str
    value: float


@dataclass(frozen=True)
class EpochResult:
    """One evaluation of one trial.

    Attributes:
        epoch: Number of the finished epoch, from 1.
        overall: Dev `overall` (see ``model.overall``); None of a trial that does not train all tasks.
        best: Whether its score (see `judged`) is above that of every earlier epoch of this trial; one that
            equals the best so far is not.
        metrics: All metrics of the epoch; those named `overall` included.
        train_seconds: Time spent in training steps.
        eval_seconds: Time spent in evaluation.
        tokens: Real tokens processed per task in training.
        padded_tokens: Tokens per task with padding counted.
        peak_memory_mb: Highest resident (CPU) or allocated (CUDA) memory of the process so far, in MiB.
        fingerprint: SHA-256 of every text and label that the trial reads, and of the files of teachers; None
            if a checkpoint that does not hold it gave the epoch.
        processor_seconds: Processor time of the trial up to the end of this epoch, user and system, of all
            threads and attempts; None if a checkpoint that does not hold it gave the epoch, or one before.
        step_seconds: Mean wall time of the trial's training steps up to here; None where
            `processor_seconds` is.
        trained: Where there is no `overall`, the same mean of the dev scores of the trained tasks alone.
        pair_seconds: Wall time of predicting 1,000 dev pairs after this epoch, over all tasks of pairs; None
            without pairs, of a frozen encoder, which is not asked again, and of earlier checkpoints.
    """

    epoch: int
    overall: float | None
    best: bool
    metrics: tuple[Metric, ...]
    train_seconds: float
    eval_seconds: float
    tokens: dict[str, int]
    padded_tokens: dict[str, int]
    peak_memory_mb: float
    fingerprint: str | None = None
    processor_seconds: float | None = None
    step_seconds: float | None = None
    trained: float | None = None
    pair_seconds: float | None = None

    @property
    def judged(self) -> float:
        """What judges the epoch: `overall`, or the mean of the trained tasks where there is none."""
        score = self.trained if self.overall is None else self.overall
        if score is None:
            raise ValueError(f"epoch {self.epoch} has neither overall nor a mean of its trained tasks")
        return score

    @property
    def objective(self) -> str:
        """The name of the score that judges the epoch: ``overall``, or `TRAINED`."""
        return TRAINED if self.overall is None else "overall"

    def dev_scores(self) -> dict[str, float]:
        """Dev score of each trained task, without `overall`."""
        means = ("overall", TRAINED)
        own = (m for m in self.metrics if m.split == "dev" and not m.name.startswith(RAW))
        return {m.task: m.value for m in own if m.task not in means}


def best_epoch(results: Sequence[EpochResult]) -> int | None:
    """Number of the best epoch so far; None before the first."""
    return next((result.epoch for result in reversed(results) if result.best), None)
