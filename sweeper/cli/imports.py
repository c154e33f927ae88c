"""The commands that take over trials which others have made."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from ..paths import check_name, storage_url, user_path
from ..text import plural
from ..url import Url
from ..version import __version__
from .command import add
from .options import Storage
from .say import say

if TYPE_CHECKING:
    from ..study.foreign import ForeignStudy

_SQLITE = "sqlite:///"

imports = typer.Typer(help="Takes over trials that others have made, to compare or to begin from.")

Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What it is called here, NAME@imported; default: as there, of a CSV file as the file.",
    ),
]

Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="COLUMN", help="An objective of which more is better; repeatable."),
]

Minimize = Annotated[
    list[str] | None,
    typer.Option("--minimize", metavar="COLUMN", help="An objective of which less is better; repeatable."),
]

Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="COLUMN[=SETTING]",
        help="A column that holds a parameter, and the setting that it is here; repeatable.",
    ),
]

State = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="The column that says how a trial ended: finished, failed, pruned, …"
    ),
]

Label = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column that says what a trial is called.")
]

File = Annotated[Path, typer.Argument(parser=user_path, metavar="FILE", help="The file.")]


@imports.callback()
def group() -> None:
    """Takes over trials that others have made, to compare or to begin from."""


def optuna(
    *,
    place: Annotated[
        Url,
        typer.Argument(parser=Url, metavar="URL", help="Its storage: a database, or the file of a journal."),
    ],
    study_there: Annotated[str, typer.Argument(metavar="NAME_THERE", help="What it is called there.")],
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="THERE=SETTING",
            help="A parameter that is called otherwise there than the setting here; repeatable.",
        ),
    ] = None,
    name: Name = None,
    storage: Storage = None,
) -> None:
    """Imports a study of Optuna: its trials, values and directions. The storage stays as it is.

    Example: `sweeper import optuna sqlite:///example.db distributed-example --name theirs`
    """
    from ..store.optuna_tables.imported import optuna_study

    named = _name(name, study_there)
    _keep(named, optuna_study(_place(place), study_there, _pairs(parameters or ())), storage)


def table(
    *,
    file: File,
    maximize: Maximize = None,
    minimize: Minimize = None,
    parameters: Parameters = None,
    state: State = None,
    label: Label = None,
    name: Name = None,
    storage: Storage = None,
) -> None:
    """Imports the rows of a CSV file, one a trial, with a header, in UTF-8.

    Without --state a row that has all values is complete, and any other has failed.

    Example: `sweeper import csv trials.csv --maximize accuracy --parameter lr=learning_rate`
    """
    from ..store.imports.declared import Declared
    from ..store.imports.table import read_csv, table_study

    named = _name(name, file.stem)
    declared = Declared(maximize or (), minimize or (), _pairs(parameters or ()), state, label)
    _keep(named, table_study(read_csv(file), declared), storage)


def mlflow(
    *,
    place: Annotated[
        Url,
        typer.Argument(
            parser=Url,
            metavar="PLACE",
            help="A .csv file that `mlflow.search_runs` gave; or a tracking URI, or folder of runs.",
        ),
    ],
    experiment: Annotated[
        str | None, typer.Option(metavar="NAME", help="The experiment, where PLACE is no .csv file.")
    ] = None,
    maximize: Maximize = None,
    minimize: Minimize = None,
    parameters: Parameters = None,
    name: Name = None,
    storage: Storage = None,
) -> None:
    """Imports runs of MLflow: their last metrics, and their parameters; without --parameter, all of them.

    Example: `sweeper import mlflow mlruns --experiment probe --maximize dev_acc --parameter lr=learning_rate`
    """
    from ..store.imports.declared import Declared
    from ..store.imports.mlflow import export_study, tracked_study
    from ..store.imports.table import read_csv

    place = _place(place)
    declared = Declared(maximize or (), minimize or (), _pairs(parameters or ()))
    if place.whole.endswith(".csv"):
        if experiment is not None:
            raise InputError(
                f"--experiment {experiment!r}: a .csv file has the runs that it was made of: leave it out"
            )
        file = Path(place.whole)
        _keep(_name(name, file.stem), export_study(read_csv(file), declared), storage)
    elif experiment is None:
        raise InputError("name the experiment, with --experiment NAME")
    else:
        _keep(_name(name, experiment), tracked_study(place, experiment, declared), storage)


def wandb(
    *,
    file: File,
    maximize: Maximize = None,
    minimize: Minimize = None,
    parameters: Parameters = None,
    state: State = None,
    label: Label = None,
    name: Name = None,
    storage: Storage = None,
) -> None:
    """Imports runs of Weights & Biases from a CSV file, exported by its pages or by its public API.

    Example: `sweeper import wandb project.csv --maximize dev_acc --parameter lr=learning_rate`
    """
    from ..store.imports.declared import Declared
    from ..store.imports.table import read_csv
    from ..store.imports.wandb import wandb_study

    named = _name(name, file.stem)
    declared = Declared(maximize or (), minimize or (), _pairs(parameters or ()), state, label)
    _keep(named, wandb_study(read_csv(file), declared), storage)


def _place(written: Url) -> Url:
    """Where the trials are; ``~`` at the start of a path, or of that of SQLite, is the user's home."""
    before = _SQLITE if written.whole.startswith(_SQLITE) else ""
    path = written.whole.removeprefix(before)
    return Url(f"{before}{user_path(path)}") if path.startswith("~") else written


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """Columns, each with the name that it gets.

    Raises:
        InputError: If one stands there twice, or a name is missing.
    """
    found: dict[str, str] = {}
    for text in texts:
        column, _, called = text.rpartition("=") if "=" in text else (text, "", text)
        if not column or not called or column in found:
            raise InputError(f"--parameter {text!r}: write COLUMN or COLUMN=SETTING, each column once")
        found[column] = called
    return found


def _name(given: str | None, there: str) -> str:
    """What the study is called here, ``<study>@imported``."""
    from ..study.foreign import WORKLOAD
    from ..study.named import is_confirmation

    base = given or there
    if given is None and (len(base) > 100 or not base.isascii() or "@" in base or " " in base):
        raise InputError(f"{base!r} can be no name of a study here: give it one with --name NAME")
    name = f"{check_name(base.removesuffix(f'@{WORKLOAD}'), 'study')}@{WORKLOAD}"
    if is_confirmation(name):
        raise InputError(f"{base!r} would be the name of a study that confirms another one: give a --name")
    return name


def _keep(name: str, study: "ForeignStudy", storage: Url | None) -> None:
    from ..store.database import Database
    from ..study.settings import declared

    with Database(storage_url(storage)) as database:
        database.import_study(name, study, __version__)
    parameters = list(dict.fromkeys(key for trial in study.trials for key in trial.params))
    foreign = [key for key in parameters if declared(key) is None]
    complete = len(study.complete)
    say(f"{name}: {plural(len(study.trials), 'trial')}, {complete} complete; {study.origin.words()}")
    if foreign:
        say(f"No settings here, and no help to a warm start: {', '.join(foreign)}")


add(imports, "optuna", optuna)


add(imports, "csv", table)


add(imports, "mlflow", mlflow)


add(imports, "wandb", wandb)
