"""The commands that train a study: from its beginning, or on from where it stopped."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import NoStudiesError
from ..observers.tools import TOOLS
from ..paths import Home, data_folder
from ..signals import exit_code, terminable
from ..sweep.stopping import MAX_FAILURES, Limits
from ..url import Url
from .command import StudyFile, StudyName
from .executor import Placement, placed
from .options import (
    CodeFile,
    MaxFailures,
    StaleTrials,
    Storage,
    Timeout,
    TrialTimeout,
    Until,
    WorkloadName,
    check_named,
    named,
    named_study,
    resuming,
    scores_to_reach,
    storage_url,
)
from .say import say

if TYPE_CHECKING:
    from ..store.database import Database
    from ..study.study import Study

Logs = Annotated[
    list[str] | None,
    named(
        TOOLS,
        "--log",
        help="Log the trials for this tool too, under SWEEPER_HOME or MLFLOW_TRACKING_URI; repeatable.",
        metavar="<list[{}]>",
        own=True,
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
    storage: Storage = None,
) -> None:
    """Runs a study: sample, train, record. Stop it at will; the same command goes on.

    `--trials 40` means 40 in total: a second call runs nothing, `--trials 44` runs four more. Choices, arms,
    seeds and wider ranges may be added to the file of a study that has run; other changes need a `--name`.

    Example: `sweeper run --study sbert-grid --trials 40 --workers auto`

    On real data: `SWEEPER_DATA=path/to/cs224n sweeper run --study sbert-grid --workload minilm --trials 4`
    """
    from ..study.load import study_folder

    def begun(own: str) -> "Study | None":
        return _begun(own if name is None else f"{name}@{own.rpartition('@')[2]}", storage)

    loaded = named_study(study, workload, begun)
    loaded = loaded if name is None else loaded.named(name)
    reached = scores_to_reach(until or [], ["overall", *loaded.tasks])
    lower = [name for name, task in loaded.tasks.items() if not task.scorer.higher_is_better]
    limits = Limits(timeout, reached, patience, max_failures, trial_timeout, lower)
    run_study(loaded, where, storage, limits, trials=trials, logs=log or (), working=study_folder(study))


def patient_database(storage: Url | None) -> "Database":
    """The database of a command that trains: where it does not answer, that is waited for."""
    from ..store.database import Database
    from ..store.retrying import DATABASE_SECONDS, RetryPolicy

    waits = RetryPolicy(DATABASE_SECONDS, partial(say, err=True))
    return Database(storage_url(storage), must_exist=True, waits=waits)


def _begun(name: str, storage: Url | None) -> "Study | None":
    """A study as it was begun; None if it was not."""
    from ..study.load import stored_study

    with suppress(NoStudiesError), patient_database(storage) as database:
        store = database.find(name)
        return None if store is None else stored_study(store.row)
    return None


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
    storage: Storage = None,
) -> None:
    """Goes on with a study, as it was begun, to the number of trials already asked for.

    Trials that were under way continue from their checkpoints. For more trials, or after a change of the
    study file, use `sweeper run`.

    Example: `sweeper resume sbert-grid@demo`
    """
    from model.plugins.load import load

    from ..store.studies import find_study
    from ..study.load import stored_study, unchanged_code

    with patient_database(storage) as database:
        row = find_study(database, study, workload).row
    load(sources := unchanged_code(row, code or study))
    found = replace(stored_study(row), sources=sources)
    limits = Limits(seconds=timeout, trial_seconds=trial_timeout, max_failures=max_failures)
    run_study(found, where, storage, limits, logs=log or ())


def run_study(
    study: "Study",
    where: Placement,
    storage: Url | None,
    limits: Limits,
    *,
    trials: int | None = None,
    logs: Collection[str] = (),
    working: Path = Path(),
) -> None:
    """Runs a study, says how far it came, and exits as the commands that train promise."""
    from ..observers.terminal import say as note
    from ..sweep.order import Order, Places

    check_named(logs, TOOLS, "--log")
    run_order = where(study)
    home = Home.from_environment()
    places = Places(storage_url(storage), home, data_folder(), working)
    order = Order(study, trials, places, Console(), limits, logs)
    try:
        with terminable():
            count = run_order(order)
    except KeyboardInterrupt as stop:
        say(str(stop) or f"Stopped; go on with: {resuming(study.name, storage)}", err=True)
        raise typer.Exit(exit_code(stop)) from None
    note(order.console, f"{study.name}: {count.standing()}")
    if count.failed:
        raise typer.Exit(1)
