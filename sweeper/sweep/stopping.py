"""When a sweep ends before its last trial, and what failures in a row have in common."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.result import COST, judged

from ..clock import Clock, SystemClock
from ..text import plural
from ..trial import Outcome, RunState

if TYPE_CHECKING:
    from model.overall import Overall
    from model.tasks import Task

    from ..trial import PastTrial, TrialSpec

MAX_FAILURES = 5
"""Failures in a row after which a sweep ends, unless the user says otherwise."""


@dataclass(frozen=True)
class Limits:
    """What ends a sweep early, or a trial; None: nothing does.

    Attributes:
        seconds: Wall time of this call; the trials under way then stay resumable.
        until: Scores of which a complete trial must reach each, for example ``{"overall": 0.73}``.
        stale_trials: Complete trials in a row without a better `overall`.
        max_failures: Failed trials in a row.
        trial_seconds: Wall time of one attempt at a trial, which then fails as ``timeout``.
        lower: Names of the scores of which the lower one is better.
    """

    seconds: float | None = None
    until: Mapping[str, float] | None = None
    stale_trials: int | None = None
    max_failures: int | None = MAX_FAILURES
    trial_seconds: float | None = None
    lower: Collection[str] = ()


def score_bounds(tasks: "Mapping[str, Task]", overall: "Overall") -> dict[str, tuple[float, float]]:
    """The lowest and the highest value that each score of a trial can have, by its name.

    Args:
        tasks: The tasks.
        overall: How their mean is taken.
    """
    bounds = {name: task.scorer.bounds for name, task in tasks.items()}
    ends = (0.0, 1.0)
    if overall.formula == "mean":
        low, high = ({name: pair[side] for name, pair in bounds.items()} for side in (0, 1))
        ends = overall.score(tasks, low), overall.score(tasks, high)
    return {"overall": ends, **bounds}


def unreachable(value: float, bounds: tuple[float, float]) -> str | None:
    """Why no trial can reach a value of a score; None if one can.

    Args:
        value: The value.
        bounds: The lowest and highest that the score can have.
    """
    low, high = bounds
    return None if low <= value <= high else f"lies outside its bounds, {low:g} to {high:g}"


class Stopper:
    """Hears of every outcome and says when the limits are reached.

    A score is reached, and the best bettered, by any trial of the study, whichever driver has it. Failures in
    a row are those that it hears of itself: of a machine on which everything fails another one knows nothing.

    Args:
        limits: The limits.
        past: The trials so far: the same command typed again ends where it ended before.
        clock: The time.
    """

    def __init__(
        self,
        limits: Limits,
        past: Iterable["PastTrial"] = (),
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock.monotonic()
        # The best score of trials with the same scores: of two that train other tasks neither is the better.
        self._best: dict[frozenset[str], float] = {}
        self._since_best = 0
        self._failures: list[tuple[TrialSpec, Outcome, str]] = []
        self._reached: str | None = None
        self._seen: set[int] = set()
        self._take_in(past)

    def heard(self, trial: "TrialSpec", outcome: Outcome, message: str) -> None:
        """Notes how a trial ended; `message` says why it failed."""
        if outcome.state is RunState.FAILED:
            self._failures.append((trial, outcome, message))
            return
        self._failures.clear()
        if outcome.state is RunState.COMPLETE and outcome.scores is not None:
            self._see(trial.number, outcome.scores)

    def look(self, study: Callable[[], Iterable["PastTrial"]]) -> None:
        """Takes in what other drivers' trials have scored since.

        Args:
            study: Reads the trials of the study; not asked where no limit depends on them.
        """
        if self._limits.until or self._limits.stale_trials is not None:
            self._take_in(study())

    def _take_in(self, trials: Iterable["PastTrial"]) -> None:
        for one in trials:
            if one.state is RunState.COMPLETE and one.scores is not None and one.number not in self._seen:
                self._see(one.number, {name: value for name, value in one.scores.items() if name != COST})

    def _see(self, number: int, scores: Mapping[str, float]) -> None:
        self._seen.add(number)
        until = self._limits.until
        if until and all(self._reaches(scores, name, value) for name, value in until.items()):
            wanted = ", ".join(f"{name} {value:g}" for name, value in until.items())
            self._reached = f"trial {number} has reached {wanted}"
        like = frozenset(scores)
        before = self._best.get(like)
        better = before is None or judged(scores) > before
        if better:
            self._best[like] = judged(scores)
        self._since_best = 0 if better else self._since_best + 1

    def _reaches(self, scores: Mapping[str, float], name: str, value: float) -> bool:
        if name not in scores:
            return False
        return scores[name] <= value if name in self._limits.lower else scores[name] >= value

    def verdict(self) -> str | None:
        """Why the sweep ends now; None if it goes on."""
        limits = self._limits
        if self._reached:
            return self._reached
        if limits.seconds is not None and self._clock.monotonic() - self._began >= limits.seconds:
            return f"the time limit of {limits.seconds:g} s is reached"
        if limits.stale_trials is not None and self._since_best >= limits.stale_trials:
            return f"{plural(self._since_best, 'trial')} in a row brought no better overall"
        if self.failed:
            return f"{plural(len(self._failures), 'trial')} in a row failed: {self._shared()}"
        return None

    @property
    def failed(self) -> bool:
        """Whether too many trials in a row have failed."""
        limit = self._limits.max_failures
        return limit is not None and len(self._failures) >= limit

    def _shared(self) -> str:
        """What all failures in a row have in common."""
        first, *others = (
            {"class": outcome.error_class, "arm": trial.arm, **trial.params, "message": message}
            for trial, outcome, message in self._failures
        )
        common = [
            f"{key} {value}"
            for key, value in first.items()
            if value != "" and all(key in other and other[key] == value for other in others)
        ]
        return "all have " + "; ".join(common) if common else "they have nothing in common"
