"""The metrics as scikit-learn and SciPy have them, and how far ours are from them on random vectors."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats
from sklearn import metrics as sk

from model.metrics import METRICS, TaskMetric
from model.metrics.f1 import F1
from model.metrics.metric import Values

CLASSES = 4

PEERS: Mapping[str, Callable[[Values, Values], float]] = {
    "accuracy": lambda given, labels: sk.accuracy_score(labels, given),
    "f1": lambda given, labels: sk.f1_score(labels == 2, given == 2, zero_division=0),
    "macro_f1": lambda given, labels: sk.f1_score(labels, given, average="macro", zero_division=0),
    "mcc": lambda given, labels: sk.matthews_corrcoef(labels, given),
    "kappa": lambda given, labels: sk.cohen_kappa_score(labels, given, labels=range(CLASSES)),
    "kappa_quadratic": lambda given, labels: sk.cohen_kappa_score(
        labels, given, labels=range(CLASSES), weights="quadratic"
    ),
    "auc": lambda given, labels: sk.roc_auc_score(labels, given),
    "pearson": lambda given, labels: stats.pearsonr(given, labels).statistic,
    "spearman": lambda given, labels: stats.spearmanr(given, labels).statistic,
    "mse": lambda given, labels: sk.mean_squared_error(labels, given),
    "mae": lambda given, labels: sk.mean_absolute_error(labels, given),
}


def metric_of(name: str) -> TaskMetric:
    """The metric; F1 of class 2, which is not the default."""
    return F1(2) if name == "f1" else METRICS[name]


def vectors(name: str, rng: np.random.Generator) -> tuple[Values, Values]:
    """What a metric is given and the labels: 2 to 120 rows, classes at times absent, scores with ties."""
    rows, metric = int(rng.integers(2, 120)), METRICS[name]
    size = 2 if metric.two_classes else CLASSES
    labels = rng.choice(size, rows, p=rng.dirichlet(np.full(size, 0.7))).astype(float)
    if metric.labels == "classes" and not metric.needs_scores:
        return np.where(rng.random(rows) < 0.5, labels, rng.integers(0, size, rows)), labels
    if metric.labels == "range":
        labels = np.round(rng.normal(size=rows), 1)
    return np.round(rng.normal(size=rows) + labels, int(rng.integers(0, 8))), labels


def largest_gap(name: str, count: int) -> float:
    """The largest difference from the library over so many random vectors.

    Where the library has no number, as for constant labels, ours must be what counts as undefined.
    """
    rng, metric, gap = np.random.default_rng(20), metric_of(name), 0.0
    for _ in range(count):
        given, labels = vectors(name, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries warn of what they have no number for
            theirs = PEERS[name](given, labels)
        if np.isnan(theirs):
            assert metric.undefined is not None
            theirs = metric.undefined[0]
        gap = max(gap, abs(metric.score(given, labels) - theirs))
    return gap
