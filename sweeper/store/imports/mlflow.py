"""Runs of MLflow: read by its own client, or as ``search_runs`` exports them.

The value of a metric is the last that was logged, as MLflow's own tables show it.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...errors import InputError
from ...study.foreign import ForeignStudy, ForeignTrial
from ...text import nearest, one_line
from ...trial import RunState
from ...url import Url
from .declared import Declared, read_state
from .table import CsvTable, ended, read_moment, read_setting, table_study

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

KIND = "MLflow"

PARAMETER, METRIC = "params.", "metrics."
"""What the columns of parameters and metrics begin with in an export."""

PAGE = 1000  # runs at once

_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
"""What the tracking URI of a database begins with."""


def export_study(table: CsvTable, declared: Declared) -> ForeignStudy:
    """The runs of ``mlflow.search_runs(...).to_csv(...)``.

    Args:
        table: The file.
        declared: Metrics and parameters by the names that they have in MLflow; without parameters, all.

    Raises:
        InputError: As in `table_study`, or if the file is no such export.
    """
    missing = next((name for name in ("run_id", "status") if name not in table.columns), None)
    if missing is not None:
        raise InputError(f"{table.file}: there is no column {missing!r}, as an export of MLflow has")
    columns = [name for name in table.columns if name.startswith(PARAMETER)]
    parameters = {f"{PARAMETER}{name}": called for name, called in declared.parameters.items()}
    if not parameters:
        parameters = {column: column.removeprefix(PARAMETER) for column in columns}
    named = Declared(
        maximize=[f"{METRIC}{name}" for name in declared.maximize],
        minimize=[f"{METRIC}{name}" for name in declared.minimize],
        parameters=parameters,
        state="status",
        label="run_id",
    )
    study = table_study(table, named, KIND)
    moments = [name if name in table.columns else None for name in ("start_time", "end_time")]
    trials = []
    for (line, cells), trial in zip(table.rows, study.trials, strict=True):
        started, finished = (
            read_moment(cells[name], f"{table.file}:{line}: {name}") if name else None for name in moments
        )
        values = {name.removeprefix(METRIC): value for name, value in trial.values.items()}
        trials.append(
            ForeignTrial(trial.number, trial.label, trial.state, trial.params, values, started, finished)
        )
    return ForeignStudy(declared.origin(KIND, str(table.file)), trials)


def tracked_study(place: Url, experiment: str, declared: Declared) -> ForeignStudy:
    """The runs of an experiment, deleted ones left out; the first that began first.

    Args:
        place: Tracking URI: of a server, a database, or a folder such as ``mlruns``.
        experiment: Its name.
        declared: As in `export_study`.

    Raises:
        InputError: If MLflow is not installed, cannot be reached, or has no such experiment, metric or
            parameter; or if it would make the place or change its tables, to read them.
    """
    runs = _runs(place, experiment)
    known = sorted({name for run in runs for name in run.data.metrics})
    for name in declared.objectives:
        if name not in known:
            raise InputError(f"experiment {experiment!r} has no metric {name!r}{nearest(name, known)}")
    every = {name: name for run in runs for name in run.data.params}
    for name in declared.parameters:
        if name not in every:
            near = nearest(name, sorted(every))
            raise InputError(f"experiment {experiment!r} has no parameter {name!r}{near}")
    parameters = declared.parameters or every
    trials = [_trial(number, run, parameters, declared) for number, run in enumerate(runs)]
    return ForeignStudy(declared.origin(KIND, str(place), experiment), trials)


def _trial(number: int, run: "Run", parameters: Mapping[str, str], declared: Declared) -> ForeignTrial:
    values = {name: run.data.metrics[name] for name in declared.objectives if name in run.data.metrics}
    values = {name: value for name, value in values.items() if value == value}  # noqa: PLR0124 (NaN)
    params = {
        name: read_setting(name, run.data.params[theirs])
        for theirs, name in parameters.items()
        if theirs in run.data.params
    }
    return ForeignTrial(
        number=number,
        label=run.info.run_id,
        state=ended(read_state(run.info.status) or RunState.FAILED, values, declared),
        params={name: value for name, value in params.items() if value is not None},
        values=values,
        started=_moment(run.info.start_time),
        finished=_moment(run.info.end_time),
    )


def _runs(place: Url, experiment: str) -> list["Run"]:
    if find_spec("mlflow") is None:
        raise InputError("mlflow is not installed: pip install 'sentence-sweeper[mlflow]'")
    # Read when MLflow is loaded: nothing about the user's work goes to others, and folders are read still.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    with warnings.catch_warnings(action="ignore"):  # of its own libraries' use
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        _check_theirs(place)
        try:
            client = MlflowClient(place.whole)
            found = client.get_experiment_by_name(experiment)
            if found is None:
                known = [one.name for one in client.search_experiments()]
                raise InputError(
                    f"{place}: there is no experiment {experiment!r}{nearest(experiment, known)}"
                )
            return list(_pages(client, found.experiment_id))
        except MlflowException as error:
            raise InputError(f"{place}: {one_line(place.hide(str(error)))}") from error


def _pages(client: "MlflowClient", experiment: str) -> Iterable["Run"]:
    token = None
    while True:
        found = client.search_runs(
            [experiment], max_results=PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        yield from found
        token = found.token
        if not token:
            return


def _check_theirs(place: Url) -> None:
    """Refuses what MLflow would make, or bring up to date: it gives any database the tables that it lacks.

    Raises:
        InputError: If nothing is there, or not what this version of MLflow keeps.
    """
    text = place.whole
    if text.partition(":")[0].partition("+")[0] in _DATABASES:
        _check_tables(place)
        return
    path = text.removeprefix("file://")
    if "://" in path:
        return
    if not Path(path).exists():
        raise InputError(f"{place}: is not there")
    if next(Path(path).glob("*/meta.yaml"), None) is None:
        raise InputError(f"{place}: has no experiments of MLflow")


def _check_tables(place: Url) -> None:
    from mlflow.store.db.utils import _all_tables_exist

    try:
        url = sa.make_url(place.whole)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise InputError(f"{place}: is not there")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        there = sa.inspect(engine).has_table("experiments")
        whole = _all_tables_exist(engine)  # type: ignore[no-untyped-call]
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
        said = getattr(error, "orig", None) or error
        raise InputError(f"{place}: {one_line(place.hide(str(said)))}") from error
    if not there:
        raise InputError(f"{place}: has no experiments of MLflow")
    if not whole:
        raise InputError(
            f"{place}: was made by an earlier version of MLflow, and this one would change it: export its "
            "runs with mlflow.search_runs(...).to_csv(...) there"
        )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
