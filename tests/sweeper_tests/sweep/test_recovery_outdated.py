"""Trials left half-way with a checkpoint that does not count: of an earlier arithmetic, or other settings."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from sweeper.executors.inline import InlineExecutor
from sweeper.executors.protocol import Evaluated, Event, Failed, Job
from sweeper.sweep.files import RunFiles
from sweeper.trial import ErrorClass
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.made import study

EARLIER = -9.0
"""Stands in the database where an epoch was recorded before."""
SMALL = {
    **{"epochs": 2, "steps_per_epoch": 1, "batch_size": 4, "train_sample": 10, "encoder.layers": 1},
    **{f"tasks.{task}.{rows}": 20 for task in ("sst", "para", "sts") for rows in ("train_rows", "dev_rows")},
}


class Interrupted(InlineExecutor):
    """Trials until the first epoch."""

    def poll(self, timeout: float) -> list[Event]:
        events = super().poll(timeout)
        if any(isinstance(event, Evaluated) and event.result.epoch == 2 for event in events):
            raise KeyboardInterrupt
        return events


def age(database: Path, checkpoint: Path) -> None:
    """Makes a checkpoint and its record those of a version that knew no revisions."""
    file, sums = checkpoint / "progress.json", checkpoint / "sha256.json"
    progress = json.loads(file.read_text())
    progress["fingerprint"] = progress["fingerprint"].split(".")[0]
    file.write_text(json.dumps(progress))
    digests = json.loads(sums.read_text()) | {file.name: hashlib.sha256(file.read_bytes()).hexdigest()}
    sums.write_text(json.dumps(digests))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE epoch_metric SET value = ?", (EARLIER,))


@pytest.mark.parametrize("gradient", ["upgrad", "cagrad", "mgda", "imtl_g", "pcgrad"])
def test_a_trial_of_a_mended_method_starts_again_and_says_so(gradient: str, tmp_path: Path) -> None:
    made = study(base={**SMALL, "gradient": gradient}, arms={"only": {}})
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, made, Interrupted(), wanted=1)
    checkpoints = tmp_path / "runs" / made.name / "0/checkpoints"
    # The second epoch was trained and not recorded; its checkpoint goes, as if it had been cut off there.
    for newer in checkpoints.glob("000002.*"):
        newer.rename(tmp_path / newer.name)
    age(tmp_path / "studies.db", checkpoints / "000001.000000")

    heard = drive(tmp_path, made, InlineExecutor(), wanted=1)
    with open_study(tmp_path, made) as store:
        [row], metrics = store.trials.rows(), store.trials.epochs_frame()
    assert row.state == "complete"
    assert sorted(set(metrics["epoch"])) == [1, 2]
    earlier = set(metrics[metrics["value"] == EARLIER]["epoch"])
    if gradient == "pcgrad":
        assert heard.messages == ["0 complete "]
        assert earlier == {1}
    else:
        note = "trial 0: its checkpoint was made by an earlier arithmetic of its gradient method, encoder or"
        assert heard.messages == [f"{note} another part; it starts again", "0 complete "]
        assert earlier == set()
        with closing(sqlite3.connect(tmp_path / "studies.db")) as connection:
            told = connection.execute("SELECT step FROM trial_intermediate_values ORDER BY step").fetchall()
        assert told == [(1,), (2,)]


class Hungry(InlineExecutor):
    """Runs out of memory after the first epoch, unless the micro-batch was halved."""

    def poll(self, timeout: float) -> list[Event]:
        events = super().poll(timeout)
        for event in events:
            if isinstance(event, Evaluated) and self.accumulation == 1:
                self.cancel(event.number)
                return [*events, Failed(event.number, ErrorClass.OOM, "out of memory", "")]
        return events

    def submit(self, job: Job) -> None:
        super().submit(job)
        self.accumulation = job.config.accumulation


class KilledError(BaseException):
    """The driver's process is gone."""


@pytest.mark.parametrize("signed", [True, False])
def test_a_crash_between_a_halving_and_its_files_costs_nothing(
    signed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    made = study(base=SMALL, arms={"only": {}})
    drive(tmp_path / "undisturbed", made, Hungry(), wanted=1)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(RunFiles, "discard_checkpoints", killed)
        drive(tmp_path / "killed", made, Hungry(), wanted=1)
    run = tmp_path / "killed/runs" / made.name / "0"
    assert (run / "checkpoints/000001.000000").exists()
    if not signed:
        (run / "origin.json").unlink()
    heard = drive(tmp_path / "killed", made, Hungry(), wanted=1)
    assert heard.messages[-1] == "0 complete "
    assert "another configuration" in heard.messages[0]
    found = []
    for name in ("undisturbed", "killed"):
        with open_study(tmp_path / name, made) as store:
            [row] = store.trials.rows()
            assert (row.halvings, row.config["accumulation"]) == (1, 2)
            found.append(store.trials.epochs_frame())
    pd.testing.assert_frame_equal(*found, check_exact=True)
