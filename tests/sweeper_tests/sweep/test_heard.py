"""Epochs that are heard together are recorded together, and nothing else changes its place."""

import pytest

from sweeper.executors.protocol import Evaluated, Event, Finished, NodeLost, Started
from sweeper.sweep.heard import parted
from tests.sweeper_tests.instant import result
from tests.sweeper_tests.made import PARAMS, study

CONFIG = study().config("S-BERT", PARAMS, 11711)


def epoch(trial: int, number: int) -> Evaluated:
    return Evaluated(trial, result(CONFIG, number))


BEGUN, LOST, DONE = Started(3, 1, "cpu", "here"), NodeLost(4, "gone"), Finished(0)
HEARD: list[Event] = [epoch(0, 1), epoch(1, 1), BEGUN, epoch(0, 2), DONE, LOST, epoch(1, 2), epoch(2, 1)]


def test_epochs_that_follow_each_other_are_one_part() -> None:
    assert list(parted(HEARD, prunes=False)) == [
        [epoch(0, 1), epoch(1, 1)],
        BEGUN,
        [epoch(0, 2)],
        DONE,
        LOST,
        [epoch(1, 2), epoch(2, 1)],
    ]


@pytest.mark.parametrize("prunes", [False, True])
def test_the_order_stays(prunes: bool) -> None:
    flat = [one for part in parted(HEARD, prunes) for one in (part if isinstance(part, list) else [part])]
    assert flat == HEARD


def test_where_an_epoch_may_be_a_trial_s_last_each_is_a_part() -> None:
    assert [part for part in parted(HEARD, prunes=True) if isinstance(part, list)] == [
        [event] for event in HEARD if isinstance(event, Evaluated)
    ]


def test_nothing_heard_is_nothing() -> None:
    assert list(parted([], prunes=False)) == []
