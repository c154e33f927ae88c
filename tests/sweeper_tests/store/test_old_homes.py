"""Homes of earlier versions, a trial killed half-way in each, are read, resumed and reported."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sweeper.store import migrations
from tests.fixtures.make_old_home import FOLDER, Record, kind_of_machine, recorded
from tests.sweeper_tests.typed import exit_code

HOMES = sorted(FOLDER.glob("*.tar.xz"))
FIRST_SCHEMA = "0003"
ELSEWHERE = 0.05
"""How far a metric may lie from the record where the machine rounds otherwise than that of the home."""
PROPOSED = ("number", "arm", "seed", "configuration", "params")
OUTCOME = ("state", "error_class", "reused_from")
TABLES = ("tables.md", "tables.tex", "tables.csv", "tables.json", "trials.csv")
REPORT = ("index.html", "checklist.md", "checklist.tex", *TABLES)


@dataclass(frozen=True)
class OldHome:
    """An old home, unpacked into the working folder.

    Attributes:
        schema: The revision of its database.
        database: Its database.
        study: ``<study>@<workload>``.
        killed: Number of the trial that was killed.
        undisturbed: All trials as they are where nobody disturbs them.
        exact: Whether this machine rounds as the one that made the home.
    """

    schema: str
    database: Path
    study: str
    killed: int
    undisturbed: list[Record]
    exact: bool


@pytest.fixture(params=HOMES, ids=lambda archive: archive.name)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldHome:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path / "home"))
    made = json.loads(Path("made.json").read_text(encoding="utf-8"))
    undisturbed = json.loads(Path("undisturbed.json").read_text(encoding="utf-8"))
    exact = made["machine"] == kind_of_machine()
    schema = request.param.name.split("-")[0]
    return OldHome(schema, tmp_path / "home/studies.db", made["study"], made["killed"], undisturbed, exact)


def stored(home: OldHome) -> list[tuple[Any, ...]]:
    """Every column of the trials that were finished when one was killed, and of their metrics."""
    with closing(sqlite3.connect(home.database)) as connection:
        return [
            row
            for table in (
                "SELECT run.* FROM run",
                "SELECT m.* FROM epoch_metric m JOIN run ON run.id = m.run_id",
            )
            for row in connection.execute(f"{table} WHERE run.number < {home.killed} ORDER BY 1, 2, 3, 4, 5")
        ]


def metrics(trial: Record) -> dict[tuple[Any, ...], float]:
    """All metrics of a trial, and the score by which it counts."""
    best = {("best",): trial["scores"]["overall"]} if trial["scores"] else {}
    return {tuple(key): value for *key, value in trial["metrics"]} | best


def test_every_schema_has_its_old_home() -> None:
    newest_first = migrations.known()
    since = newest_first[: newest_first.index(FIRST_SCHEMA) + 1]
    # A migration comes with a home of its schema: python -m tests.fixtures.make_old_home
    assert [archive.name.split("-")[0] for archive in HOMES] == since[::-1]


def test_finished_trials_are_read_exactly(home: OldHome) -> None:
    assert exit_code("export", "--trials", "trials.json") == 0
    *finished, killed = json.loads(Path("trials.json").read_text(encoding="utf-8"))
    assert (killed["number"], killed["state"]) == (home.killed, "running")
    for found, trial in zip(finished, home.undisturbed, strict=False):
        expected = {key: trial[key] for key in ("number", "arm", "seed", *OUTCOME, "best_epoch")}
        expected |= {f"params.{name}": value for name, value in trial["params"].items()}
        expected |= trial["scores"] or {"overall": None}
        assert {key: found[key] for key in expected} == expected


def test_a_trial_says_where_its_settings_came_from(home: OldHome, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert exit_code("show", home.study, "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)["settings"]
    keys = ("tasks.sst.head", "gradient", "learning_rate", "seed", "epochs")
    told = {key: [found[key][part] for part in ("source", "name", "line")] for key in keys}
    # Files are kept since 0005; before, a workload and the one that it extends are told as one.
    lines = iter((6, 9, 17, 22, 11) if home.schema >= "0005" else (None,) * 5)
    assert told == {
        "tasks.sst.head": ["base", None, next(lines)],
        "gradient": ["arm", "PCGrad + SMART", next(lines)],
        "learning_rate": ["enqueue", None, next(lines)],
        "seed": ["seeds", None, next(lines)],
        "epochs": ["workload", "tiny", next(lines)],
    }


@pytest.mark.parametrize("home", [HOMES[0], HOMES[-1]], ids=lambda archive: archive.name, indirect=True)
def test_a_study_goes_on_where_it_was_killed(home: OldHome) -> None:
    """The oldest and the newest; those between are read above, by the same migrations."""
    assert exit_code("status") == 0  # whatever it takes to read the database now has been done to it
    before = stored(home)
    resumed = subprocess.run(
        [sys.executable, "-m", "sweeper", "resume", "--workers", "1"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        capture_output=True,
        text=True,
    )
    # 1: some of its trials diverge.
    assert (resumed.returncode, resumed.stderr) == (1, ""), resumed.stdout
    assert stored(home) == before
    trials = recorded(home.database)
    assert trials[: home.killed] == home.undisturbed[: home.killed]
    for found, expected in zip(trials, home.undisturbed, strict=True):
        assert [found[key] for key in PROPOSED + OUTCOME] == [expected[key] for key in PROPOSED + OUTCOME]
        assert metrics(found) == pytest.approx(metrics(expected), abs=ELSEWHERE)
        assert found == expected or not home.exact

    # The command that began the study finds nothing to do, and no change in its file.
    command = ("run", "--study", home.study, "--trials", str(len(trials)), "--executor", "inline")
    assert exit_code(*command) == 1
    assert recorded(home.database) == trials

    assert exit_code("report") == 0
    report = Path("reports") / home.study
    assert all((report / file).stat().st_size > 0 for file in REPORT)
    with (report / "trials.csv").open(encoding="utf-8", newline="") as file:
        told = [row["overall"] for row in csv.DictReader(file)]
    assert told == [repr(trial["scores"]["overall"]) if trial["scores"] else "" for trial in trials]
