"""What a log is, and what stands in each."""

from collections.abc import Mapping

from model.result import JUDGES, Metric

from ..trial import Outcome, TrialSpec
from .observer import Observer


class Log(Observer):
    """An observer that writes what it hears for another tool."""

    def close(self) -> None:
        """Writes what is not written yet, and ends."""


def tag(metric: Metric) -> str:
    """Name of a metric: ``dev/sst/accuracy``, or ``dev/overall``."""
    whole = metric.name in JUDGES and metric.task == metric.name
    return "/".join((metric.split, *([] if whole else [metric.task]), metric.name))


def settings(trial: TrialSpec) -> Mapping[str, str | float | int | bool]:
    """What sets a trial apart, in values that every tool takes: its arm, its seed and what was sampled."""
    plain = {
        name: value if isinstance(value, str | float | int) else str(value)
        for name, value in trial.params.items()
    }
    return {"arm": trial.arm, "seed": trial.seed, **plain}


def state(outcome: Outcome) -> str:
    """How a trial ended: ``complete``, or ``failed (oom)``."""
    return f"{outcome.state} ({outcome.error_class})" if outcome.error_class else str(outcome.state)
