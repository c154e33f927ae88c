"""What a study that begins takes over from earlier ones of its database."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ..errors import InputError
from ..observers.terminal import say
from ..search.history import History
from ..store.database import Database
from ..store.foreign import foreign_study
from ..store.studies import find_study
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.study import Study
from ..study.warmstart import WarmStart, taken_over
from ..text import plural
from ..trial import RunState
from .order import Order


def warmed(database: Database, order: Order, study: Study) -> Study:
    """A study that begins, with the first configurations that it takes over; says how many.

    Of each earlier study the configurations are ranked by its own results, over its arms and seeds: those
    first that have the most complete trials.

    Args:
        database: Where it and the earlier ones are.
        order: What is to be done.
        study: Its study.

    Raises:
        InputError: If there is no such study, it was searched for another score, or it has no results.
    """
    warm = study.spec.warm_start
    if warm is None:
        return study
    ranked = []
    for name in warm.studies:
        try:
            store = find_study(database, name, foreign=True)
            own = store.row.origin is None
            ranked.append(_ranked(store, study) if own else _ranked_elsewhere(store, study, order))
        except InputError as error:
            raise InputError(f"study {study.name!r}: warm_start.studies: {error}") from None
    found = taken_over(ranked, study.space, warm.top)
    if not found:
        raise InputError(
            f"study {study.name!r}: warm_start.studies: none of their configurations has a value that the "
            f"space of this study holds"
        )
    say(
        order.console,
        f"{study.name}: warm start with {plural(len(found), 'configuration')} that did best in "
        f"{', '.join(warm.studies)}",
    )
    began = WarmStart(studies=warm.studies, top=warm.top, configurations=tuple(found))
    return replace(study, spec=study.spec.model_copy(update={"warm_start": began}))


def _ranked_elsewhere(store: StudyStore, study: Study, order: Order) -> list[dict[str, object]]:
    """Values of the trials of a study that was imported, the best there first; says by which scores.

    An imported study with several objectives must have those of this study; one with a single objective is
    ranked by it, whatever it is called.
    """
    found, name = foreign_study(store), store.row.name
    objectives, directions = found.origin.objectives, found.origin.directions
    if len(objectives) > 1 and objectives != study.spec.objectives:
        raise InputError(
            f"{name} was imported with {', '.join(objectives)}, this study raises "
            f"{', '.join(study.spec.objectives)}"
        )
    if not found.complete:
        raise InputError(f"{name} has no complete trial")
    by = ", ".join(f"{one} ({way})" for one, way in zip(objectives, directions, strict=True))
    say(order.console, f"{study.name}: {name} was not made here; its best are those by {by}")
    return [dict(trial.params) for trial in found.ranked()]


def _ranked(store: StudyStore, study: Study) -> list[dict[str, object]]:
    """Values of the configurations of an earlier study, the best first."""
    earlier = stored_study(store.row)
    if earlier.spec.objectives != study.spec.objectives:
        raise InputError(
            f"{store.row.name} raises {', '.join(earlier.spec.objectives)}, this study "
            f"{', '.join(study.spec.objectives)}"
        )
    trials = store.trials.past()
    complete = [one for one in History.of(earlier, trials).tried_together() if one.values is not None]
    if not complete:
        raise InputError(f"{store.row.name} has no complete trial yet")
    runs = Counter(_text(one.params) for one in trials if one.state is RunState.COMPLETE)
    # One lucky seed, beside others that were pruned or failed, is no mean; nor is one of several arms.
    complete.sort(key=lambda one: (runs[_text(one.params)], one.values or ()), reverse=True)
    return [dict(one.params) for one in complete]


def _text(params: Mapping[str, object]) -> str:
    return json.dumps(params, sort_keys=True)
