"""Proposes the trials of a study."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..errors import InputError
from ..study.study import Study
from ..trial import PastTrial, TrialSpec
from .draw import Request, draw, draw_blindly
from .finding import Params, Wish, find, walk
from .history import History


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
    study enqueues, the first few of other samplers. Later ones follow the arm's own results, or with
    `sampler.peers` those of all arms, and are then the same for all again, wherever they are valid. Arms that
    do not search the same have the same values of what they share, where these are drawn blindly and have
    no end; each arm goes through a finite space of its own by itself.

    What does not apply beside the other values has no value, and no configuration breaks a constraint.

    What an arm has tried it does not get again under another number, nor what is not valid: it is drawn
    again, and in a finite space something else is found as long as there is something. An arm for which
    nothing is left, at no seed, has ended.

    Args:
        study: The study.
        number: The trial's number, from 0.
        history: The trials proposed so far, in any order. Results of the configuration itself and of those
            after it are ignored.

    Returns:
        The trial, or None if the study has no further one (see `ending`).
    """
    past = history if isinstance(history, History) else History.of(study, history)
    closed: set[str] = set()
    while slot := _free_place(study, past, number, closed):
        arm, seed, configuration = slot.arm, slot.seed, slot.configuration
        params = _params(study, slot, past)
        if params is not None:
            config = study.config(arm, params, seed)
            return TrialSpec(number, arm, params, config, seed, configuration, study.toggles[arm])
        closed.add(arm)
    return None


def _free_place(study: Study, history: History, number: int, closed: Collection[str]) -> _Slot | None:
    """The place of a trial, of those arms that have further configurations; None if there is no place."""
    room = {arm: 0 if arm in closed else history.room(arm) for arm in study.spec.arms}
    free: dict[tuple[int, str], int] = {}

    def open_(seed: int, arm: str, start: int) -> None:
        configuration = history.first_free(arm, seed, start)
        if history.may_have(arm, configuration, room[arm]):
            free[seed, arm] = configuration
        else:
            free.pop((seed, arm), None)

    for seed in study.spec.seeds:
        for arm in study.spec.arms:
            open_(seed, arm, 0)
    for _ in range(history.missing(number)):
        if free:
            seed, arm = _furthest_behind(free)
            open_(seed, arm, free[seed, arm] + 1)
    if not free:
        return None
    seed, arm = _furthest_behind(free)
    return _Slot(arm, seed, free[seed, arm])


def _furthest_behind(free: Mapping[tuple[int, str], int]) -> tuple[int, str]:
    # The first of them, where several are behind alike.
    return min(free, key=lambda place: free[place])


def _params(study: Study, slot: _Slot, history: History) -> Params | None:
    """Values of one configuration of one arm; None if there are no further ones.

    In this order: those recorded for the arm, those of another arm where arms share them, new ones.
    """
    recorded = history.of_configuration(slot.configuration)
    for past in recorded:
        if past.arm == slot.arm:
            return dict(past.params)
    if not study.searched.uniform:
        return _params_apart(study, slot, history)
    waiting, space = _waiting(study, slot, history), study.spaces[slot.arm]
    blind = _is_blind(study, slot.configuration)
    together = study.spec.sampler.peers == "study"
    for past in recorded:
        shared = blind or together or (waiting and _has(space.spelt(past.params), waiting[0]))
        if shared and space.has(past.params) and _suits(study, history, slot.arm, past.params):
            return dict(past.params)
    found = _for_all(study, slot, history) if blind else _drawn_alike(study, slot, history, waiting)
    if found is None and together and not blind and not recorded:
        found = _for_all_that_learn(study, slot, history)
    if found is not None:
        return found
    return _for_one(study, slot, history, blind)


def _params_apart(study: Study, slot: _Slot, history: History) -> Params | None:
    """Values of one configuration of an arm that does not search what the others do."""
    request, cells = _request(study, slot, history), history.cells(slot.arm)
    valid, had = partial(_is_valid_and_new, study, history, slot.arm), partial(history.repeats, slot.arm)

    def free(cell: int) -> bool:
        return not history.had(slot.arm, cell)

    blind, waiting = _is_blind(study, slot.configuration), _waiting(study, slot, history)
    parts = waiting
    if blind:
        others = history.of_configuration(slot.configuration)
        shared = [_shared(study, past, slot.arm) for past in others if cells is None]
        # Another arm may have had an enqueued configuration at this number, or only this arm has one.
        parts = [{**one, **part} for part in waiting[:1] for one in shared if _agrees(one, part)]
        parts += [*waiting, *shared, {}]
    for part in parts:
        found = find(request, Wish(draw_blindly, part, free, valid, had), cells)
        if found is not None and _has(found, part):
            return found
    return find(request, Wish(draw, {}, free, valid), cells) if not blind else None


def _shared(study: Study, past: PastTrial, arm: str) -> Params:
    """The values of another arm's trial that this arm would have drawn too, from the same entries."""
    own, other = study.spaces[arm], study.spaces[past.arm].labels
    same = {
        key: value for key, value in past.params.items() if key in other and own.labels.get(key) == other[key]
    }
    return own.part(same)


def _agrees(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two parts of a configuration have equal values of all keys that both have."""
    return all(one[key] == value for key, value in other.items() if key in one)


def _is_blind(study: Study, configuration: int) -> bool:
    """Whether a configuration is drawn without regard to results."""
    sampler = study.spec.sampler
    return not sampler.method.learns or configuration < sampler.startup


def _for_all(study: Study, slot: _Slot, history: History) -> Params | None:
    """Values that follow from the number alone, and so are the same for all arms.

    In a finite space also from what the lower numbers have: those that have no trial yet are drawn here as
    their drivers do.
    """
    gaps = history.gaps(slot.configuration) if history.cells(slot.arm) is not None else []
    ahead: list[Params] = []
    for configuration in [*gaps, slot.configuration]:
        place = _Slot(slot.arm, slot.seed, configuration)
        parts = [*_waiting(study, place, history, ahead), {}]
        found = _drawn_alike(study, place, history, parts, ahead)
        if configuration == slot.configuration:
            return found
        ahead += [found] if found is not None else []
    return None


def _drawn_alike(
    study: Study, slot: _Slot, history: History, parts: Iterable[Params], ahead: Iterable[Params] = ()
) -> Params | None:
    """Values drawn blindly that no configuration of a lower number has.

    Args:
        study: The study.
        slot: The place of the trial.
        history: The trials proposed so far.
        parts: Values that are set already, one after another: the first with which something is found.
        ahead: Values of lower numbers that have no trial yet, as their drivers will draw them.
    """
    cells = history.cells(slot.arm)
    taken = set() if cells is None else {cells.index(params) for params in ahead}

    def free(cell: int) -> bool:
        below = cell in taken or history.had_below(slot.configuration, cell)
        return not below and not history.had(slot.arm, cell)

    queue = [study.spaces[slot.arm].spelt(params) for params in study.spec.queue] if cells is None else []
    valid = partial(_is_valid_for_all, study, history)

    def valid_and_new(params: Params) -> bool:
        # Two studies of one sampler draw alike: one that begins with the other's best would draw these again.
        return params not in queue and valid(params)

    def had(params: Params) -> bool:
        return any(history.repeats(arm, params) for arm in study.spec.arms)

    request = _request(study, slot, history)
    found = (
        find(request, Wish(draw_blindly, part, free, valid if part else valid_and_new, had), cells)
        for part in parts
    )
    return next((params for params in found if params is not None), None)


def _for_all_that_learn(study: Study, slot: _Slot, history: History) -> Params | None:
    """Values that follow the results of all arms, that no arm has had and that are valid in each."""

    def free(cell: int) -> bool:
        return not any(history.had(arm, cell) for arm in study.spec.arms)

    wish = Wish(draw, {}, free, partial(_is_valid_for_all, study, history))
    return find(_request(study, slot, history), wish, history.cells(slot.arm))


def _for_one(study: Study, slot: _Slot, history: History, blind: bool) -> Params | None:
    """Values that follow an arm's own results; drawn blindly, a cell that only this arm has not had yet.

    Other arms have had that one under a lower number, or it is not valid for them.
    """
    request, cells = _request(study, slot, history), history.cells(slot.arm)
    valid = partial(_is_valid_and_new, study, history, slot.arm)
    wish = Wish(draw, {}, lambda cell: not history.had(slot.arm, cell), valid)
    if not blind:
        return find(request, wish, cells)
    return None if cells is None else walk(request, wish, cells)


def _request(study: Study, slot: _Slot, history: History) -> Request:
    spec = study.spec
    if spec.sampler.peers == "study":
        earlier = history.tried_together(slot.configuration)
    else:
        earlier = history.tried(slot.arm, slot.configuration)
    space = study.spaces[slot.arm]
    asked = None if space.plain else space
    return Request(spec.sampler, space.entries, slot.configuration, earlier, len(spec.objectives), arm=asked)


def _waiting(study: Study, slot: _Slot, history: History, ahead: Iterable[Params] = ()) -> list[Params]:
    """The enqueued configurations that an arm has not had yet; a study may get more of them later."""
    if not study.spec.queue:
        return []
    space = study.spaces[slot.arm]
    # An enqueued configuration all of whose values are of other arms is none for this one.
    waiting = [part for params in study.spec.queue if (part := space.part(params)) or not params]
    tried = [*(space.spelt(one.params) for one in history.tried(slot.arm, slot.configuration)), *ahead]
    for params in tried:
        had = next((part for part in waiting if _has(params, part)), None)
        if had is not None:
            waiting.remove(had)
    # One that leaves nothing to be drawn, and was had, is enqueued twice or was taken over too.
    return [part for part in waiting if part not in tried]


def _has(params: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Whether a configuration has all values of a part."""
    return all(key in params and params[key] == value for key, value in part.items())


def _suits(study: Study, history: History, arm: str, params: Mapping[str, Any]) -> bool:
    """Whether an arm may have the values that another one has: it has not had them, and they are valid."""
    cells = history.cells(arm)
    had = cells is not None and history.had(arm, cells.index(params))
    return not had and _is_valid_and_new(study, history, arm, params)


def _is_valid_and_new(study: Study, history: History, arm: str, params: Mapping[str, Any]) -> bool:
    """Whether values are valid in an arm, and it has not had them where its space has no end."""
    try:
        study.check_allowed(arm, params)
    except InputError:
        return False
    return not history.repeats(arm, params)


def _is_valid_for_all(study: Study, history: History, params: Mapping[str, Any]) -> bool:
    return all(_is_valid_and_new(study, history, arm, params) for arm in study.spec.arms)
