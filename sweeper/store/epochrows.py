"""What an evaluation becomes in the database: columns of its trial, and a row a metric."""

from collections.abc import Iterator
from typing import Any

from model.result import EpochResult

from .tables import storable


def seen(result: EpochResult) -> dict[str, Any]:
    """What an epoch says of its trial."""
    return {
        "peak_memory_mb": result.peak_memory_mb,
        "fingerprint": result.fingerprint or None,
        "processor_seconds": result.processor_seconds,
        "step_seconds": result.step_seconds,
        "pair_seconds": result.pair_seconds,
    }


def metric_rows(result: EpochResult) -> Iterator[dict[str, Any]]:
    """The rows of an epoch's metrics, without the key of their trial."""
    for metric in result.metrics:
        yield {
            "epoch": result.epoch,
            "split": metric.split,
            "task": metric.task,
            "metric": metric.name,
            "value": storable(metric.value),
        }
