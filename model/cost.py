"""What a trial has cost so far, over all its attempts, and what its predictions cost."""

import math
import time
from collections.abc import Mapping

import torch
from torch import Tensor

from .data.tokens import TaskData


class Cost:
    """Processor time of a trial and wall time of its steps, which a checkpoint keeps; wall time of its pairs.

    What a killed attempt did after its last checkpoint is not in the first two. Neither of them is known of a
    trial that goes on from a checkpoint that does not hold them.
    """

    def __init__(self) -> None:
        self._began = time.process_time()
        self._processor = self._steps = 0.0
        self._stepping: float | None = None
        self._pairs, self._pair_seconds = 0, 0.0

    def begin_steps(self) -> None:
        """Begins to measure training steps."""
        self._stepping = time.perf_counter()
        self._pairs, self._pair_seconds = 0, 0.0

    def end_steps(self) -> None:
        """Ends the measurement of training steps: what follows is none of them."""
        self._steps, self._stepping = self._step_seconds(), None

    def took(self, data: TaskData, seconds: float) -> None:
        """Adds the time that it took to predict the rows of a task; only pairs count."""
        if len(data.task.text) == 2:
            self._pairs += len(data)
            self._pair_seconds += seconds

    def seconds_per_1000_pairs(self) -> float | None:
        """Wall time of predicting 1,000 pairs, as `took` heard since the last steps; None without pairs."""
        return 1000 * self._pair_seconds / self._pairs if self._pairs else None

    def processor_seconds(self) -> float | None:
        """Seconds of all processors, user and system, that the process and its threads had."""
        return _known(self._processor_seconds())

    def seconds_per_step(self, steps: int) -> float | None:
        """Mean wall time of the steps, of which there were so many."""
        return _known(self._step_seconds() / steps)

    def state_dict(self) -> dict[str, Tensor]:
        """Both sums."""
        return {"spent": torch.tensor([self._processor_seconds(), self._step_seconds()], dtype=torch.float64)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from a `state_dict`, or from nothing that is known."""
        spent = state["spent"].tolist() if "spent" in state else [math.nan, math.nan]
        self._processor, self._steps = spent

    def _processor_seconds(self) -> float:
        return self._processor + time.process_time() - self._began

    def _step_seconds(self) -> float:
        return self._steps + (0.0 if self._stepping is None else time.perf_counter() - self._stepping)


def _known(seconds: float) -> float | None:
    return None if math.isnan(seconds) else seconds
