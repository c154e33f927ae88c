"""How far a study has come, as JSON for programs."""

from typing import Any

from ..store.study import StudyStore
from ..trial import Standing
from .status import tally


def standing_json(store: StudyStore) -> dict[str, Any]:
    """How far a study has come: every key is always there, null where there is nothing.

    Returns:
        ``study``, ``uuid``, numbers of trials (``wanted``, ``complete``, ``pruned``, ``failed``, of those by
        class ``failures``), ``best`` (``trial`` and ``overall``), ``arms``, the best of each likewise,
        ``archived``, since when, and ``origin``, null but of a study that was imported.
    """
    count = tally(store)
    best, away = count.best, store.row.archived
    return {
        "study": store.row.name,
        "uuid": store.row.uuid,
        "wanted": count.wanted,
        "complete": count.finished - count.pruned - count.failed,
        "pruned": count.pruned,
        "failed": count.failed,
        "failures": {kind.value: number for kind, number in count.failures.items()},
        "best": None if best is None else {"trial": best[0], "overall": best[1]},
        "arms": {arm: _best_of(arm, count.bests, count.partial) for arm in count.arms},
        "archived": away and away.isoformat(),
        "origin": store.row.origin,
    }


def status_json(store: StudyStore) -> dict[str, Any]:
    """The same with each trial, and what was changed in the study.

    Returns:
        As in `standing_json`, and ``changes`` (``at``, UTC, and ``what``) and ``trials`` by number:
        ``trial``, ``arm``, ``state``, ``seconds``, ``error_class``, ``scores``, ``reused_from``.
    """
    changes = [{"at": moment.isoformat(), "what": what} for moment, what in store.changes()]
    trials = [_trial(one) for one in store.trials.standings()]
    return {**standing_json(store), "changes": changes, "trials": trials}


def _best_of(
    arm: str, bests: dict[str, tuple[int, float]], partial: set[str]
) -> dict[str, int | float | None] | None:
    if arm not in bests:
        return None
    number, score = bests[arm]
    return {"trial": number, "overall": None if arm in partial else score}


def _trial(one: Standing) -> dict[str, Any]:
    return {
        "trial": one.number,
        "arm": one.arm,
        "state": one.state.value,
        "seconds": one.seconds,
        "error_class": one.error_class and one.error_class.value,
        "scores": one.scores,
        "reused_from": one.reused_from,
    }
