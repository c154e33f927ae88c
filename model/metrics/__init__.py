"""The metrics that a task can declare. Imports no torch."""

from ..registry import Registry
from .accuracy import Accuracy
from .auc import AUC
from .error import MeanAbsoluteError, MeanSquaredError
from .f1 import F1, MacroF1
from .kappa import Kappa, QuadraticKappa
from .mcc import MCC
from .metric import TaskMetric
from .pearson import Pearson
from .spearman import Spearman

METRICS = Registry[TaskMetric](
    "metric",
    {
        "accuracy": Accuracy(),
        "f1": F1(),
        "macro_f1": MacroF1(),
        "mcc": MCC(),
        "kappa": Kappa(),
        "kappa_quadratic": QuadraticKappa(),
        "auc": AUC(),
        "pearson": Pearson(),
        "spearman": Spearman(),
        "mse": MeanSquaredError(),
        "mae": MeanAbsoluteError(),
    },
)

__all__ = ["METRICS", "TaskMetric"]
