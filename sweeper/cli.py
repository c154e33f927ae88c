"""The commands: each parses its options, calls one function, and prints."""

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .errors import InputError, SweeperError
from .rundir import Home, data_folder

if TYPE_CHECKING:
    from .executors import Executor
    from .study import Study

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder.\n\n"
    "Begin with `sweeper run --study quickstart --trials 8`, then `sweeper report`.\n\n"
    "Results are kept under SWEEPER_HOME (default `.sweeper/`); data files are read from SWEEPER_DATA.\n\n"
    "Exit codes: 0 done, 1 some trials failed, 2 bad input, 130 interrupted.",
)

Storage = Annotated[
    str | None,
    typer.Option(help="Database URL, sqlite:///… or postgresql://…; default: studies.db under SWEEPER_HOME."),
]
StudyName = Annotated[
    str | None, typer.Argument(help="Name of a study, with or without @workload; default: the latest.")
]
WorkloadName = Annotated[
    str | None, typer.Option(help="Name or file of the workload; default: the study's own.")
]
Workers = Annotated[int, typer.Option(min=1, help="Trials at once; they share the cores.")]
ExecutorName = Annotated[
    str, typer.Option(help="local: one process per trial. inline: in this process, to debug.")
]


@app.command()
def run(
    *,
    study: Annotated[str, typer.Option(help="Name of a study, or path of a study file.")],
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Trials the study shall have in total, those already run included."),
    ] = None,
    workload: WorkloadName = None,
    workers: Workers = 1,
    executor: ExecutorName = "local",
    storage: Storage = None,
) -> None:
    """Runs a study: sample, train, record. Stop it at will; the same command goes on.

    `--trials 40` means 40 in total: a second call runs nothing, `--trials 44` runs four more.

    Example: `sweeper run --study sbert-grid --trials 40 --workers 2`
    """
    from .studyfile import load_study

    name, _, named = study.partition("@") if not study.endswith((".yaml", ".yml")) else (study, "", "")
    if named and workload not in (None, named):
        raise InputError(f"--workload {workload} contradicts --study {study}: leave one of them out")
    _run(load_study(name, workload or named or None), trials, workers, executor, storage)


@app.command()
def resume(
    study: StudyName = None, workers: Workers = 1, executor: ExecutorName = "local", storage: Storage = None
) -> None:
    """Goes on with a study, as it was begun, to the number of trials already asked for."""
    from .database import Database
    from .sweep import find_sweep, stored_study

    with Database(_storage(storage), must_exist=True) as database:
        found = stored_study(find_sweep(database, study))
    _run(found, None, workers, executor, storage)


@app.command()
def report(
    study: Annotated[str | None, typer.Option(help="Name of a study; default: the latest.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder of the reports.")] = Path("reports"),
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>/`."""
    from .database import Database
    from .report import write_report
    from .sweep import find_sweep
    from .terminal import print_tables

    with Database(_storage(storage), must_exist=True) as database:
        name = find_sweep(database, study).name
        written = write_report(database, name, folder / name)
    console = Console()
    print_tables(written.tables, console)
    console.print(f"Report: {written.folder / 'index.html'}", soft_wrap=True, markup=False, highlight=False)


@app.command()
def status(study: StudyName = None, storage: Storage = None) -> None:
    """Says how far a study has come."""
    from .database import Database
    from .sweep import find_sweep, tally

    with Database(_storage(storage), must_exist=True) as database:
        row = find_sweep(database, study)
        typer.echo(f"{row.name}: {tally(database, row, workers=1).summary()}")
        for run_row in database.runs(row.name):
            if not run_row.state.final:
                typer.echo(
                    f"  trial {run_row.number} {run_row.state} · {run_row.arm} · owner {run_row.owner}"
                )


@app.command(name="list")
def list_studies(storage: Storage = None) -> None:
    """Lists the studies that can be run and those that have run."""
    from .database import Database
    from .studyfile import study_files, workload_files
    from .sweep import tally

    typer.echo("Studies:   " + ", ".join(study_files()))
    typer.echo("Workloads: " + ", ".join(workload_files()))
    url = _storage(storage)
    if not Database.exists(url):
        typer.echo("None has run yet.")
        return
    with Database(url, must_exist=True) as database:
        for row in database.sweeps():
            typer.echo(f"{row.name}: {tally(database, row, workers=1).summary()}")


@app.command()
def show(
    study: Annotated[str, typer.Argument(help="Name of a study, with or without @workload.")],
    trial: Annotated[int, typer.Argument(help="Number of the trial.")],
    storage: Storage = None,
) -> None:
    """Shows one trial: settings, scores by epoch, and what went wrong."""
    from .database import Database
    from .sweep import find_sweep
    from .trialview import trial_text

    with Database(_storage(storage), must_exist=True) as database:
        row = find_sweep(database, study)
        typer.echo(trial_text(database, row, trial))


@app.command()
def validate(
    study: Annotated[str, typer.Argument(help="Name of a study, or path of a study file.")],
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing."""
    from model.tasks import overall_formula

    from .search import grid_size
    from .studyfile import load_study
    from .sweep import check_inputs

    loaded = load_study(study, workload)
    check_inputs(loaded, data_folder())
    size = grid_size(loaded)
    typer.echo(f"{loaded.name} is valid: arms {', '.join(loaded.spec.arms)}; {overall_formula(loaded.tasks)}")
    typer.echo(f"It ends after {size} trials." if size else "It goes on for as many trials as asked.")


@app.command()
def schema() -> None:
    """Prints the JSON Schema of study files, for editors."""
    from .schema import study_schema

    typer.echo(json.dumps(study_schema(), indent=2))


def _run(study: "Study", trials: int | None, workers: int, executor: str, storage: str | None) -> None:
    from model.tasks import overall_formula

    from .sweep import Places
    from .sweep import run as run_sweep

    home = Home.from_environment()
    console = Console()
    console.print(f"{study.name}: {overall_formula(study.tasks)}", markup=False, highlight=False)
    console.print(study.workload.notice, markup=False, highlight=False)
    places = Places(storage or home.storage, home, data_folder())
    try:
        count = run_sweep(study, trials, _executor(executor, workers), places, console)
    except KeyboardInterrupt:
        typer.echo(f"Stopped; go on with: sweeper resume {study.name}", err=True)
        raise typer.Exit(130) from None
    console.print(f"{study.name}: {count.summary()}", markup=False, highlight=False)
    if count.failed:
        raise typer.Exit(1)


def _executor(name: str, workers: int) -> "Executor":
    if name == "local":
        from .executors.local import LocalExecutor

        return LocalExecutor(workers)
    if name == "inline":
        from .executors.inline import InlineExecutor

        return InlineExecutor(workers)
    raise InputError(f"--executor {name!r} is unknown: choose local or inline")


def _storage(url: str | None) -> str:
    return url or Home.from_environment().storage


def main() -> None:
    """Runs the command line; an error that the user can mend is one line and exit code 2."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments)
    except SweeperError as error:
        if debug:
            traceback.print_exc()
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
