"""The metrics that a task can declare. Imports no torch."""

from ..registry import Registry
from .accuracy import Accuracy
from .metric import TaskMetric
from .pearson import Pearson

METRICS = Registry[TaskMetric]("metric", {"accuracy": Accuracy(), "pearson": Pearson()})

__all__ = ["METRICS", "TaskMetric"]
