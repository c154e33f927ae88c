"""What `show` says of a trial."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.show.trial import trial_text
from sweeper.store.study import StudyStore


def test_a_complete_trial(store: StudyStore) -> None:
    lines = trial_text(store, 0, 80).splitlines()
    assert lines[:2] == ["quickstart@demo trial 0: complete", "arm: Baseline"]
    assert "best epoch 2: overall 0.6250, sst 0.2500" in lines
    assert "device: cpu, 1 thread; attempts: 1" in lines
    assert "versions: torch 9.9" in lines
    table = [line.split() for line in lines[lines.index("Scores by epoch:") + 1 :]]
    assert table == [
        ["1", "2"],
        ["dev", "overall", "overall", "0.5000", "0.6250"],
        ["train", "sst", "loss", "2.0000", "1.6000"],
    ]


def test_a_result_that_was_reused_and_a_batch_that_was_halved(store: StudyStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET reused_from = 7, halvings = 1, machine = 'here' WHERE number = 0")
    lines = trial_text(store, 0, 80).splitlines()
    assert "not trained: configuration and seed are those of trial 7, and so is the result" in lines
    assert (
        "memory ran out at first: trained with half the micro-batch, accumulation 1; the batch is the same"
    ) in lines
    assert "machine: here" in lines


def test_settings_of_another_version_are_shown_as_stored(store: StudyStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET config = json_set(config, '$.of_later', 7) WHERE number = 0")
    assert "of_later 7" in trial_text(store, 0, 80)


def test_a_failed_trial(store: StudyStore) -> None:
    text = trial_text(store, 1, 80)
    assert "\ndev overall overall 0.5000 0.6250 not a number\n" in text
    assert (
        "\n\nWhat happened: in epoch 4 of 4, a loss was not finite, and the trial ended at that step: "
        "ValueError: the loss is nan\n"
        "Last dev scores, of epoch 3: none is a number.\n"
        "Peak memory: 10 MiB.\n"
        "Nearest configuration that worked: trial 0 (overall 0.6250), with arm Baseline instead of S-BERT."
        "\n\n"
    ) in text
    assert text.endswith(
        "\n\nFailure (nan):\nTraceback (most recent call last):\n  [red]here[/red]\n"
        "ValueError: the loss is nan"
    )


def test_a_trial_that_has_not_begun(store: StudyStore) -> None:
    text = trial_text(store, 3, 80)
    assert text.startswith("quickstart@demo trial 3: queued\n")
    assert "Scores by epoch" not in text
    assert "Failure" not in text


def test_no_such_trial(store: StudyStore) -> None:
    for number in (4, -1):
        with pytest.raises(InputError, match=f"no trial {number}; its trials are 0 to 3"):
            trial_text(store, number, 80)
