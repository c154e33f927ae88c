"""The trials under way: what is passed on of them and recorded nowhere, and which take too long."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from model.steps import StepReport
from sweeper.clock import SystemClock
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Event, Executor, Progressed
from sweeper.observers.observer import Observer
from sweeper.sweep.attempt import Ready
from sweeper.sweep.attempts import Attempts
from sweeper.sweep.files import RunFiles
from sweeper.trial import TrialSpec
from tests.sweeper_tests.made import PARAMS, study

STEP = Progressed(7, StepReport(3, 0.5, 1e-3))
CONFIG = study().config("S-BERT", PARAMS, 11711)


def attempts(executor: Executor, folder: Path, **given: Any) -> Attempts:
    plain: dict[str, Any] = {
        "files": Mock(spec=RunFiles),
        "data": folder,
        "threads": 1,
        "plugins": (),
        "observer": Mock(spec=Observer),
        "clock": SystemClock(),
    }
    return Attempts(executor=executor, **(plain | given))


@pytest.mark.parametrize("executor", [InlineExecutor(), LocalExecutor()])
def test_steps_reach_the_observer_from_a_poll_and_within_one(executor: Executor, tmp_path: Path) -> None:
    observer = Mock(spec=Observer)
    mine = attempts(executor, tmp_path, observer=observer)
    if isinstance(executor, InlineExecutor):  # whose poll ends with the epoch
        executor.progressed(STEP)
    else:
        mine.told(STEP)
    observer.progressed.assert_called_once_with(7, STEP.report)
    assert observer.noted.call_count == 0


class Moments(SystemClock):
    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def test_leases_are_thought_of_between_the_steps_of_a_trial_in_this_process(tmp_path: Path) -> None:
    executor, between = InlineExecutor(), Mock()
    attempts(executor, tmp_path, between=between)
    executor.progressed(STEP)
    between.assert_called_once_with()


def test_time_in_which_nobody_listens_is_not_a_trial_s(tmp_path: Path) -> None:
    clock, executor = Moments(), Mock(spec=LocalExecutor)

    def poll(seconds: float) -> list[Event]:
        clock.seconds += seconds
        return []

    executor.poll.side_effect = poll
    mine = attempts(executor, tmp_path, clock=clock)
    for number, seconds in ((0, 30.0), (1, 1800.0)):
        ready = Ready(TrialSpec(number, "S-BERT", PARAMS, CONFIG, 1, number))
        mine.start(ready)
        mine.hear(seconds=0.0)
        clock.seconds += 1.0
        mine.hear(seconds=20.0)
        clock.seconds += seconds  # waits for its database
        assert mine.overdue(60.0) == []
    # The first one has had 42 s so far, the other one 21 s.
    mine.hear(seconds=20.0)
    assert [one.trial.number for one in mine.overdue(60.0)] == [0]
    mine.hear(seconds=18.0)
    assert [one.trial.number for one in mine.overdue(60.0)] == [0]
    mine.hear(seconds=2.0)
    assert [one.trial.number for one in mine.overdue(60.0)] == [0, 1]


@pytest.mark.parametrize(("kind", "late"), [(LocalExecutor, []), (InlineExecutor, [0])])
def test_nor_is_the_time_for_which_a_poll_was_stopped_unless_it_trains(
    kind: type[Executor], late: list[int], tmp_path: Path
) -> None:
    clock, executor = Moments(), Mock(spec=kind)

    def poll(_: float) -> list[Event]:
        clock.seconds += 1800.0
        return []

    executor.poll.side_effect = poll
    mine = attempts(executor, tmp_path, clock=clock)
    mine.start(Ready(TrialSpec(0, "S-BERT", PARAMS, CONFIG, 1, 0)))
    mine.hear(seconds=1.0)
    assert [one.trial.number for one in mine.overdue(60.0)] == late


def test_what_another_driver_has_taken_is_ended(tmp_path: Path) -> None:
    executor = Mock(spec=LocalExecutor)
    mine = attempts(executor, tmp_path)
    for number in (0, 1):
        mine.start(Ready(TrialSpec(number, "S-BERT", PARAMS, CONFIG, 1, number)))
    mine.keep({1})
    executor.cancel.assert_called_once_with(0)
    assert list(mine) == [1]
