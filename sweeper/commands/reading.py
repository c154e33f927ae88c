"""The commands that say what there is: studies, how far they are, their tables and their trials."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import NoStudiesError
from ..options import (
    STUDY_RUN,
    ArmNames,
    ImageFormat,
    SortColumn,
    Storage,
    StudyName,
    TableFormat,
    TableKeys,
    storage_url,
)
from ..rundir import Home


def report(  # noqa: PLR0917 - options, which are given by name
    study: Annotated[
        str | None,
        typer.Option(metavar="STUDY", help=f"{STUDY_RUN}; default: the latest."),
    ] = None,
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the reports.")] = Path("reports"),
    form: TableFormat = "terminal",
    tables: TableKeys = None,
    arms: ArmNames = None,
    sort: SortColumn = None,
    figures: ImageFormat = None,
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md`, `tables.tex`, `tables.csv` and
    `tables.json` hold the tables, and `trials.csv` every trial. A study that still runs can be reported too.

    What is printed can be chosen with `--table` (`trials` is one more), `--arm`, `--sort` and `--format`. The
    files always hold the whole report.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`
    """
    from ..database import Database
    from ..formats import FORMATS
    from ..report import write_report
    from ..selection import Selection
    from ..sweep import find_sweep
    from ..terminal import print_tables

    with Database(storage_url(storage), must_exist=True) as database:
        name = find_sweep(database, study).name
        selection = Selection(tables or (), arms or (), sort)
        home = Home.from_environment()
        written = write_report(database, name, folder / name, home, selection, images=figures)
    if form == "terminal":
        print_tables(written.shown.tables, Console())
    else:
        typer.echo(FORMATS[form](written.shown), nl=False)
    for sentence in (*written.said, *written.shown.summary, f"Report: {written.folder / 'index.html'}"):
        typer.echo(sentence, err=form != "terminal")


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
    from ..database import Database
    from ..overview import overview
    from ..overview import watch as watch_overview
    from ..sweep import find_sweep

    with Database(storage_url(storage), must_exist=True) as database:
        row = find_sweep(database, study)
        if watch:
            with suppress(KeyboardInterrupt):
                watch_overview(lambda: overview(database, find_sweep(database, row.name)), Console())
        else:
            typer.echo("\n".join(overview(database, row)))


def list_studies(storage: Storage = None) -> None:
    """Lists the studies and workloads that can be run, and the studies that have run.

    Your own files in `./studies/` and `./studies/workloads/` come first.

    Example: `sweeper list`
    """
    from ..database import Database
    from ..studyfile import study_files, workload_files
    from ..sweep import tally

    lines = ["Studies:   " + ", ".join(study_files()), "Workloads: " + ", ".join(workload_files())]
    try:
        with Database(storage_url(storage), must_exist=True) as database:
            rows = database.sweeps()
            lines += [f"{row.name}: {tally(database, row).standing()}" for row in rows]
    except NoStudiesError:
        rows = []
    typer.echo("\n".join([*lines, *([] if rows else ["None has run yet."])]))


def show(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=f"{STUDY_RUN}.")],
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="Number of the trial.")],
    storage: Storage = None,
) -> None:
    """Shows one trial: settings, scores by epoch, and what went wrong.

    Example: `sweeper show sbert-grid 12`
    """
    from ..database import Database
    from ..sweep import find_sweep
    from ..trialview import trial_text

    with Database(storage_url(storage), must_exist=True) as database:
        typer.echo(trial_text(database, find_sweep(database, study), trial))
