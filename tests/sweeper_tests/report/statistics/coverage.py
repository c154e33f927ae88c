"""How often a metric's 95 % interval over dev rows holds the truth, by the share of the rarest class.

    python -m tests.sweeper_tests.report.statistics.coverage              # ten minutes or so
    python -m tests.sweeper_tests.report.statistics.coverage --studies 50

Each study draws 1,000 rows from a population whose score is known: from scikit-learn with the population's
shares as weights, or in closed form of normal variables.
"""

import argparse
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn import metrics as sk

from model.metrics import METRICS
from model.metrics.metric import Values
from model.predictions import Predictions
from model.tasks import Task
from sweeper.report.statistics.intervals import score_intervals
from tests.model_tests.metrics.peers import PEERS, largest_gap

ROWS = 1000

SHARES = (0.3, 0.1, 0.05, 0.02, 0.01)
"""Shares of the rarest of the classes; down to a tenth an interval has to cover."""

RIGHT = 0.7
"""How often a row's class is predicted; else it is another, each as often."""

SHIFT = 1.2
"""By how many standard deviations class 1 scores above class 0."""

RHO = 0.75

_BASE = {"source": {"kind": "demo", "task": "sts"}, "text": ("a",), "kind": "single", "label": "b"}

WEIGHTED: Mapping[str, object] = {
    "accuracy": sk.accuracy_score,
    "f1": sk.f1_score,
    "macro_f1": lambda *vectors, **weights: sk.f1_score(*vectors, average="macro", **weights),
    "mcc": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
    "kappa_quadratic": lambda *vectors, **weights: sk.cohen_kappa_score(
        *vectors, weights="quadratic", **weights
    ),
}

NORMAL = {
    "auc": float(stats.norm.cdf(SHIFT / math.sqrt(2))),
    "pearson": RHO,
    "spearman": 6 / math.pi * math.asin(RHO / 2),
    "mse": 2 - 2 * RHO,
    "mae": math.sqrt(2 - 2 * RHO) * math.sqrt(2 / math.pi),
}
"""The truth of standard normal variables."""


@dataclass(frozen=True)
class Population:
    """Rows of which a metric's score is known.

    Attributes:
        name: The metric's.
        share: Share of the rarest class; None of scores.
    """

    name: str
    share: float | None

    @property
    def task(self) -> Task:
        """A task that is scored so."""
        labels: dict[str, object] = {"classes": self.classes} if self.share else {"range": (-9, 9)}
        return Task.model_validate(_BASE | labels | {"metric": self.name})

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return 2 if self.name in ("f1", "auc") else 3

    def shares(self) -> Values:
        """Those of the classes, the rarest one last, ``[classes]``."""
        rarest = self.share or 0.0
        return np.array([*[(1 - rarest) / (self.classes - 1)] * (self.classes - 1), rarest])

    def cells(self) -> Values:
        """How often a class has a prediction, ``[classes, classes]``."""
        wrong = (1 - RIGHT) / (self.classes - 1)
        return self.shares()[:, None] * np.where(np.eye(self.classes), RIGHT, wrong)

    def truth(self) -> float:
        """The score of the population."""
        if self.name in NORMAL:
            return NORMAL[self.name]
        labels, given = np.indices((self.classes, self.classes)).reshape(2, -1)
        weighted = WEIGHTED[self.name]
        return float(weighted(labels, given, sample_weight=self.cells().ravel()))  # type: ignore[operator]

    def drawn(self, rng: np.random.Generator) -> Predictions:
        """Some rows of it."""
        ids = np.arange(ROWS).astype(str)
        if self.share is None:
            labels, other = rng.normal(size=(2, ROWS))
            return Predictions(ids, RHO * labels + math.sqrt(1 - RHO**2) * other, labels)
        if self.name == "auc":
            labels = rng.choice(2, ROWS, p=self.shares()).astype(float)
            scores = np.stack([np.zeros(ROWS), rng.normal(size=ROWS) + SHIFT * labels], axis=1)
            return Predictions(ids, labels, labels, scores=scores.astype(np.float32))
        drawn = rng.choice(self.classes**2, ROWS, p=self.cells().ravel())
        return Predictions(ids, *(part.astype(float) for part in np.divmod(drawn, self.classes)[::-1]))


def populations() -> Iterator[Population]:
    """For each metric those that are tried."""
    for name, metric in METRICS.items():
        for share in SHARES if metric.labels == "classes" else (None,):
            yield Population(name, share)


def covered(population: Population, studies: int, resamples: int = 1000) -> float:
    """The share of so many studies whose interval holds the truth."""
    rng, truth, task, held = np.random.default_rng(7), population.truth(), population.task, 0
    for number in range(studies):
        run = {"task": population.drawn(rng)}
        found = score_intervals({"task": task}, [run], resamples, seed=number)["task"]
        held += found.low <= truth <= found.high
    return held / studies


def main() -> None:
    """Prints the table, and how far each metric is from the libraries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--vectors", type=int, default=1000)
    options = parser.parse_args()
    print(f"{options.vectors:,} random vectors, largest difference from scikit-learn or SciPy:")
    for name in PEERS:
        print(f"  {name:16} {largest_gap(name, options.vectors):.1e}")
    print(f"95 % intervals that hold the truth, of {options.studies:,} studies of {ROWS:,} rows:")
    print(f"  {'rarest class':16} {' '.join(f'{share:>7.0%}' for share in SHARES)}")
    for name, metric in METRICS.items():
        own = [one for one in populations() if one.name == name]
        cells = " ".join(f"{covered(one, options.studies):7.1%}" for one in own)
        print(f"  {name:16} {cells}{'' if metric.labels == 'classes' else '  (scores)'}", flush=True)


if __name__ == "__main__":
    main()
