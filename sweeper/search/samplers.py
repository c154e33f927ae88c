"""Draws the values of one configuration: Optuna's samplers, scipy's Sobol sequence, cmaes."""

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from heapq import nlargest
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from ..pareto import on_front
from ..study.space import Choice, FloatRange, IntRange, Space
from ..study.spec import SamplerSpec
from .distributions import distribution
from .history import Tried

BEST, LATEST, SAMPLED = 30, 30, 60
"""Configurations of an arm that tpe, gp and nsga2 see of a long history: the best, the latest, some between.

TPE models its good ones by the best tenth, 25 at most, so that these are the same as without a limit; the
others, with which it contrasts them, are an even sample.
"""

# One line per in-memory study would drown the driver's own lines.
optuna.logging.set_verbosity(optuna.logging.WARNING)


def draw_blindly(spec: SamplerSpec, space: Mapping[str, Space], configuration: int) -> dict[str, Any]:
    """Values that depend on no result: the configuration's point of a Sobol sequence for qmc, random others.

    Method: Sobol (1967) with Owen's scrambling, by scipy; independent uniform draws, by Optuna.
    """
    if spec.name != "qmc":
        return _asked(RandomSampler(seed=_seed(spec, configuration)), space, [], 1)
    from scipy.stats.qmc import Sobol

    sequence = Sobol(len(space), rng=spec.seed)
    if configuration:  # Sobol.fast_forward(0) is an error
        sequence.fast_forward(configuration)
    units = sequence.random(1)[0]
    return {key: entry.at(float(unit)) for (key, entry), unit in zip(space.items(), units, strict=True)}


def draw(
    spec: SamplerSpec,
    space: Mapping[str, Space],
    configuration: int,
    tried: Sequence[Tried],
    objectives: int,
) -> dict[str, Any]:
    """Values for a configuration, learnt from the earlier ones of its arm.

    A configuration without a result, because it runs or failed, is one to keep away from: for tpe it counts
    as a bad one; gp expects nothing new there. One that was pruned at all seeds counts for tpe as worse than
    any with a result; its epochs before do not matter. The other samplers leave both out.

    Args:
        spec: The sampler; one that learns.
        space: The space.
        configuration: Number of the configuration, from which the random state follows.
        tried: The earlier configurations, in order.
        objectives: Number of objectives, all to be raised.
    """
    if spec.name == "cma-es":
        return _cma_es(spec, space, configuration, tried)
    seen = _seen(tried)
    sampler = _learner(spec, _seed(spec, configuration))
    marks: list[dict[str, Any]] = [{} for _ in seen]
    if isinstance(sampler, NSGAIISampler):
        seen = [one for one in seen if one.values is not None]
        key = NSGAIISampler._get_generation_key()
        marks = [{key: position // spec.startup} for position in range(len(seen))]
    with _one_thread() if spec.name == "gp" else nullcontext():
        return _asked(sampler, space, list(zip(seen, marks, strict=True)), objectives)


def _seed(spec: SamplerSpec, configuration: int) -> int:
    # Not hash(): it differs from process to process.
    digest = hashlib.sha256(f"{spec.seed}/{configuration}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _learner(spec: SamplerSpec, seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        if spec.name == "gp":
            return GPSampler(seed=seed, n_startup_trials=spec.startup)
        if spec.name == "nsga2":
            return NSGAIISampler(seed=seed, population_size=spec.startup)
        return TPESampler(seed=seed, n_startup_trials=spec.startup, constant_liar=True)


def _seen(tried: Sequence[Tried]) -> list[Tried]:
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


def _asked(
    sampler: BaseSampler,
    space: Mapping[str, Space],
    seen: Sequence[tuple[Tried, dict[str, Any]]],
    objectives: int,
) -> dict[str, Any]:
    distributions = {key: distribution(entry) for key, entry in space.items()}
    search = optuna.create_study(directions=["maximize"] * objectives, sampler=sampler)
    for one, marks in seen:
        with suppress(ValueError):  # the space no longer holds it
            search.add_trial(_Told(one, marks, distributions))
    return search.ask(fixed_distributions=distributions).params


class _Told(FrozenTrial):
    """A configuration in Optuna's terms, made for one study: that need not copy it, which takes long."""

    def __init__(self, one: Tried, marks: dict[str, Any], distributions: dict[str, BaseDistribution]) -> None:
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
            system_attrs=marks,
            intermediate_values={},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Told":
        return self


@contextmanager
def _one_thread() -> Iterator[None]:
    """Gives torch one thread to fit a Gaussian process, as more would add up in another order."""
    import torch

    threads, verbosity = torch.get_num_threads(), optuna.logging.get_verbosity()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it warns that greenlet would make it faster
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        optuna.logging.set_verbosity(verbosity)


def _cma_es(
    spec: SamplerSpec, space: Mapping[str, Space], configuration: int, tried: Sequence[Tried]
) -> dict[str, Any]:
    """A draw from the normal distribution that CMA-ES has after the generations so far.

    Method: Hansen and Ostermeier (2001), by cmaes, on the unit cube from its centre with σ = 1/6. A
    generation is as many complete configurations as one needs, in order, wherever they were drawn.
    """
    from cmaes import CMA

    entries = {key: entry for key, entry in space.items() if not isinstance(entry, Choice)}
    dimensions = len(entries)
    optimizer = CMA(
        mean=np.full(dimensions, 0.5),
        sigma=1 / 6,
        bounds=np.tile([0.0, 1.0], (dimensions, 1)),
        n_max_resampling=10 * dimensions,
        seed=_seed(spec, configuration) % 2**31,
    )
    points = [
        (np.array([_unit(entry, one.params[key]) for key, entry in entries.items()]), -one.values[0])
        for one in tried
        if one.values is not None and one.params.keys() >= entries.keys()
    ]
    size = optimizer.population_size
    for generation in range(len(points) // size):
        optimizer.tell(points[generation * size : (generation + 1) * size])
    units = dict(zip(entries, optimizer.ask(), strict=True))
    return {key: entry.at(float(units.get(key, 0.0))) for key, entry in space.items()}


def _unit(entry: FloatRange | IntRange, value: Any) -> float:
    return min(max(entry.unit(value), 0.0), 1.0)
