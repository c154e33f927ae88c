"""Waits for a database that is locked or does not answer, instead of giving up a sweep."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from ..clock import Clock
from ..errors import DatabaseError

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait, and whom to tell.

    Attributes:
        seconds: Longest wait in a row; 0: the first error is raised.
        say: Hears, once in a wait, what is waited for.
        give_up: Whether to stop waiting, asked before each try.
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


def retried(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Repeats a method until the database answers. It must not matter if a try that failed was carried out.

    Raises:
        DatabaseError: If the error is not one that passes, or the retry policy waits no longer.
        KeyboardInterrupt: If the user stops the sweep meanwhile.
    """

    @functools.wraps(method)
    def waiting(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        policy, clock = self.access.retry_policy, self.access.clock
        began, pause = clock.monotonic(), FIRST_PAUSE
        while True:
            try:
                return method(self, *args, **kwargs)
            except DatabaseError as error:
                if not error.passing or clock.monotonic() - began + pause > policy.seconds:
                    raise
                if pause == FIRST_PAUSE:
                    policy.say(f"waiting for the database: {error}")
            if policy.give_up():
                raise KeyboardInterrupt
            clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    return cast("Callable[Concatenate[S, P], R]", waiting)
