"""What is passed on of trials under way and recorded nowhere."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from model.steps import StepReport
from sweeper.clock import SystemClock
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Executor, Progressed
from sweeper.observers.observer import Observer
from sweeper.sweep.attempts import Attempts
from sweeper.sweep.files import RunFiles

STEP = Progressed(7, StepReport(3, 0.5, 1e-3))


@pytest.mark.parametrize("executor", [InlineExecutor(), LocalExecutor()])
def test_steps_reach_the_observer_from_a_poll_and_within_one(executor: Executor, tmp_path: Path) -> None:
    observer = Mock(spec=Observer)
    attempts = Attempts(
        executor=executor,
        files=Mock(spec=RunFiles),
        data=tmp_path,
        threads=1,
        plugins=(),
        observer=observer,
        clock=SystemClock(),
    )
    if isinstance(executor, InlineExecutor):  # whose poll ends with the epoch
        executor.progressed(STEP)
    else:
        attempts.told(STEP)
    observer.progressed.assert_called_once_with(7, STEP.report)
    assert observer.noted.call_count == 0
