"""The command that trains the leaders of a search again."""

from typing import Annotated

import typer

from ..sweep.stopping import MAX_FAILURES, Limits
from .executor import Placement
from .options import (
    Devices,
    ExecutorName,
    JobTime,
    MaxFailures,
    RayAddress,
    Sbatch,
    Storage,
    StudyName,
    Timeout,
    Workers,
    storage_url,
)
from .run import run_study


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
    seeds: Annotated[int, typer.Option(min=1, metavar="S", help="Fresh training seeds for each.")] = 5,
    workers: Workers = None,
    devices: Devices = None,
    executor: ExecutorName = "local",
    ray_address: RayAddress = None,
    job_time: JobTime = None,
    sbatch: Sbatch = None,
    timeout: Timeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    storage: Storage = None,
) -> None:
    """Trains the leaders of a study again, at seeds that its search has not seen.

    The best of many trials on dev is optimistic. The report of the study then shows both scores, and those
    on test rows where every task has some. It is a study of its own, STUDY-confirm: stop it, resume it,
    report it. The same command with a larger K or S adds to it.

    Example: `sweeper confirm sbert-grid --top 3 --seeds 5`
    """
    from ..report.confirmation import confirmation, confirmation_name
    from ..report.read import read_results
    from ..report.results import ranked
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.load import stored_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study)
        earlier = database.find(confirmation_name(store.row.name))
        found = stored_study(store.row)
        leaders = ranked(read_results(database, store))[: top or len(found.spec.arms)]
        confirming = confirmation(found, leaders, seeds, stored_study(earlier.row) if earlier else None)
    limits = Limits(seconds=timeout, max_failures=max_failures)
    where = Placement(executor, workers, devices, ray_address, job_time, sbatch)
    run_study(confirming, None, where.executor_for(confirming), storage, limits)
