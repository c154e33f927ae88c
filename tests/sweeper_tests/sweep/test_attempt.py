"""What an attempt at a trial adds up."""

from dataclasses import replace

import pytest

from sweeper.executors.protocol import Started
from sweeper.sweep.attempt import Attempt, Ready
from sweeper.trial import RunState, TrialSpec
from tests.sweeper_tests.made import PARAMS, study
from tests.sweeper_tests.store.stored import epoch

TRIAL = TrialSpec(0, "S-BERT", PARAMS, study().config("S-BERT", PARAMS, 11711), 11711, 0)


def ended(kept: int | None) -> Attempt:
    attempt = Attempt(Ready(TRIAL), began=50.0)
    attempt.started(Started(0, 1, "cpu", "here", epochs=kept), 100.0)
    for number in (1, 2, 3):
        took = replace(epoch(number, 0.5 + number / 10), train_seconds=10.0 * number, eval_seconds=1.0)
        attempt.evaluated(took)
    return attempt


@pytest.mark.parametrize(("kept", "earlier"), [(None, 0.0), (0, 0.0), (2, 32.0)])
def test_what_earlier_attempts_took_for_the_epochs_it_goes_on_from_counts(
    kept: int | None, earlier: float
) -> None:
    outcome = ended(kept).outcome(RunState.COMPLETE, 131.0)
    assert (outcome.seconds, outcome.earlier_seconds) == (31.0, earlier)


@pytest.mark.parametrize(("kept", "kills"), [(2, 0), (3, 1)])
def test_kills_are_forgotten_with_an_epoch_that_it_trains_not_with_one_that_is_told_again(
    kept: int, kills: int
) -> None:
    """Else a trial that is killed at the same step of an epoch every time would be restarted for ever."""
    attempt = Attempt(Ready(TRIAL, kills=1, losses=1, deaths=1), began=50.0)
    attempt.started(Started(0, 1, "cpu", "here", epochs=kept), 100.0)
    for number in (1, 2, 3):
        attempt.evaluated(epoch(number, 0.5))
    assert attempt.ready.kills == attempt.ready.losses == attempt.ready.deaths == kills
