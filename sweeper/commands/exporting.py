"""The commands that hand results on: the best model, all trials in one file, Optuna's dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from ..interrupt import TerminatedError, terminable
from ..options import Storage, StudyName, storage_url
from ..rundir import Home, data_folder


def best(
    study: StudyName = None,
    arm: Annotated[str | None, typer.Option(metavar="ARM", help="The best trial of this arm.")] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write its model there, for transformers and sentence-transformers; an earlier export is "
            "replaced, anything else stays untouched.",
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Shows the trial with the highest overall; with --export, writes its model as a Hugging Face folder.

    The weights are those of its best epoch. Where they were not kept, the trial is trained again.

    Example: `sweeper best sbert-grid --export models/sbert`
    """
    from ..besttrial import best_run, best_text
    from ..database import Database
    from ..sweep import find_sweep

    with Database(storage_url(storage), must_exist=True) as database, terminable():
        row = find_sweep(database, study)
        run = best_run(database, row, arm)
        if export is None:
            typer.echo(best_text(database, row, run))
            return
        from ..hubfolder import check_folder, export_run

        check_folder(export)
        typer.echo(best_text(database, row, run))
        home = Home.from_environment()
        scores = export_run(database, row, run, export, home, data_folder(), typer.echo)
    told = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    typer.echo(f"Model: {export}; dev scores of its weights: {told}")


def export(
    study: StudyName = None,
    *,
    trials: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to: a name that ends in .csv, .json or .parquet.")
    ],
    storage: Storage = None,
) -> None:
    """Writes all trials of a study to one file, one row each, numbers in full.

    Example: `sweeper export sbert-grid --trials trials.parquet`
    """
    from ..database import Database
    from ..sweep import find_sweep
    from ..trialfile import check_suffix, write_trials

    check_suffix(trials)
    with Database(storage_url(storage), must_exist=True) as database:
        frame = database.trials_frame(find_sweep(database, study).name)
    write_trials(frame, trials)
    typer.echo(f"{len(frame)} trials: {trials}")


def dashboard(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Where it listens; 0: any that is free.")
    ] = 8080,
    storage: Storage = None,
) -> None:
    """Opens Optuna's dashboard on all studies, on this machine only, until Ctrl-C. It changes nothing.

    Example: `sweeper dashboard --port 8081`
    """
    from ..dashboard import check_installed, serve
    from ..database import Database

    check_installed()
    url = storage_url(storage)
    Database(url, must_exist=True).close()
    try:
        with terminable():
            serve(url, port, typer.echo)
    except TerminatedError:
        raise typer.Exit(143) from None
    except KeyboardInterrupt:
        return
