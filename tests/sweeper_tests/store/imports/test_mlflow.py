"""Runs that MLflow itself has written, read as MLflow itself shows them."""

import os
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sweeper.errors import InputError
from sweeper.store.imports.declared import Declared
from sweeper.store.imports.mlflow import export_study, tracked_study
from sweeper.store.imports.table import read_csv
from sweeper.trial import RunState
from sweeper.url import Url

os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
mlflow = pytest.importorskip("mlflow")
STATES = {"FINISHED": "complete", "FAILED": "failed", "KILLED": "pruned", "RUNNING": "running"}
PARAMETERS = {"lr": "learning_rate", "pool": "encoder.pooling"}


@pytest.fixture(params=["folder", "database"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Url, pd.DataFrame]:
    """A store with seven runs, and what ``search_runs`` says of them."""
    place = str(tmp_path / "mlruns") if request.param == "folder" else f"sqlite:///{tmp_path}/mlflow.db"
    with warnings.catch_warnings(action="ignore"):
        client = mlflow.MlflowClient(place)
        key = client.create_experiment("probe", (tmp_path / "artifacts").as_uri())
        for number in range(7):
            run = client.create_run(key, start_time=1_760_000_000_000 + 1000 * number).info.run_id
            client.log_param(run, "lr", 10.0 ** -(number + 1))
            if number % 2:
                client.log_param(run, "pool", "mean")
            for step in range(3):
                if number != 5:
                    client.log_metric(run, "acc", 0.1 * number + step / 7, step=step)
                client.log_metric(
                    run, "loss", float("nan") if number == 6 else 1 / (step + 1 + number), step=step
                )
            ended = ("FINISHED", "FINISHED", "FAILED", "KILLED", None, "FINISHED", "FINISHED")[number]
            if ended:
                client.set_terminated(run, ended, end_time=1_760_000_000_500 + 1000 * number)
        deleted = client.create_run(key).info.run_id
        client.delete_run(deleted)
        mlflow.set_tracking_uri(place)
        shown = mlflow.search_runs(experiment_names=["probe"], order_by=["attributes.start_time ASC"])
    return Url(place), shown


def check(found: Any, shown: pd.DataFrame) -> None:
    """Counts, values and directions are those that MLflow shows."""
    assert found.origin.objectives == ("acc", "loss")
    assert found.origin.directions == ("maximize", "minimize")
    assert [trial.label for trial in found.trials] == shown["run_id"].tolist()
    for trial, row in zip(found.trials, shown.to_dict("records"), strict=True):
        values = {name: row[f"metrics.{name}"] for name in ("acc", "loss")}
        assert trial.values == {name: value for name, value in values.items() if not pd.isna(value)}
        params = {theirs: row[f"params.{theirs}"] for theirs in PARAMETERS}
        assert {name: str(value) for name, value in trial.params.items()} == {
            PARAMETERS[name]: value for name, value in params.items() if isinstance(value, str)
        }
        lacks = row["status"] == "FINISHED" and len(trial.values) < 2
        assert str(trial.state) == ("failed" if lacks else STATES[row["status"]])
        assert trial.started == row["start_time"]
        assert trial.finished == (None if pd.isna(row["end_time"]) else row["end_time"])
    assert [str(trial.state) for trial in found.trials].count("complete") == 2


def test_a_store_by_mlflow_s_own_client(written: tuple[Url, pd.DataFrame]) -> None:
    place, shown = written
    check(tracked_study(place, "probe", Declared(["acc"], ["loss"], PARAMETERS)), shown)
    found = tracked_study(place, "probe", Declared(["acc"]))
    assert {name for trial in found.trials for name in trial.params} == {"lr", "pool"}
    with pytest.raises(InputError, match="there is no experiment 'prob'; did you mean 'probe'"):
        tracked_study(place, "prob", Declared(["acc"]))
    with pytest.raises(InputError, match="experiment 'probe' has no metric 'ac'; did you mean 'acc'"):
        tracked_study(place, "probe", Declared(["ac"]))
    with pytest.raises(InputError, match="experiment 'probe' has no parameter 'lrr'; did you mean 'lr'"):
        tracked_study(place, "probe", Declared(["acc"], (), {"lrr": "learning_rate"}))


def test_an_export_of_search_runs(written: tuple[Url, pd.DataFrame], tmp_path: Path) -> None:
    _, shown = written
    shown.to_csv(tmp_path / "runs.csv", index=False)
    table = read_csv(tmp_path / "runs.csv")
    check(export_study(table, Declared(["acc"], ["loss"], PARAMETERS)), shown)
    found = export_study(table, Declared(["acc"]))
    assert {name for trial in found.trials for name in trial.params} == {"lr", "pool"}
    assert found.trials[4].state is RunState.RUNNING
    # With the row numbers of pandas in front, as it writes them unless it is told not to.
    shown.to_csv(tmp_path / "numbered.csv")
    check(export_study(read_csv(tmp_path / "numbered.csv"), Declared(["acc"], ["loss"], PARAMETERS)), shown)


def test_a_metric_and_a_parameter_may_have_one_name(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
        run = client.create_run(client.create_experiment("probe", tmp_path.as_uri())).info.run_id
        client.log_param(run, "loss", "mse")
        client.log_metric(run, "loss", 0.25)
        client.set_terminated(run)
        mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
        mlflow.search_runs(experiment_names=["probe"]).to_csv(tmp_path / "runs.csv")
    declared = Declared((), ["loss"], {"loss": "sts_loss"})
    (asked,) = tracked_study(Url(f"sqlite:///{tmp_path}/mlflow.db"), "probe", declared).trials
    (read,) = export_study(read_csv(tmp_path / "runs.csv"), declared).trials
    for trial in (asked, read):
        assert (trial.params, trial.values) == ({"sts_loss": "mse"}, {"loss": 0.25})


def test_what_is_no_export_or_not_there_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="there is no column 'run_id', as an export of MLflow has"):
        export_study(read_csv(tmp_path / "t.csv"), Declared(["a"]))
    for place in (str(tmp_path / "none"), f"sqlite:///{tmp_path}/none.db", f"file://{tmp_path}/none"):
        with pytest.raises(InputError, match="is not there"):
            tracked_study(Url(place), "probe", Declared(["acc"]))
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_what_mlflow_would_change_is_left_as_it_is(tmp_path: Path) -> None:
    """It gives a database the tables that it lacks: one of ours, and one of an earlier version of MLflow."""
    for name, table in (("ours", "sweep"), ("earlier", "experiments")):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection:
            connection.execute(f"CREATE TABLE {table} (name TEXT)")
            connection.commit()
    (tmp_path / "notes.db").write_text("no database " * 100, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.glob("*.db")}
    for place, said in (
        (f"sqlite:///{tmp_path}/ours.db", "has no experiments of MLflow"),
        (f"sqlite:///{tmp_path}/earlier.db", "was made by an earlier version of MLflow"),
        (f"sqlite:///{tmp_path}/notes.db", "file is not a database"),
        (str(tmp_path / "notes.db"), "has no experiments of MLflow"),
        (str(tmp_path / "empty"), "has no experiments of MLflow"),
        ("mysql+absent://host/runs", "absent"),
    ):
        with pytest.raises(InputError, match=said):
            tracked_study(Url(place), "probe", Declared(["acc"]))
    assert {path: path.read_bytes() for path in tmp_path.glob("*.db")} == before
    assert not list((tmp_path / "empty").iterdir())
