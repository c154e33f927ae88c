"""The commands: each parses its options, calls one function, and prints."""

import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from model.errors import ModelError

from .errors import InputError, NoStudiesError, SweeperError
from .interrupt import TerminatedError, terminable
from .limits import MAX_FAILURES, Limits
from .options import (
    STUDY_FILE,
    STUDY_RUN,
    ExecutorName,
    MaxFailures,
    Patience,
    Storage,
    StudyName,
    Timeout,
    TrialTimeout,
    Until,
    Workers,
    WorkloadName,
    scores_to_reach,
)
from .run import ErrorClass
from .rundir import Home, data_folder

if TYPE_CHECKING:
    from .executors import Executor
    from .study import Study

DEBUG = "--debug"

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder.\n\n"
    "Begin with `sweeper run --study quickstart --trials 8`, then `sweeper report`.\n\n"
    "Results are kept under SWEEPER_HOME (default `.sweeper/`); data files are read from SWEEPER_DATA.\n\n"
    "Exit codes: 0 done, 1 some trials failed, 2 bad input, 130 interrupted, 143 terminated.",
)


@app.callback()
def options(
    *,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show the traceback of an error; before or after the command.")
    ] = False,
) -> None:
    """Options of every command."""
    # `main` has taken it out of the arguments, from wherever it stood; it is declared here for the help.


@app.command()
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
    workers: Workers = 1,
    executor: ExecutorName = "local",
    timeout: Timeout = None,
    until: Until = None,
    patience: Patience = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    storage: Storage = None,
) -> None:
    """Runs a study: sample, train, record. Stop it at will; the same command goes on.

    `--trials 40` means 40 in total: a second call runs nothing, `--trials 44` runs four more. Choices, arms,
    seeds and wider ranges may be added to the file of a study that has run; other changes need a `--name`.

    Example: `sweeper run --study sbert-grid --trials 40 --workers 2`

    On real data: `SWEEPER_DATA=path/to/cs224n sweeper run --study sbert-grid --workload minilm --trials 4`
    """
    loaded = _load(study, workload)
    loaded = loaded.named(name) if name else loaded
    reached = scores_to_reach(until or [], ["overall", *loaded.tasks])
    limits = Limits(timeout, reached, patience, max_failures, trial_timeout)
    _run(loaded, trials, _executor(executor, workers), storage, limits)


@app.command()
def resume(
    *,
    study: StudyName = None,
    workload: Annotated[
        str | None, typer.Option(metavar="WORKLOAD", help="Which one, if the study ran on several.")
    ] = None,
    workers: Workers = 1,
    executor: ExecutorName = "local",
    timeout: Timeout = None,
    trial_timeout: TrialTimeout = None,
    max_failures: MaxFailures = MAX_FAILURES,
    storage: Storage = None,
) -> None:
    """Goes on with a study, as it was begun, to the number of trials already asked for.

    Trials that were under way continue from their checkpoints. For more trials, or after a change of the
    study file, use `sweeper run`.

    Example: `sweeper resume sbert-grid@demo`
    """
    from .database import Database
    from .studyfile import stored_study
    from .sweep import find_sweep

    with Database(_storage(storage), must_exist=True) as database:
        found = stored_study(find_sweep(database, study, workload))
    limits = Limits(seconds=timeout, trial_seconds=trial_timeout, max_failures=max_failures)
    _run(found, None, _executor(executor, workers), storage, limits)


@app.command()
def retry(
    *,
    study: StudyName = None,
    error_class: Annotated[
        ErrorClass | None,
        typer.Option(
            "--class", metavar="CLASS", help="Only those that failed of oom, nan, killed, timeout or error."
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Puts the failed trials of a study back into the queue; `sweeper resume` then goes on with them.

    They keep their numbers, and continue from their checkpoints where there are any.

    Example: `sweeper retry sbert-grid --class oom`
    """
    from .database import Database
    from .sweep import find_sweep

    with Database(_storage(storage), must_exist=True) as database:
        name = find_sweep(database, study).name
        numbers = database.retry(name, error_class)
    kind = f" of class {error_class}" if error_class else ""
    if not numbers:
        typer.echo(f"{name} has no failed trials{kind}.")
        return
    typer.echo(
        f"{name}: queued again: trial {', '.join(map(str, numbers))}; go on with: sweeper resume {name}"
    )


@app.command()
def report(
    study: Annotated[
        str | None,
        typer.Option(metavar="STUDY", help=f"{STUDY_RUN}; default: the latest."),
    ] = None,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the reports.")] = Path("reports"),
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md` holds the tables and `trials.csv` every
    trial. A study that still runs can be reported too.

    Example: `sweeper report --study sbert-grid`
    """
    from .database import Database
    from .report import write_report
    from .sweep import find_sweep
    from .terminal import print_tables

    with Database(_storage(storage), must_exist=True) as database:
        name = find_sweep(database, study).name
        written = write_report(database, name, folder / name)
    print_tables(written.tables, Console())
    for sentence in written.summary:
        typer.echo(sentence)
    typer.echo(f"Report: {written.folder / 'index.html'}")


@app.command()
def status(
    study: StudyName = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")
    ] = False,
    storage: Storage = None,
) -> None:
    """Says how far a study has come, and which of its trials are unfinished or failed.

    Example: `sweeper status sbert-grid --watch`
    """
    from .database import Database
    from .overview import overview
    from .overview import watch as watch_overview
    from .sweep import find_sweep

    with Database(_storage(storage), must_exist=True) as database:
        row = find_sweep(database, study)
        if watch:
            watch_overview(lambda: overview(database, find_sweep(database, row.name)), Console())
        else:
            typer.echo("\n".join(overview(database, row)))


@app.command(name="list")
def list_studies(storage: Storage = None) -> None:
    """Lists the studies and workloads that can be run, and the studies that have run.

    Your own files in `./studies/` and `./studies/workloads/` come first.

    Example: `sweeper list`
    """
    from .database import Database
    from .studyfile import study_files, workload_files
    from .sweep import tally

    lines = ["Studies:   " + ", ".join(study_files()), "Workloads: " + ", ".join(workload_files())]
    try:
        with Database(_storage(storage), must_exist=True) as database:
            rows = database.sweeps()
            lines += [f"{row.name}: {tally(database, row).standing()}" for row in rows]
    except NoStudiesError:
        rows = []
    typer.echo("\n".join([*lines, *([] if rows else ["None has run yet."])]))


@app.command()
def show(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=f"{STUDY_RUN}.")],
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="Number of the trial.")],
    storage: Storage = None,
) -> None:
    """Shows one trial: settings, scores by epoch, and what went wrong.

    Example: `sweeper show sbert-grid 12`
    """
    from .database import Database
    from .sweep import find_sweep
    from .trialview import trial_text

    with Database(_storage(storage), must_exist=True) as database:
        typer.echo(trial_text(database, find_sweep(database, study), trial))


@app.command()
def replay(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=f"{STUDY_RUN}.")],
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="Number of the trial.")],
    storage: Storage = None,
) -> None:
    """Trains a trial again and compares every metric with the record: identical, or what differs.

    Exit code 1 if anything differs. The record stays as it is.

    Example: `sweeper replay sbert-grid 12`
    """
    from .database import Database
    from .executors.local import LocalExecutor
    from .replay import lines
    from .replay import replay as train_again
    from .sweep import find_sweep

    with Database(_storage(storage), must_exist=True) as database, terminable():
        row = find_sweep(database, study)
        found = train_again(
            database,
            row,
            trial,
            executor=LocalExecutor(),
            home=Home.from_environment(),
            data=data_folder(),
            say=typer.echo,
        )
    for line in lines(row.name, trial, found):
        typer.echo(line)
    if not found.identical:
        raise typer.Exit(1)


@app.command()
def validate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=STUDY_FILE)],
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing.

    Example: `sweeper validate studies/mine.yaml --workload minilm`
    """
    from model.tasks import overall_formula

    from .search import grid_size
    from .sweep import check_inputs

    loaded = _load(study, workload)
    check_inputs(loaded, data_folder())
    size = grid_size(loaded)
    typer.echo(f"{loaded.name} is valid: arms {', '.join(loaded.spec.arms)}; {overall_formula(loaded.tasks)}")
    typer.echo(f"It ends after {size} trials." if size else "It goes on for as many trials as asked.")


@app.command()
def schema() -> None:
    """Prints the JSON Schema of study files, for editors.

    Example: `sweeper schema > study.schema.json`
    """
    from .schema import study_schema

    typer.echo(json.dumps(study_schema(), indent=2))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and exits; an error that the user can mend is one line and exit code 2.

    Args:
        arguments: What follows the name of the program; by default that of this process.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    sys.exit(_exit_code([argument for argument in given if argument != DEBUG], DEBUG in given))


def _exit_code(arguments: list[str], debug: bool) -> int:
    try:
        # What a command returns is None; the code of a typer.Exit is returned as well.
        return app(arguments or ["--help"], prog_name="sweeper", standalone_mode=False) or 0
    except typer.TyperException as error:
        return _told(error, error.format_message(), debug)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        return _told(error, f"{error.strerror or error}{named}", debug)
    except (SweeperError, ModelError) as error:
        return _told(error, str(error), debug)


def _told(error: Exception, message: str, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    typer.echo(f"Error: {message}", err=True)
    return 2


def _load(study: str, workload: str | None) -> "Study":
    from .studyfile import load_study

    if study.endswith((".yaml", ".yml")) or "@" not in study:
        return load_study(study, workload)
    name, _, named = study.rpartition("@")
    if not (name and named):
        raise InputError(f"study {study!r} is not complete: write STUDY or STUDY@WORKLOAD")
    if workload not in (None, named):
        raise InputError(f"--workload {workload} contradicts {study!r}: leave one of them out")
    return load_study(name, named)


def _run(
    study: "Study", trials: int | None, executor: "Executor", storage: str | None, limits: Limits
) -> None:
    from .progress import say
    from .sweep import Places
    from .sweep import run as run_sweep

    home = Home.from_environment()
    console = Console()
    places = Places(storage or home.storage, home, data_folder())
    try:
        with terminable():
            count = run_sweep(study, trials, executor, places, console, limits)
    except KeyboardInterrupt as stop:
        typer.echo(f"Stopped; go on with: sweeper resume {study.name}", err=True)
        raise typer.Exit(143 if isinstance(stop, TerminatedError) else 130) from None
    say(console, f"{study.name}: {count.standing()}")
    if count.failed:
        raise typer.Exit(1)


def _executor(name: str, workers: int) -> "Executor":
    if name == "local":
        from .executors.local import LocalExecutor

        return LocalExecutor(workers)
    from .executors.inline import InlineExecutor

    return InlineExecutor(workers)


def _storage(url: str | None) -> str:
    return url or Home.from_environment().storage
