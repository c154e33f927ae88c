"""Proposes the trials of a study. The only file that talks to Optuna's samplers."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
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
        overall: Its score; None while it runs, and if it failed or was pruned.
    """

    number: int
    arm: str
    params: dict[str, Any]
    seed: int
    overall: float | None


@dataclass(frozen=True)
class _Slot:
    """Where a trial stands in its study.

    Numbers run over the arms, then the seeds, then the configurations, so that at any time all arms have
    had the same number of trials, give or take one.
    """

    arm: int
    seed: int
    configuration: int

    @classmethod
    def of(cls, study: Study, number: int) -> "_Slot":
        rest, arm = divmod(number, len(study.spec.arms))
        configuration, seed = divmod(rest, len(study.spec.seeds))
        return cls(arm, seed, configuration)


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

    The first configurations of all arms are the same, so that arms are compared on equal terms; later ones
    follow each arm's own results.

    Args:
        study: The study.
        number: The trial's number, from 0.
        history: The trials proposed so far, in any order. Configurations after this trial's are ignored.

    Returns:
        The trial, or None if the study ends before this number (see `grid_size`).

    Raises:
        InputError: If the values drawn are not a valid configuration together.
    """
    size = grid_size(study)
    if size is not None and number >= size:
        return None
    slot = _Slot.of(study, number)
    arm, seed = list(study.spec.arms)[slot.arm], study.spec.seeds[slot.seed]
    params = _params(study, slot, history)
    return TrialSpec(number, arm, params, study.config(arm, params, seed), seed, study.toggles[arm])


def _params(study: Study, slot: _Slot, history: Sequence[PastTrial]) -> dict[str, Any]:
    """Values of one configuration of one arm: those of a trial that has it already, or new ones."""
    configurations: dict[int, list[PastTrial]] = {}
    for past in sorted(history, key=lambda past: past.number):
        other = _Slot.of(study, past.number)
        if other.arm == slot.arm and other.configuration <= slot.configuration:
            configurations.setdefault(other.configuration, []).append(past)
    replicates = configurations.pop(slot.configuration, [])
    if replicates:
        return dict(replicates[0].params)
    if grid_size(study) is not None:
        return _cell(study.space, slot.configuration)
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
    if spec.name == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=True, constant_liar=True)


def _frozen(trials: Sequence[PastTrial], space: dict[str, BaseDistribution]) -> FrozenTrial | None:
    """A past configuration with its mean score over seeds; None if the space no longer holds it."""
    scores = [past.overall for past in trials if past.overall is not None]
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


def _cell(space: Mapping[str, Space], index: int) -> dict[str, Any]:
    values = product(*(entry.cells() or () for entry in space.values()))
    return dict(zip(space, next(islice(values, index, None)), strict=True))
