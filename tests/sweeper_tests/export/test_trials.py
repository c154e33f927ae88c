"""`sweeper export`: every trial in one file, to the last bit."""

import csv
import io
import json
import math
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet
import pytest

from sweeper.errors import InputError
from sweeper.export import trials as trialfile
from sweeper.report.files import trials_csv
from sweeper.store.frames import trials_frame
from sweeper.trial import ErrorClass, RunState
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import Command, contents, refused, write

Rows = list[dict[str, Any]]
THIRD = 1 / 3
UNUSUAL: dict[str, Any] = {
    "space": {"dropout": [0.1, 0.3], "encoder.pooling": ["mean", "max"], "max_grad_norm": [1.0, None]}
}


def csv_rows(file: Path) -> Rows:
    with file.open(newline="", encoding="utf-8") as lines:
        return [{name: number(cell) for name, cell in row.items()} for row in csv.DictReader(lines)]


def number(cell: str) -> int | float | str | None:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(cell)
    return cell or None


def parquet_rows(file: Path) -> Rows:
    return list(pyarrow.parquet.read_table(file).to_pylist())


def json_rows(file: Path) -> Rows:
    return list(json.loads(file.read_text()))


READERS: dict[str, Callable[[Path], Rows]] = {"csv": csv_rows, "parquet": parquet_rows, "json": json_rows}


@pytest.fixture
def home(folder: Path) -> Path:
    """Three complete trials with long numbers and a failed one, as sweeper's default database."""
    study = made.study(**UNUSUAL)
    chosen = [(0.1, "mean", 1.0), (0.3, "max", None), (0.1, "max", 1.0), (0.3, "mean", None)]
    runs = [
        made.row(
            study,
            number,
            "S-BERT" if number % 2 else "Baseline",
            (THIRD / (number + 1), math.pi / 4, 0.1 + 0.2) if number < 3 else None,
            params=dict(zip(study.space, params, strict=True)),
            state=RunState.COMPLETE if number < 3 else RunState.FAILED,
            error=None if number < 3 else 'Traceback: "nan",\n  =1+1',
        )
        for number, params in enumerate(chosen)
    ]
    (folder / ".sweeper").mkdir()
    made.store(folder / ".sweeper", study, runs).close()
    return folder


@pytest.mark.parametrize("kind", READERS)
def test_every_trial_is_there_with_every_digit(kind: str, home: Path, sweeper: Command) -> None:
    said = sweeper("export", "--trials", f"out/trials.{kind}")
    assert (said.code, said.out) == (0, f"4 trials: out/trials.{kind}\n")
    assert [path.name for path in (home / "out").iterdir()] == [f"trials.{kind}"]
    rows = READERS[kind](home / f"out/trials.{kind}")
    with closing(sqlite3.connect(home / ".sweeper/studies.db")) as connection:
        stored = connection.execute(
            "SELECT number, arm, state, seed, scores, params, config, traceback, best_epoch FROM run "
            "ORDER BY number"
        ).fetchall()
    assert len(rows) == len(stored) == 4
    for row, (n, arm, state, seed, scores, params, config, traceback, best_epoch) in zip(
        rows, stored, strict=True
    ):
        assert (row["number"], row["arm"], row["state"], row["seed"]) == (n, arm, state, seed)
        for name, value in (json.loads(scores) if scores else {}).items():
            assert row[name] == value  # bit for bit
        for name, value in json.loads(params).items():
            assert row[f"params.{name}"] == value or (value is None and pd.isna(row[f"params.{name}"]))
        written = row["config"] if kind == "json" else json.loads(row["config"])
        assert written == json.loads(config)
        assert row["traceback"] == traceback or (traceback is None and pd.isna(row["traceback"]))
        assert row["best_epoch"] == best_epoch or (best_epoch is None and pd.isna(row["best_epoch"]))
    assert pd.Timestamp(rows[0]["created"]).tzinfo is not None


def test_values_of_several_kinds_in_a_column_are_json(tmp_path: Path) -> None:
    frame = pd.DataFrame({"number": [0, 1, 2], "params.x": pd.Series(["a", 0.1, None], dtype=object)})
    trialfile.write_trials(frame, tmp_path / "t.parquet")
    assert [row["params.x"] for row in parquet_rows(tmp_path / "t.parquet")] == ['"a"', "0.1", None]
    trialfile.write_trials(frame, tmp_path / "t.json")
    assert [row["params.x"] for row in json_rows(tmp_path / "t.json")] == ["a", 0.1, None]


def test_what_is_infinite_is_a_text_in_json(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", "acc\n0.5\n1e400\n")
    assert sweeper("import", "csv", "theirs.csv", "--maximize", "acc").code == 0
    assert sweeper("export", "theirs", "--trials", "trials.json").code == 0
    rows = json.loads((folder / "trials.json").read_text(encoding="utf-8"))
    assert [row["values.acc"] for row in rows] == [0.5, "inf"]


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([2**63 - 1, -(2**63), None], [2**63 - 1, -(2**63), None]),
        ([2**63, 1, None], [f"{2**63}", "1", None]),
        ([2**63, -1], [f"{2**63}", "-1"]),
        ([2**64, -(2**63) - 1], [f"{2**64}", f"{-(2**63) - 1}"]),
    ],
)
def test_whole_numbers_too_large_for_a_column_of_them_are_text(
    numbers: list[int | None], written: list[int | str | None], sweeper: Command, folder: Path
) -> None:
    rows = "".join(f"0.5,{'' if number is None else number}\n" for number in numbers)
    write(folder / "theirs.csv", f"acc,n\n{rows}")
    assert sweeper("import", "csv", "theirs.csv", "--maximize", "acc", "--parameter", "n").code == 0
    assert sweeper("export", "theirs", "--trials", "t.parquet").code == 0
    found = [row["params.n"] for row in parquet_rows(folder / "t.parquet")]
    assert [None if pd.isna(value) else value for value in found] == written
    assert sweeper("export", "theirs", "--trials", "t.csv").code == 0
    assert [row["params.n"] for row in csv_rows(folder / "t.csv")] == numbers


def test_pandas_reads_every_text_back(tmp_path: Path) -> None:
    study = made.study()
    runs = [
        made.row(study, number, "S-BERT", None, state=RunState.FAILED, error=f"Error {number}\n")
        for number in range(len(ErrorClass))
    ]
    runs = [replace(run, error_class=kind) for run, kind in zip(runs, ErrorClass, strict=True)]
    frame = trials_frame(runs, {})
    trialfile.write_trials(frame, tmp_path / "t.csv")
    for text in ((tmp_path / "t.csv").read_text(), trials_csv(frame)):
        back = pd.read_csv(io.StringIO(text))
        assert list(back["arm"]) == ["S-BERT"] * len(runs)
        assert list(back["error_class"]) == ["oom", "not finite", "killed", "timeout", "error"]


def test_what_cannot_be_written_is_one_line(
    home: Path,
    sweeper: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("trials.xlsx", "trials"):
        assert "is not known; known: .csv, .json, .parquet" in refused(sweeper, "export", "--trials", name)
    assert "--trials" in refused(sweeper, "export")
    (home / "dd.csv").mkdir()
    said = refused(sweeper, "export", "--trials", "dd.csv")
    assert said == "Error: --trials 'dd.csv' is a folder: name a file\n"
    write(home / "taken", "a file")
    assert "taken" in refused(sweeper, "export", "--trials", "taken/trials.csv")
    monkeypatch.setattr(trialfile, "find_spec", lambda _: None)
    said = refused(sweeper, "export", "--trials", "trials.parquet")
    assert said == "Error: --trials 'trials.parquet' needs pyarrow: pip install 'sentence-sweeper[parquet]'\n"


def test_a_file_that_is_there_stays_until_the_new_one_is_whole(
    home: Path,
    sweeper: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(home / "trials.csv", "before")
    before = contents(home / "studies")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        said = sweeper("export", "--trials", "trials.csv")
    assert (said.code, said.err) == (2, "Error: No space left on device\n")
    assert (home / "trials.csv").read_text() == "before"
    assert sweeper("export", "--trials", "trials.csv").code == 0
    assert (home / "trials.csv").read_text().startswith("number,arm,")
    assert contents(home / "studies") == before


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="suffix '' is not known"):
        trialfile.check_suffix(tmp_path / "text")
