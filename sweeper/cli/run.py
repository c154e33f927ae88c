"""The commands that train a study: from its beginning, or on from where it stopped."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..observers.tools import Tool
from ..paths import Home, data_folder
from ..signals import TerminatedError, terminable
from ..sweep.stopping import MAX_FAILURES, Limits
from .executor import Placement
from .options import (
    STUDY_FILE,
    Devices,
    ExecutorName,
    JobTime,
    MaxFailures,
    RayAddress,
    Sbatch,
    StaleTrials,
    Storage,
    StudyName,
    Timeout,
    TrialTimeout,
    Until,
    Workers,
    WorkloadName,
    named_study,
    scores_to_reach,
    storage_url,
)

if TYPE_CHECKING:
    from ..executors import Executor
    from ..executors.slurm import Slurm
    from ..study.study import Study

Logs = Annotated[
    list[Tool] | None,
    typer.Option(
        "--log",
        help="Log the trials for this tool too, under SWEEPER_HOME or MLFLOW_TRACKING_URI; repeatable.",
    ),
]


def run(
    *,
    study: Annotated[str, typer.Option(metavar="STUDY", help=STUDY_FILE)],
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Trials the study shall have in total, those already run included; default: the number "
            "asked for before, else every cell of a grid, else 10 configurations per arm and seed.",
        ),
    ] = None,
    workload: WorkloadName = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Run it under this name, as a study of its own: after a change."),
    ] = None,
    workers: Workers = None,
    devices: Devices = None,
    executor: ExecutorName = "local",
    ray_address: RayAddress = None,
    job_time: JobTime = None,
    sbatch: Sbatch = None,
    timeout: Timeout = None,
    until: Until = None,
    patience: StaleTrials = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    log: Logs = None,
    storage: Storage = None,
) -> None:
    """Runs a study: sample, train, record. Stop it at will; the same command goes on.

    `--trials 40` means 40 in total: a second call runs nothing, `--trials 44` runs four more. Choices, arms,
    seeds and wider ranges may be added to the file of a study that has run; other changes need a `--name`.

    Example: `sweeper run --study sbert-grid --trials 40 --workers auto`

    On real data: `SWEEPER_DATA=path/to/cs224n sweeper run --study sbert-grid --workload minilm --trials 4`
    """
    loaded = named_study(study, workload)
    loaded = loaded.named(name) if name else loaded
    reached = scores_to_reach(until or [], ["overall", *loaded.tasks])
    limits = Limits(timeout, reached, patience, max_failures, trial_timeout)
    where = Placement(executor, workers, devices, ray_address, job_time, sbatch)
    run_study(loaded, trials, where.executor_for(loaded), storage, limits, log or ())


def resume(
    *,
    study: StudyName = None,
    workload: Annotated[
        str | None, typer.Option(metavar="WORKLOAD", help="Which one, if the study ran on several.")
    ] = None,
    workers: Workers = None,
    devices: Devices = None,
    executor: ExecutorName = "local",
    ray_address: RayAddress = None,
    job_time: JobTime = None,
    sbatch: Sbatch = None,
    timeout: Timeout = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    log: Logs = None,
    storage: Storage = None,
) -> None:
    """Goes on with a study, as it was begun, to the number of trials already asked for.

    Trials that were under way continue from their checkpoints. For more trials, or after a change of the
    study file, use `sweeper run`.

    Example: `sweeper resume sbert-grid@demo`
    """
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.load import stored_study

    with Database(storage_url(storage), must_exist=True) as database:
        found = stored_study(find_study(database, study, workload).row)
    limits = Limits(seconds=timeout, trial_seconds=trial_timeout, max_failures=max_failures)
    where = Placement(executor, workers, devices, ray_address, job_time, sbatch)
    run_study(found, None, where.executor_for(found), storage, limits, log or ())


def run_study(  # noqa: PLR0917
    study: "Study",
    trials: int | None,
    executor: "Executor | Slurm | None",
    storage: str | None,
    limits: Limits,
    logs: Collection[Tool] = (),
) -> None:
    """Runs a study, says how far it came, and exits as the commands that train promise."""
    from ..executors.slurm import Slurm
    from ..observers.terminal import say
    from ..sweep import slurm as cluster
    from ..sweep import sweep

    home = Home.from_environment()
    console = Console()
    places = sweep.Places(storage or home.storage, home, data_folder())
    try:
        with terminable():
            if isinstance(executor, Slurm):
                count = cluster.run(study, trials, executor, places, console, limits, logs)
            else:
                count = sweep.run(study, trials, executor, places, console, limits, logs)
    except KeyboardInterrupt as stop:
        typer.echo(str(stop) or f"Stopped; go on with: sweeper resume {study.name}", err=True)
        raise typer.Exit(143 if isinstance(stop, TerminatedError) else 130) from None
    say(console, f"{study.name}: {count.standing()}")
    if count.failed:
        raise typer.Exit(1)
