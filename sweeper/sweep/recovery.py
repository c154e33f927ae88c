"""What is done about a failure of a trial."""

from dataclasses import dataclass, replace
from typing import TypeGuard

from model.config import TrainConfig
from model.config.trainers import AnyConfig

from ..executors.protocol import Failed, NodeLost
from ..trial import ErrorClass
from .attempt import Ready

RESTARTS = 2
"""How often a trial whose process was killed goes on from its checkpoint before it has failed, and how often
one whose folder an earlier attempt did not leave is tried again."""

DEATHS = 5
"""How many drivers may die while a trial runs, with no epoch of it between, before it has failed. More than
`RESTARTS`: a machine that is switched off or taken away, or `kill -9`, ends drivers whatever they run."""

LOSSES = 10
"""How often a trial whose machine was lost is placed anew, with no epoch of it between, before it has failed:
more than `DEATHS`, as machines go by the dozen."""


@dataclass(frozen=True)
class _Again:
    """The trial goes on.

    Attributes:
        ready: The trial as it waits again.
        note: What is said.
    """

    ready: Ready
    note: str


@dataclass(frozen=True)
class Restart(_Again):
    """From its checkpoint.

    Attributes:
        last: Whether the others that wait come first.
    """

    last: bool = False


class Halve(_Again):
    """From its start, with half the micro-batch and twice the accumulation: the batch is the same."""


class Anew(_Again):
    """From its start: its checkpoint is not of its configuration, or of arithmetic that is not done any more.

    The database says which configuration counts, for example after a crash between `Halve` and its files.
    """


@dataclass(frozen=True)
class Fail:
    """The trial has failed.

    Attributes:
        failure: Why.
    """

    failure: Failed


def after_deaths(ready: Ready) -> Failed | None:
    """Why a trial is not begun again: too many drivers died on it; None if it is.

    Where it takes its driver down with it, as by a memory limit of the container or a crash of the process
    that both share, nobody is left to count its kills.
    """
    if ready.deaths <= DEATHS:
        return None
    message = f"{ready.deaths} drivers died while it ran, with no epoch of it done in between"
    return Failed(ready.trial.number, ErrorClass.KILLED, message, "")


def after_failure(ready: Ready, failure: Failed | NodeLost) -> Restart | Halve | Anew | Fail:
    """Decides what becomes of a trial that failed, or whose machine was lost.

    Args:
        ready: The trial, and what it has been through.
        failure: Why it failed; a full disk is no fault of the trial, and not asked about here.
    """
    if isinstance(failure, NodeLost):
        return _after_loss(ready, failure)
    number, config = ready.trial.number, ready.trial.config
    if failure.outdated:
        return Anew(ready, f"trial {number}: its checkpoint {failure.outdated}; it starts again")
    if failure.error_class is ErrorClass.KILLED and ready.kills < RESTARTS and ready.deaths <= DEATHS:
        note = f"trial {number}: {failure.message}; it goes on from its checkpoint"
        return Restart(replace(ready, kills=ready.kills + 1, displaced=False), note)
    if failure.in_use and ready.kills < RESTARTS:
        # No fault of its own, but nobody knows when that attempt ends: counted, so that this comes to an end.
        note = f"trial {number}: {failure.message}; it is tried again later"
        return Restart(replace(ready, kills=ready.kills + 1, displaced=False), note, last=True)
    if failure.error_class is ErrorClass.OOM and not ready.halvings and _parts(config):
        halved = config.model_copy(update={"accumulation": 2 * config.accumulation})
        note = (
            f"trial {number} ran out of memory; again with half the micro-batch "
            f"(accumulation {halved.accumulation})"
        )
        trial = replace(ready.trial, config=halved)
        return Halve(Ready(trial, ready.halvings + 1, ready.attempts), note)
    return Fail(failure)


def _after_loss(ready: Ready, lost: NodeLost) -> Restart | Fail:
    """No fault of the trial, and its kills are not counted up; but it may be what takes its machines down."""
    number = ready.trial.number
    if ready.losses >= LOSSES:
        message = f"{lost.message}, as {LOSSES} were before with no epoch of the trial done in between"
        return Fail(Failed(number, ErrorClass.KILLED, message, ""))
    again = replace(ready, losses=ready.losses + 1, displaced=True)
    return Restart(again, f"trial {number}: {lost.message}; it is placed anew", last=ready.losses > 0)


def _parts(config: AnyConfig) -> TypeGuard[TrainConfig]:
    """Whether a batch can be cut into more parts; on what the memory of own code depends, only that knows."""
    if not isinstance(config, TrainConfig):
        return False
    return config.accumulation < config.batch_size and not config.whole_batches
