"""Proposes the trials of a study. The only file that talks to Optuna's samplers."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from statistics import fmean
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from .run import RunState
from .space import Choice, FloatRange, Space, Value
from .study import Study, TrialSpec

STARTUP = 5
"""Configurations of an arm drawn at random before TPE learns; an arm often gets no more than ten."""

# One line per in-memory study would drown the driver's own lines.
optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class PastTrial:
    """A trial that was proposed before.

    Attributes:
        number: Its number.
        arm: Its arm.
        params: Its values for the space.
        seed: Its training seed.
        configuration: Which configuration of its arm it trains, from 0.
        state: Where it stands.
        scores: ``overall`` and the score of each task; None unless it is complete.
    """

    number: int
    arm: str
    params: dict[str, Any]
    seed: int
    configuration: int
    state: RunState
    scores: dict[str, float] | None


@dataclass(frozen=True)
class _Slot:
    """A trial's place in its study."""

    arm: str
    seed: int
    configuration: int


def distributions(study: Study) -> dict[str, BaseDistribution]:
    """The study's space in Optuna's terms, and the settings that set its arms apart as choices."""
    toggles: dict[str, dict[Value, None]] = {}
    for values in study.toggles.values():
        for name, value in values.items():
            toggles.setdefault(name, {})[value] = None
    return {name: CategoricalDistribution(list(values)) for name, values in toggles.items()} | _space(study)


def _space(study: Study) -> dict[str, BaseDistribution]:
    return {key: _distribution(entry) for key, entry in study.space.items()}


def grid_size(study: Study) -> int | None:
    """Number of trials after which a study has no further one; None if it never ends.

    A study without a space ends too: its arms have one configuration each.
    """
    if study.space and study.spec.sampler.name != "grid":
        return None
    cells = math.prod(len(entry.cells() or ()) for entry in study.space.values())
    return cells * len(study.spec.arms) * len(study.spec.seeds)


def propose(study: Study, number: int, history: Sequence[PastTrial]) -> TrialSpec | None:
    """Proposes trial `number`; equal arguments give an equal proposal, in any process.

    The trial takes the first free place, going through the configurations, in each through the seeds, in each
    through the arms: at any time all arms have had the same number of trials, give or take one, and an arm
    or a seed that was added to the study catches up first. A configuration has the same parameters at all
    seeds of an arm. Those that are drawn blindly are also the same for all arms, so that arms are compared
    on equal terms: all of random and grid, the first few of tpe. Later ones follow the arm's own results.

    Args:
        study: The study.
        number: The trial's number, from 0.
        history: The trials proposed so far, in any order. Results of the configuration itself and of those
            after it are ignored.

    Returns:
        The trial, or None if the study has no further one (see `grid_size`).

    Raises:
        InputError: If the values drawn are not a valid configuration together.
    """
    slot = _first_free(study, history)
    params = _params(study, slot, history)
    if params is None:
        return None
    config = study.config(slot.arm, params, slot.seed)
    return TrialSpec(number, slot.arm, params, config, slot.seed, slot.configuration, study.toggles[slot.arm])


def _first_free(study: Study, history: Sequence[PastTrial]) -> _Slot:
    taken = {(past.configuration, past.seed, past.arm) for past in history}
    places = (
        (configuration, seed, arm)
        for configuration in count()
        for seed in study.spec.seeds
        for arm in study.spec.arms
    )
    configuration, seed, arm = next(place for place in places if place not in taken)
    return _Slot(arm, seed, configuration)


def _params(study: Study, slot: _Slot, history: Sequence[PastTrial]) -> dict[str, Any] | None:
    """Values of one configuration of one arm, recorded before or new; None if a grid has no further ones."""
    recorded = [past for past in history if past.configuration == slot.configuration]
    recorded.sort(key=lambda past: past.number)
    for past in recorded:
        if past.arm == slot.arm:
            return dict(past.params)
    if _blind(study, slot.configuration):
        for past in recorded:
            if _holds(study.space, past.params):
                return dict(past.params)
    if grid_size(study) is not None:
        return _next_cell(study.space, history)
    return _drawn(study, slot, history)


def _blind(study: Study, configuration: int) -> bool:
    return study.spec.sampler.name != "tpe" or configuration < STARTUP


def _holds(space: Mapping[str, Space], params: Mapping[str, Any]) -> bool:
    return params.keys() == space.keys() and all(entry.holds(params[key]) for key, entry in space.items())


def _drawn(study: Study, slot: _Slot, history: Sequence[PastTrial]) -> dict[str, Any]:
    configurations: dict[int, list[PastTrial]] = {}
    for past in sorted(history, key=lambda past: (past.configuration, past.number)):
        if past.arm == slot.arm and past.configuration < slot.configuration:
            configurations.setdefault(past.configuration, []).append(past)
    space = _space(study)
    past_trials = [_frozen(trials, space) for trials in configurations.values()]
    sampler = _sampler(study, slot.configuration)
    search = optuna.create_study(direction="maximize", sampler=sampler)
    search.add_trials([trial for trial in past_trials if trial is not None])
    return search.ask(fixed_distributions=space).params


def _sampler(study: Study, configuration: int) -> BaseSampler:
    spec = study.spec.sampler
    # Not hash(): it differs from process to process.
    digest = hashlib.sha256(f"{spec.seed}/{configuration}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    if _blind(study, configuration):
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=True, constant_liar=True)


def _frozen(trials: Sequence[PastTrial], space: dict[str, BaseDistribution]) -> FrozenTrial | None:
    """A past configuration with its mean score over seeds; None if the space no longer holds it."""
    scores = [past.scores["overall"] for past in trials if past.scores is not None]
    try:
        return create_trial(
            state=TrialState.COMPLETE if scores else TrialState.RUNNING,
            value=fmean(scores) if scores else None,
            params=trials[0].params,
            distributions=space,
        )
    except ValueError:
        return None


def _distribution(entry: Space) -> BaseDistribution:
    if isinstance(entry, Choice):
        return CategoricalDistribution(entry.values)
    if isinstance(entry, FloatRange):
        return FloatDistribution(entry.low, entry.high, log=entry.log, step=entry.step)
    return IntDistribution(entry.low, entry.high, log=entry.log, step=entry.step)


def _next_cell(space: Mapping[str, Space], history: Sequence[PastTrial]) -> dict[str, Any] | None:
    """The first combination that no configuration has; None if there is none left."""
    # As JSON: for Python, 1 and True are one value.
    had = {json.dumps([past.params.get(key) for key in space]) for past in history}
    for values in product(*(entry.cells() or () for entry in space.values())):
        if json.dumps(values) not in had:
            return dict(zip(space, values, strict=True))
    return None
