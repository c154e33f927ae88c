"""The mean of what several networks predicted for the same rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.predictions import Predictions
from model.tasks import Task

from .halves import Run

Outputs = NDArray[np.float64]
"""What is averaged: probabilities ``[rows, classes]``, or predicted scores ``[rows]``."""


def outputs_of(task: Task, predictions: Predictions) -> Outputs:
    """What of stored predictions is averaged: the softmax of the head's scores; of a similarity itself.

    Args:
        task: The task.
        predictions: With the head's scores, if the task has classes.
    """
    if task.range is not None:
        return predictions.predicted
    from scipy.special import softmax

    assert predictions.scores is not None  # noqa: S101 - candidates without are left out
    found: Outputs = softmax(predictions.scores.astype(np.float64), axis=1)
    return found


def predictions_of(task: Task, outputs: Outputs, rows: Predictions) -> Predictions:
    """Averaged outputs as predictions: the class is that of the highest probability, the first among equals.

    Args:
        task: The task.
        outputs: The mean of what `outputs_of` gave.
        rows: Of these rows.
    """
    if task.range is not None:
        return replace(rows, predicted=outputs, scores=None)
    # Logarithms, so that they are logits, as the head's: an area under the curve takes their difference.
    logits = np.log(np.maximum(outputs, np.finfo(np.float64).tiny))
    return replace(rows, predicted=outputs.argmax(axis=1).astype(np.float64), scores=logits)


def averaged(tasks: Mapping[str, Task], runs: Sequence[Run], weights: Iterable[int]) -> Run:
    """What several networks predict together.

    Args:
        tasks: The tasks.
        runs: What each predicted, for the same rows.
        weights: How often each counts.
    """
    counts = np.array(list(weights), dtype=np.float64)
    return {
        name: predictions_of(
            task,
            np.average([outputs_of(task, run[name]) for run in runs], axis=0, weights=counts),
            runs[0][name],
        )
        for name, task in tasks.items()
    }
