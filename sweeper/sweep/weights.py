"""Which weights outlive their trial: those of the best trial of each arm.

A trial that has failed keeps its own beside its checkpoints: it may be retried, and its best epoch may lie
before the failure.
"""

import math
from collections.abc import Callable, Iterable
from contextlib import suppress

from model.result import judged

from ..errors import DatabaseError
from ..trial import Outcome, PastTrial, RunState, Standing
from .files import RunFiles


def surplus(trials: Iterable[PastTrial | Standing], has_weights: Callable[[int], bool]) -> set[int]:
    """Numbers of the trials that have ended well and whose weights are not kept.

    Args:
        trials: Trials of a study.
        has_weights: Whether there are weights of a trial: one that reused a result has none.
    """
    ended = [one for one in trials if one.state.final and one.state is not RunState.FAILED]
    # A pruned trial's best epoch may score more, and is nowhere the best.
    scored = {
        one.number: (one.arm, judged(one.scores))
        for one in ended
        if one.state is RunState.COMPLETE and one.scores is not None
    }
    best: dict[str, float] = {}
    for arm, score in scored.values():
        best[arm] = max(best.get(arm, -math.inf), score)
    kept: dict[str, int] = {}
    for number, (arm, score) in sorted(scored.items()):
        # The first among equals that has its weights.
        if score == best[arm] and arm not in kept and has_weights(number):
            kept[arm] = number
    return {one.number for one in ended} - set(kept.values())


class KeptWeights:
    """Removes the weights of trials that are not the best of their arm, as trials end.

    What is best is decided from the database, which other drivers write too; files are those of this home.

    Args:
        past: Reads the trials of the study as they stand.
        files: The folders of the runs.
    """

    def __init__(self, past: Callable[[], Iterable[PastTrial]], files: RunFiles) -> None:
        self._past = past
        self._files = files
        # The best score of each arm when it was last asked for. It only rises, so that no trial below it can
        # be the best, whatever other drivers have done since.
        self._reached: dict[str, float] = {}

    def settle(self, number: int, arm: str, outcome: Outcome) -> None:
        """Keeps or removes the weights of a trial whose outcome is recorded.

        Args:
            number: Number of the trial.
            arm: Its arm.
            outcome: Its outcome.
        """
        if outcome.state is RunState.FAILED:
            return
        reached = -math.inf if outcome.scores is None else judged(outcome.scores)
        if outcome.state is not RunState.COMPLETE or reached < self._reached.get(arm, -math.inf):
            self._files.remove_weights(number)
        else:
            # If the database does not answer, everything stays, and the arm's next trial asks again.
            with suppress(DatabaseError):
                self._leave_best(arm)

    def _leave_best(self, arm: str) -> None:
        ended = [one for one in self._past() if one.arm == arm and one.state.final]
        self._reached[arm] = max(judged(one.scores) for one in ended if one.scores is not None)
        # Looked for once: what another driver fetches after that may be the best's, and stays.
        having = {number for number in self._files.numbers() if self._files.weights(number).exists()}
        for number in surplus(ended, having.__contains__) & having:
            self._files.discard_weights(number)
