"""What a trial has cost so far, over all its attempts."""

import math
import time
from collections.abc import Mapping

import torch
from torch import Tensor


class Cost:
    """Processor time of a trial and wall time of its steps; a checkpoint keeps both.

    What a killed attempt did after its last checkpoint is not in them. Neither is known of a trial that goes
    on from a checkpoint without them.
    """

    def __init__(self) -> None:
        self._began = time.process_time()
        self._processor = self._steps = 0.0
        self._stepping: float | None = None

    def begin_steps(self) -> None:
        """Training steps follow."""
        self._stepping = time.perf_counter()

    def end_steps(self) -> None:
        """Something else follows."""
        self._steps, self._stepping = self._step_seconds(), None

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
