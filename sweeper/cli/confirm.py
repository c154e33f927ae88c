"""The command that trains the leaders of a search again."""

from dataclasses import replace
from typing import Annotated

import typer

from ..paths import storage_url
from ..sweep.stopping import MAX_FAILURES, Limits
from .command import StudyName
from .executor import Placement, placed
from .options import CodeFile, MaxFailures, Quiet, Storage, Timeout
from .run import run_study

MOST_FRESH = 10_000
"""More than anybody trains; each is a line of the study that confirms."""


@placed
def confirm(
    *,
    study: StudyName = None,
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="K",
            help="Configurations: the best of each arm, best arm first, then the second best of each; "
            "default: one an arm.",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=MOST_FRESH, metavar="S", help="Fresh training seeds for each.")
    ] = 5,
    where: Placement,
    timeout: Timeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    code: CodeFile = None,
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Trains the leaders of a study again, at seeds that its search has not seen.

    The best of many trials on dev is optimistic. The report of the study then shows both scores, and those
    on test rows where every task has some. It is a study of its own, STUDY-confirm, and never the latest:
    stop it, resume it, report it by that name. The same command with a larger K or S adds to it.

    Example: `sweeper confirm sbert-grid --top 3 --seeds 5`
    """
    from model.plugins.load import load

    from ..report.confirmation import confirmation
    from ..report.read import read_study
    from ..report.results import leaders, rank_configurations
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.load import stored_study, unchanged_code
    from ..study.named import confirmation_name

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study)
        load(sources := unchanged_code(store.row, code or study))
        earlier = database.find(confirmation_name(store.row.name))
        found = read_study(database, store)
        ranked = rank_configurations(found.results)[:top] if top else leaders(found.results)
        before = stored_study(earlier.row) if earlier else None
        confirming = confirmation(found.study, ranked, seeds, before)
        confirming = replace(confirming, sources=sources)
    limits = Limits(seconds=timeout, max_failures=max_failures)
    run_study(confirming, where, storage, limits, quiet=quiet)
