"""How far a trial is within its epoch, in one line of a live view."""

from datetime import timedelta

from ..text import one_line
from .tally import UnderWay

MINUTE = 60
"""Seconds from which the time left is written by hours, minutes and seconds."""


def pace_line(running: UnderWay) -> str | None:
    """A trial's epoch, step, loss, learning rate, the time left in the epoch, and its memory.

    The time left is that of the steps at their pace, and of the evaluation as long as it took in the epoch
    before.

    Args:
        running: A trial under way.

    Returns:
        The line; None while nothing is told of an epoch under way.
    """
    trial, report, result = running.trial, running.report, running.result
    if report is None:
        return None
    epoch = result.epoch + 1 if result else 1
    of_steps = "" if report.steps is None else f"/{report.steps}"
    parts = [
        f"trial {trial.number} {one_line(trial.arm)} seed {trial.seed}",
        f"epoch {epoch}/{trial.config.epochs} step {report.step}{of_steps}",
        f"loss {report.loss:.3g} lr {_rate(report.rate)}",
    ]
    if report.seconds_left is not None:
        left = report.seconds_left + (result.eval_seconds if result else 0.0)
        parts.append(f"{_time(left)} left in the epoch")
    memory = report.memory_mb or (result.peak_memory_mb if result else None)
    if memory:
        parts.append(f"{memory:,.0f} MiB")
    return " ".join(parts)


def _rate(rate: float) -> str:
    """``3e-5`` for 3e-05, as it is written in a study file."""
    return f"{rate:.3g}".replace("e-0", "e-")


def _time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < MINUTE else str(timedelta(seconds=whole))
