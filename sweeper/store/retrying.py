"""Waits for a database that is locked or does not answer, instead of giving up a sweep."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from ..clock import Clock
from ..errors import DatabaseError

DATABASE_SECONDS = 1800.0
"""How long a sweep waits for a database that is locked or does not answer."""

LAST_SECONDS = 10.0
"""How long a sweep that is to stop still waits: a lock that passes must not cost its trials their epoch."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait, and whom to tell.

    Attributes:
        seconds: Longest wait in a row; 0: the first error is raised.
        say: Hears, once in a wait, what is waited for, and that it is over.
        give_up: Whether to stop waiting, after `LAST_SECONDS`; asked before each try.
    """

    seconds: float = 0.0
    say: Callable[[str], None] = lambda text: None
    give_up: Callable[[], bool] = lambda: False


class _Access(Protocol):
    retry_policy: RetryPolicy
    clock: Clock


class _Retrying(Protocol):
    @property
    def access(self) -> _Access: ...


P = ParamSpec("P")


R = TypeVar("R")


S = TypeVar("S", bound=_Retrying)


def until_answered(attempt: Callable[[], R], policy: RetryPolicy, clock: Clock) -> R:
    """Repeats what needs the database until that answers.

    Raises:
        DatabaseError: If the error is not one that passes, or the policy waits no longer.
        KeyboardInterrupt: If the user stops the sweep meanwhile.
    """
    began, pause = clock.monotonic(), FIRST_PAUSE
    while True:
        try:
            answer = attempt()
        except DatabaseError as error:
            if not error.passing or clock.monotonic() - began + pause > policy.seconds:
                raise
            if pause == FIRST_PAUSE:
                policy.say(f"waiting for the database: {error}")
        else:
            if pause != FIRST_PAUSE:
                policy.say("the database answers again: the sweep goes on")
            return answer
        if policy.give_up() and clock.monotonic() - began >= LAST_SECONDS:
            raise KeyboardInterrupt
        clock.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def retried(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Repeats a method until the database answers. It must not matter if a try that failed was carried out.

    Raises:
        DatabaseError: If the error is not one that passes, or the retry policy waits no longer.
        KeyboardInterrupt: If the user stops the sweep meanwhile.
    """

    @functools.wraps(method)
    def waiting(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        access = self.access
        return until_answered(lambda: method(self, *args, **kwargs), access.retry_policy, access.clock)

    return cast("Callable[Concatenate[S, P], R]", waiting)
