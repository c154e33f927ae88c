"""The study's space in Optuna's terms."""

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from ..study.space import Choice, FloatRange, Space, Value
from ..study.study import Study


def distribution(entry: Space) -> BaseDistribution:
    """An entry of the space in Optuna's terms."""
    if isinstance(entry, Choice):
        return CategoricalDistribution(entry.values)
    # Of a range that no step divides, Optuna would cut the end itself, and warn.
    if isinstance(entry, FloatRange):
        high = entry.high if entry.size is None else entry.value(entry.size - 1)
        return FloatDistribution(entry.low, high, log=entry.log, step=entry.step)
    return IntDistribution(entry.low, entry.value(entry.size - 1), log=entry.log, step=entry.step)


def distributions(study: Study) -> dict[str, BaseDistribution]:
    """The study's space in Optuna's terms, and the settings that set its arms apart as choices."""
    toggles: dict[str, dict[Value, None]] = {}
    for values in study.toggles.values():
        for name, value in values.items():
            toggles.setdefault(name, {})[value] = None
    chosen = {name: CategoricalDistribution(list(values)) for name, values in toggles.items()}
    return chosen | {key: distribution(entry) for key, entry in study.space.items()}
