"""What an own trainer may answer, what is told of its rows, and what becomes of a damaged checkpoint."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.config import TrainConfig, TrialConfig
from model.data.corpus import load_corpus
from model.data.rows import Rows
from model.errors import PluginError
from model.files import RunFolder
from model.inputs import Inputs
from model.owntrial import STATE, Answers, OwnTrial, StepLog, epochs_kept
from model.predictions import read_predictions
from model.result import EpochResult
from tests.model_tests.made import DEMO

FEW = {name: task.model_dump() | {"dev_rows": 12, "train_rows": 14} for name, task in DEMO.items()}


def trained(
    folder: Path, answer: Callable[[str, Rows], Any], name: str = "sst", **changes: object
) -> list[EpochResult]:
    given = {"tasks": {name: FEW[name] | changes}, "epochs": 2, "train_sample": 8}
    trial = OwnTrial(TrialConfig.model_validate(given), folder, None, StepLog(lambda inputs: None))
    return list(trial.epochs(lambda: False, lambda epoch: (answer, {"steps": np.array(epoch)})))


def scored(scores: Callable[[int], Any]) -> Callable[[str, Rows], Answers]:
    return lambda name, rows: (np.ones(len(rows)), scores(len(rows)))


@pytest.mark.parametrize("answer", [7.0, -1.0, 0.5, 1e12])
def test_what_is_no_class_is_refused(answer: float, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"task sst: prediction .* is no class; those are 0 to 4"):
        trained(tmp_path, lambda name, rows: (np.full(len(rows), answer), None), metric="macro_f1")


@pytest.mark.parametrize("values", [None, ["a"] * 12, np.zeros((12, 1)), np.full(12, np.nan)])
def test_there_is_a_number_for_each_row(values: Any, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="task sst: not one finite prediction for each row"):
        trained(tmp_path, lambda name, rows: (values, None))


@pytest.mark.parametrize(
    "scores",
    [
        lambda rows: np.full((rows, 5), -np.inf),  # the logarithm of a share of 0
        lambda rows: np.full((rows, 5), 1e300),  # beyond float32, in which they are kept
        lambda rows: np.zeros((rows + 1, 5)),
        lambda rows: np.zeros((rows, 4)),
        np.zeros,
    ],
)
def test_scores_that_reports_could_not_read_are_refused(scores: Callable[[int], Any], tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="task sst: not 5 finite scores for each row"):
        trained(tmp_path, scored(scores))


def test_an_area_under_the_curve_needs_scores(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="task para: metric auc needs scores of the classes"):
        trained(tmp_path, scored(lambda rows: None), "para", metric="auc")
    trained(tmp_path, scored(lambda rows: np.zeros((rows, 2))), "para", metric="auc")


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"none", None])
def test_a_damaged_checkpoint_is_passed_over(damage: bytes | None, tmp_path: Path) -> None:
    answer = scored(lambda rows: np.zeros((rows, 5), dtype=np.float32))
    expected = trained(tmp_path, answer)
    assert epochs_kept(tmp_path) == 2
    file = RunFolder(tmp_path).checkpoints / STATE
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    assert epochs_kept(tmp_path) is None
    assert [one.metrics for one in trained(tmp_path, answer)] == [one.metrics for one in expected]
    assert epochs_kept(tmp_path) == 2
    assert read_predictions(RunFolder(tmp_path).predictions) is not None


def test_what_it_trains_on_is_counted_as_by_our_own_trainer(tmp_path: Path) -> None:
    content = {
        "train.tsv": ["A film\t4", "a FILM\t4", "A plot\t0"],
        "dev.tsv": ["A plot\t0", "An end\t1"],
        "test.tsv": ["a film\t4", "an END\t1", "A start\t0"],
    }
    for name, lines in content.items():
        (tmp_path / name).write_text("\n".join(["sentence\tsentiment", *lines]) + "\n")
    source = {"kind": "files", **{name.removesuffix(".tsv"): name for name in content}}
    given = {"tasks": {"sst": FEW["sst"] | {"source": source}}, "epochs": 1, "score_test": True}
    told: list[Inputs] = []
    trial = OwnTrial(TrialConfig.model_validate(given), tmp_path / "run", tmp_path, StepLog(told.append))
    answer = scored(lambda rows: np.zeros((rows, 5), dtype=np.float32))
    list(trial.epochs(lambda: False, lambda epoch: (answer, {})))
    rows = told[0].rows["sst"]
    assert [part.doubles for part in rows.values()] == [1, 0, 0]
    assert [part.also_in for part in rows.values()] == [{}, {}, {"train": 1, "dev": 1}]
    ours = load_corpus(TrainConfig.model_validate(given), tmp_path, tmp_path / "cache")
    # Where its texts are cut is not known.
    assert rows == {split: replace(part, cut=None) for split, part in ours.rows["sst"].items()}
    assert told[0].dev_in_train == ours.dev_in_train == {"sst": 1}
    assert told[0].data == ours.rows_fingerprint != ours.data_fingerprint
