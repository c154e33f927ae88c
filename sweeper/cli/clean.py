"""The command that frees disk."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ..paths import Home, storage_url
from ..trial import RunState
from .command import STUDY_RUN, Which
from .options import Storage
from .say import say

if TYPE_CHECKING:
    from ..store.study import StudyStore
    from ..sweep.leftovers import Leftover


def clean(
    *,
    study: Annotated[
        str | None,
        Which(f"{STUDY_RUN}; default: all, with what lies beside their runs in SWEEPER_HOME."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this, nothing is removed.")] = False,
    storage: Storage = None,
) -> None:
    """Says what may go from the disk of this machine, and removes it with `--yes`.

    Checkpoints of finished trials; checkpoints and weights of failed ones, from which `sweeper retry` would
    go on; weights of trials that are not the best of their arm; what killed processes left; tokenised data
    that nobody has read for a day. What a report or a trial under way needs stays.

    Example: `sweeper clean sbert-grid --yes`
    """
    from ..show.disk import in_bytes, size_of
    from ..store.database import Database
    from ..store.studies import find_study

    home = Home.from_environment()
    with Database(storage_url(storage), must_exist=True) as database:
        stores = [find_study(database, study)] if study else database.studies()
        found = [*_of_runs(home, stores), *([] if study else _of_home(home))]
        seen = [(one, size_of(one.path), not yes or one.remove()) for one in found]
    kinds: dict[str, list[int]] = {}
    places: dict[str, set[str]] = {}
    kept = 0
    for leftover, size, gone in seen:
        if not gone:
            kept += 1
        else:
            kinds.setdefault(leftover.kind, []).append(size)
            places.setdefault(leftover.kind, set()).add(str((leftover.run or leftover.path).parent))
    for kind, sizes in kinds.items():
        say(f"{kind}: {len(sizes)}, {in_bytes(sum(sizes))}, in {', '.join(sorted(places[kind]))}")
    total = in_bytes(sum(sum(sizes) for sizes in kinds.values()))
    if kept:
        say(f"{kept} stay: they are in use, or this user may not remove them.")
    if not kinds:
        say("Nothing to free.")
    elif yes:
        say(f"Freed {total}.")
    else:
        say(f"{total} in all; remove it with --yes.")


def _of_runs(home: Home, stores: Iterable["StudyStore"]) -> Iterator["Leftover"]:
    from ..sweep.files import RunFiles
    from ..sweep.leftovers import FAILED, in_runs

    for store in stores:
        files = RunFiles.of(home, store)
        if other := files.taken():
            say(f"{store.row.name}: nothing is removed here: {other}", err=True)
        else:
            for one in in_runs(files, store.trials.standings()):
                # It may be retried before its turn comes, and be complete by then.
                may_go = partial(_has_failed, store, one)
                yield replace(one, may_go=may_go) if one.kind == FAILED else one


def _has_failed(store: "StudyStore", leftover: "Leftover") -> bool:
    """Whether the trial in whose folder something lies is a failed one now."""
    row = None if leftover.run is None else store.trials.row(int(leftover.run.name))
    return row is not None and row.state is RunState.FAILED


def _of_home(home: Home) -> Iterator["Leftover"]:
    from ..sweep.leftovers import temporaries, unread_cache

    yield from temporaries(home)
    yield from unread_cache(home)
