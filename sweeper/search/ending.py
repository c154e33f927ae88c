"""When a study has no further trial, and why."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

from ..errors import InputError
from ..study.study import Study
from ..text import one_line, plural
from ..trial import PastTrial
from .draw import Request, draw_blindly
from .finding import INVALID, Params
from .history import History


@dataclass(frozen=True)
class End:
    """The end of a study whose space is finite.

    Attributes:
        trials: How many it has then.
        reason: Why so many.
    """

    trials: int
    reason: str

    def __str__(self) -> str:
        """For example ``ends after 2 trials: its space has 2 configurations, for 1 arm and 1 seed``."""
        return f"ends after {plural(self.trials, 'trial')}: {self.reason}"


def end_of(study: Study, trials: Collection[PastTrial] = ()) -> End | None:
    """When a study ends by itself; None if its space has no end.

    A study without a space ends too: its arms have one configuration each.

    Args:
        study: The study.
        trials: Its trials so far: an earlier version may have tried a configuration more than once.
    """
    counts = [None if cells is None else cells.count for cells in study.searched.cells.values()]
    finite = [count for count in counts if count is not None]
    if len(finite) < len(counts):
        return None
    arms, seeds = study.spec.arms, study.spec.seeds
    history = History.of(study, trials)
    once = sum(finite) * len(seeds)
    total = len(history) + sum(int(history.places(arm, seeds)) for arm in arms)
    has = f"its space has {plural(finite[0], 'configuration')}" if study.space else "it has no space"
    where = plural(len(arms), "arm")
    if len(set(finite)) > 1:
        has, where = "its arms have spaces of their own", f"{' + '.join(map(str, finite))} configurations"
    again = f", and {plural(total - once, 'trial')} repeat one" if total > once else ""
    return End(total, f"{has}, for {where} and {plural(len(seeds), 'seed')}{again}")


def why_ended(study: Study, history: History) -> str:
    """Why nothing further can be proposed for a study, as a sentence without its full stop."""
    refused = next(_refused(study, history), None)
    if refused is None:
        return "every configuration of its space has been tried, or is under way"
    return f"no further configuration of its space was found to be valid; for example, {refused}"


def _refused(study: Study, history: History) -> Iterator[str]:
    """What is wrong with configurations that the arms have not had."""
    for arm in study.spec.arms:
        for params in islice(_untried(study, history, arm), INVALID):
            try:
                study.check_allowed(arm, params)
            except InputError as error:
                yield one_line(str(error))


def _untried(study: Study, history: History, arm: str) -> Iterator[Params]:
    cells, space = history.cells(arm), study.spaces[arm]
    if cells is not None:
        yield from (cells.params(cell) for cell in range(cells.count) if not history.had(arm, cell))
        return
    request = Request(
        study.spec.sampler,
        space.entries,
        0,
        (),
        len(study.spec.objectives),
        arm=None if space.plain else space,
    )
    yield from (draw_blindly(replace(request, attempt=attempt)) for attempt in count())
