"""The commands that train a study: from its beginning, or on from where it stopped."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..observers.tools import TOOLS
from ..signals import exit_code
from ..sweep.runners import AUTO, at_once
from ..sweep.stopping import MAX_FAILURES, Limits, score_bounds
from ..url import Url
from .command import StudyFile, StudyName
from .executor import Placement, placed
from .options import (
    CodeFile,
    MaxFailures,
    Quiet,
    StaleTrials,
    Storage,
    Timeout,
    TrialTimeout,
    Until,
    WorkloadName,
    check_named,
    named,
    resuming,
    scores_to_reach,
)
from .say import say, saying

if TYPE_CHECKING:
    from ..api.plan import Plan
    from ..study.study import Study

Logs = Annotated[
    list[str] | None,
    named(
        TOOLS,
        "--log",
        help=f"Log the trials for this tool too, {', '.join(TOOLS)}, under SWEEPER_HOME or "
        "MLFLOW_TRACKING_URI; repeatable.",
        metavar="TOOL",
        own=True,
    ),
]


Planning = Annotated[
    bool,
    typer.Option(
        "--plan",
        help="Say what it will take, and run nothing: trials, hours from steps that are timed, disk, and the "
        "smallest difference that it could tell apart with its seeds.",
    ),
]


@placed
def run(
    *,
    study: StudyFile,
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
    where: Placement,
    timeout: Timeout = None,
    until: Until = None,
    patience: StaleTrials = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    log: Logs = None,
    plan: Planning = False,
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Runs a study: sample, train, record. Stop it at will; the same command goes on.

    `--trials 40` means 40 in total: a second call runs nothing, `--trials 44` runs four more. Choices, arms,
    seeds and wider ranges may be added to the file of a study that has run; other changes need a `--name`.

    Example: `sweeper run --study sbert-grid --trials 40 --workers auto`

    On real data: `SWEEPER_DATA=path/to/cs224n sweeper run --study sbert-grid --workload minilm --trials 4`
    """
    from ..api.training import study_to_run
    from ..study.load import study_folder

    loaded = study_to_run(study, workload, saying(quiet, err=True), storage, name)
    reached = scores_to_reach(until or [], score_bounds(loaded.tasks, loaded.overall))
    limits = Limits(timeout, reached, patience, max_failures, trial_timeout)
    if plan:
        _check_planned(where, limits, log or ())
        say("\n".join(_planned(loaded, trials, where, storage).lines()))
        return
    run_study(
        loaded,
        where,
        storage,
        limits,
        trials=trials,
        logs=log or (),
        working=study_folder(study),
        quiet=quiet,
    )


def _check_planned(where: Placement, limits: Limits, logs: Collection[str]) -> None:
    """Refuses what a plan does not heed.

    Raises:
        InputError: If its trials would not run on this machine, or as many at once as turns out fastest, or
            something was typed that ends a sweep early, or that only a run does.
    """
    if where.executor != "local" or where.workers == AUTO:
        chosen = f"--executor {where.executor}" if where.executor != "local" else "--workers auto"
        raise InputError(
            f"--plan times steps on this machine: leave {chosen} out, or name a number of workers"
        )
    unheeded = {
        "--timeout": limits.seconds,
        "--until": limits.until,
        "--patience": limits.stale_trials,
        "--trial-timeout": limits.trial_seconds,
        "--max-failures": limits.max_failures != MAX_FAILURES,
        "--log": logs,
    }
    typed = [option for option, value in unheeded.items() if value]
    if typed:
        raise InputError(f"--plan says what all trials take to their end: leave {', '.join(typed)} out")


def _planned(study: "Study", trials: int | None, where: Placement, storage: Url | None) -> "Plan":
    """What a study will take, with as many trials at once as a run would have.

    Raises:
        InputError: If an option goes with another executor, or a device is missing.
    """
    from ..api.plan import plan
    from ..paths import Home, data_folder, storage_url
    from ..sweep.order import Order, Places

    where(study)  # refuses what a run refuses
    workers, _ = at_once(where.workers, where.options["devices"])
    places = Places(storage_url(storage), Home.from_environment(), data_folder())
    return plan(Order(study, trials, places, Console(stderr=True)), workers)


@placed
def resume(
    *,
    study: StudyName = None,
    workload: Annotated[
        str | None,
        typer.Option(metavar="WORKLOAD", help="Name or file of the one, if the study ran on several."),
    ] = None,
    code: CodeFile = None,
    where: Placement,
    timeout: Timeout = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    log: Logs = None,
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Goes on with a study, as it was begun, to the number of trials already asked for.

    Trials that were under way continue from their checkpoints. For more trials, or after a change of the
    study file, use `sweeper run`.

    Example: `sweeper resume sbert-grid@demo`
    """
    from ..api.training import begun_study

    found = begun_study(study, workload, saying(quiet, err=True), storage, code)
    limits = Limits(seconds=timeout, trial_seconds=trial_timeout, max_failures=max_failures)
    run_study(found, where, storage, limits, logs=log or (), quiet=quiet)


def run_study(
    study: "Study",
    where: Placement,
    storage: Url | None,
    limits: Limits,
    *,
    trials: int | None = None,
    logs: Collection[str] = (),
    working: Path = Path(),
    quiet: bool = False,
) -> None:
    """Runs a study and says how far it came: the common half of `run`, `resume` and `confirm`.

    Args:
        study: The study.
        where: Where its trials run.
        storage: The database; None: as in `storage_url`.
        limits: What ends the sweep, or a trial, early.
        trials: Trials that it shall have in total; None: as in `Order`.
        logs: Names of the other tools for which the trials are logged.
        working: The user's working folder, of which git may know something.
        quiet: Whether nothing but errors is printed.

    Raises:
        Exit: With the code of the signal if one stopped it; with 1 if trials have failed.
    """
    from ..api.training import train
    from ..observers.terminal import say as note

    check_named(logs, TOOLS, "--log")
    console = Console(quiet=quiet)
    try:
        count = train(
            study,
            where(study),
            limits,
            console=console,
            storage=storage,
            trials=trials,
            logs=logs,
            working=working,
        )
    except KeyboardInterrupt as stop:
        again = resuming(study.name, storage, own_code=bool(study.sources))
        say(str(stop) or f"Stopped; go on with: {again}", err=True)
        raise typer.Exit(exit_code(stop)) from None
    note(console, f"{study.name}: {count.standing()}")
    if count.failed:
        raise typer.Exit(1)
