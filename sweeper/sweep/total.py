"""How many trials a study shall have in total."""

from collections.abc import Collection

from ..errors import InputError
from ..observers.terminal import say
from ..search.ending import End, end_of
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.study import Study
from ..trial import PastTrial, StudyRow
from .order import Order

CONFIGURATIONS_PER_ARM = 10
"""What an arm gets where neither the user nor the study says how many."""

MOST_TRIALS = 100_000
"""The longest study that is run to its end without being asked for so many trials."""


def total_of(study: Study, store: StudyStore | None, order: Order) -> int:
    """How many trials a study shall have; says so where it has fewer than were asked for.

    Args:
        study: The study.
        store: Where it is stored, if it was begun.
        order: What is asked for.

    Raises:
        InputError: If nobody said how many, and all that it can have are too many.
    """
    # Read for a study that ends alone: others may have many.
    ends = all(cells is not None for cells in study.searched.cells.values())
    past = store.trials.past() if store is not None and ends else []
    end = end_of(study, past)
    wanted = order.trials or (_wanted_before(store.row, end, past) if store else _default_trials(study, end))
    if end is None or wanted < end.trials:
        return wanted
    if order.trials is None and end.trials > MOST_TRIALS:
        raise InputError(f"study {study.name!r} {end}; say how many are to be run: --trials N")
    if wanted > end.trials:
        say(order.console, f"{study.name} {end}; {wanted} were asked for")
    return end.trials


def _wanted_before(row: StudyRow, end: End | None, past: Collection[PastTrial]) -> int:
    """The total asked for before; of a study that was to be run to its end, the end that it has now."""
    if end is None:
        return row.wanted
    before = end_of(stored_study(row), past)
    return end.trials if before is not None and row.wanted == before.trials else row.wanted


def _default_trials(study: Study, end: End | None) -> int:
    """How many trials a new study gets where nobody says: all of a grid, else some configurations an arm."""
    drawn = CONFIGURATIONS_PER_ARM * len(study.spec.arms) * len(study.spec.seeds)
    if end is None:
        return drawn
    return end.trials if study.spec.sampler.method.cells else min(drawn, end.trials)
