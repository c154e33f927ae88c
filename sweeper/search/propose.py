"""Proposes the trials of a study."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..study.problem import FieldError
from ..study.space import Space
from ..study.study import Study, grid_size
from ..trial import PastTrial, TrialSpec
from .draw import Request, draw, draw_blindly
from .history import History, Tried


@dataclass(frozen=True)
class _Slot:
    """A trial's place in its study."""

    arm: str
    seed: int
    configuration: int


def propose(study: Study, number: int, history: History | Iterable[PastTrial]) -> TrialSpec | None:
    """Proposes trial `number`; equal arguments give an equal proposal, in any process.

    The trial takes the first free place, going through the configurations, in each through the seeds, in each
    through the arms: at any time all arms have had the same number of trials, give or take one, and an arm
    or a seed that was added to the study catches up first. Lower numbers that have no trial yet are about to
    get one from other drivers; as many places are left to them, or all would want the same.

    A configuration has the same parameters at all seeds of an arm. Those that are drawn blindly are also the
    same for all arms, so that arms are compared on equal terms: all of random, qmc and grid, those that the
    study enqueues, the first few of other samplers. Later ones follow the arm's own results.

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
    past = history if isinstance(history, History) else History(study.spec.objectives, history)
    slot = _free_place(study, past, number)
    params = _params(study, slot, past)
    if params is None:
        return None
    config = study.config(slot.arm, params, slot.seed)
    return TrialSpec(number, slot.arm, params, config, slot.seed, slot.configuration, study.toggles[slot.arm])


def _free_place(study: Study, history: History, number: int) -> _Slot:
    free = {
        (seed, arm): history.first_free(arm, seed) for seed in study.spec.seeds for arm in study.spec.arms
    }
    for _ in range(history.missing(number)):
        seed, arm = _furthest_behind(free)
        free[seed, arm] = history.first_free(arm, seed, free[seed, arm] + 1)
    seed, arm = _furthest_behind(free)
    return _Slot(arm, seed, free[seed, arm])


def _furthest_behind(free: Mapping[tuple[int, str], int]) -> tuple[int, str]:
    # The first of them, where several are behind alike.
    return min(free, key=lambda place: free[place])


def _params(study: Study, slot: _Slot, history: History) -> dict[str, Any] | None:
    """Values of one configuration of one arm, recorded before or new; None if a grid has no further ones."""
    recorded = history.of_configuration(slot.configuration)
    for past in recorded:
        if past.arm == slot.arm:
            return dict(past.params)
    sampler, configuration = study.spec.sampler, slot.configuration
    earlier = history.tried(slot.arm, configuration)
    enqueued = _waiting(study, earlier)
    blind = not sampler.method.learns or configuration < sampler.startup
    for past in recorded:
        if _holds(study.space, past.params) and (blind or (enqueued and _has(past.params, enqueued))):
            return dict(past.params)
    if grid_size(study) is not None:
        return _next_cell(study.space, history)
    request = Request(sampler, study.space, configuration, earlier, len(study.spec.objectives))
    if blind or enqueued is not None:
        return draw_blindly(request) | (enqueued or {})
    return draw(request)


def _waiting(study: Study, earlier: Iterable[Tried]) -> dict[str, Any] | None:
    """The first of the enqueued configurations that an arm has not had; one may be added to a study later."""
    waiting = [
        {key: study.space[key].read(value) for key, value in params.items()} for params in study.spec.enqueue
    ]
    for one in earlier:
        if not waiting:
            return None
        had = next((params for params in waiting if _has(one.params, params)), None)
        if had is not None:
            waiting.remove(had)
    return waiting[0] if waiting else None


def _has(params: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    return all(key in params and params[key] == value for key, value in part.items())


def _holds(space: Mapping[str, Space], params: Mapping[str, Any]) -> bool:
    try:
        return {key: entry.read(params[key]) for key, entry in space.items()} == params
    except (FieldError, KeyError):
        return False


def _next_cell(space: Mapping[str, Space], history: History) -> dict[str, Any] | None:
    """The first combination that no configuration has; None if there is none left."""
    # As JSON: for Python, 1 and True are one value.
    had = {json.dumps([past.params.get(key) for key in space]) for past in history}
    for values in product(*(entry.cells() or () for entry in space.values())):
        if json.dumps(values) not in had:
            return dict(zip(space, values, strict=True))
    return None
