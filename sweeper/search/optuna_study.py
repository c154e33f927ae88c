"""Optuna in memory: studies that are made for one question to a sampler or a pruner of its."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from ..study.pareto import on_front
from ..study.space import Choice, FloatRange, Space
from .distributions import distribution
from .draw import Request
from .history import Tried

BEST, LATEST, SAMPLED = 30, 30, 60
"""Configurations of an arm that tpe, gp and nsga2 see of a long history: the best, the latest, some between.

TPE models its good ones by the best tenth, 25 at most, so that these are the same as without a limit; the
others, with which it contrasts them, are an even sample.
"""

# A line per in-memory study would drown the driver's own, and its warnings name samplers and settings of
# Optuna's, not the user's.
optuna.logging.set_verbosity(optuna.logging.ERROR)


@contextmanager
def experimental() -> Iterator[None]:
    """A context in which parts of Optuna do not warn that they are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def ask(
    request: Request,
    sampler: BaseSampler,
    tried: Sequence[Tried] = (),
    marks: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """What a sampler of Optuna's draws.

    Args:
        request: What is asked.
        sampler: The sampler.
        tried: The configurations of which it is told.
        marks: What the sampler would have noted on each of these itself (system attributes); None: nothing.
    """
    distributions = {key: distribution(entry) for key, entry in request.space.items()}
    search = _told(request, sampler, tried, marks, distributions)
    drawn = search.ask(fixed_distributions=distributions).params
    return {key: _spelt(request.space[key], value) for key, value in drawn.items()}


def ask_in_turn(request: Request, sampler: BaseSampler, tried: Sequence[Tried]) -> dict[str, Any]:
    """As `ask`, of a sampler that draws one setting after the other, each from the trials that have it.

    What does not apply beside the values drawn before is not drawn, nor is the sampler told of it.
    """
    arm = request.arm
    if arm is None:
        return ask(request, sampler, tried)
    distributions = {key: distribution(entry) for key, entry in arm.entries.items()}
    trial = _told(request, sampler, tried, None, distributions, applying=True).ask()
    found: dict[str, Any] = {}
    for key in arm.order:
        if key in arm.applying({**found, key: None}):
            found[key] = _suggested(trial, key, arm.entries[key])
    return {key: found[key] for key in arm.entries if key in found}


def _spelt(entry: Space, value: Any) -> Any:
    """A value as the entry spells it, by which conditions ask: 0.3 where Optuna has 0.1 + 2 * 0.1."""
    return entry.read(value) if isinstance(entry, FloatRange) else value


def _suggested(trial: Trial, key: str, entry: Space) -> Any:
    if isinstance(entry, Choice):
        return trial.suggest_categorical(key, entry.values)
    if isinstance(entry, FloatRange):
        drawn = trial.suggest_float(key, entry.low, entry.highest, log=entry.log, step=entry.step)
        return _spelt(entry, drawn)
    return trial.suggest_int(key, entry.low, entry.highest, log=entry.log, step=entry.step)


def whole(request: Request, tried: Sequence[Tried], value: Callable[[str, Space, Tried], Any]) -> list[Tried]:
    """Earlier configurations, each with a value for every entry, for samplers that cannot do without.

    What did not apply in a configuration gets a value here.

    Args:
        request: What is asked.
        tried: The configurations.
        value: Gives the value of an entry that has none, from its key, the entry and the configuration.
    """
    if request.arm is None:
        return list(tried)
    return [
        replace(
            one,
            params={
                key: one.params[key] if key in one.params else value(key, entry, one)
                for key, entry in request.space.items()
            },
        )
        for one in tried
    ]


def _told(
    request: Request,
    sampler: BaseSampler,
    tried: Sequence[Tried],
    marks: Sequence[Mapping[str, Any]] | None,
    distributions: dict[str, BaseDistribution],
    *,
    applying: bool = False,
) -> optuna.Study:
    """A study of Optuna's that has been told of configurations.

    Args:
        request: What is asked.
        sampler: The sampler that the study has.
        tried: The configurations.
        marks: As in `ask`.
        distributions: Of the entries, in Optuna's terms.
        applying: Whether each configuration has the distributions of its own values alone, not all.
    """
    search = optuna.create_study(directions=["maximize"] * request.objectives, sampler=sampler)
    for one, mark in zip(tried, marks or [{}] * len(tried), strict=True):
        own = distributions
        if applying:
            own = {key: distributions[key] for key in one.params if key in distributions}
        with suppress(ValueError):  # the space no longer holds it
            search.add_trial(_Told(one, mark, own))
    return search


def representative(tried: Sequence[Tried]) -> list[Tried]:
    """All of a short history; of a long one the best, the latest and an even sample of all, in order."""
    if len(tried) <= BEST + LATEST + SAMPLED:
        return list(tried)
    values = {position: one.values for position, one in enumerate(tried) if one.values is not None}
    if values and len(next(iter(values.values()))) > 1:
        good = on_front(list(values.values()))
        best = [position for position, on in zip(values, good, strict=True) if on][-BEST:]
    else:
        best = nlargest(BEST, values, key=lambda position: values[position])
    spaced = [len(tried) * step // SAMPLED for step in range(SAMPLED)]
    latest = range(len(tried) - LATEST, len(tried))
    return [tried[position] for position in sorted({*best, *spaced, *latest})]


class _Told(FrozenTrial):
    """A configuration in Optuna's terms.

    A study copies the trials that it is given, which takes long. Nobody else has this one, so that it gives
    itself in the place of a copy.
    """

    def __init__(
        self, one: Tried, mark: Mapping[str, Any], distributions: dict[str, BaseDistribution]
    ) -> None:
        state = TrialState.RUNNING
        if one.values is not None:
            state = TrialState.COMPLETE
        elif one.pruned:
            state = TrialState.PRUNED
        now = datetime.now()
        super().__init__(
            number=-1,
            trial_id=-1,
            state=state,
            value=None,
            values=one.values,
            datetime_start=now,
            datetime_complete=now if state.is_finished() else None,
            params=dict(one.params),
            distributions=distributions,
            user_attrs={},
            system_attrs=dict(mark),
            intermediate_values={},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Told":
        return self
