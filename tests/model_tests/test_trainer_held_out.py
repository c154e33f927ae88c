"""Test rows are scored apart and choose nothing; columns of dev rows name groups."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from model.config import TrainConfig
from model.data.demo import corpus as demo
from model.data.rows import NO_GROUP, read
from model.errors import DataError
from model.predictions import read_predictions
from model.result import EpochResult
from model.trainer import train

ENCODER = {"hidden_size": 16, "attention_heads": 2, "layers": 1, "vocabulary": 300}

FILES = "predictions.npz", "test-predictions.npz"


def write(path: Path, split: str, rows: int, dialect: bool) -> None:
    lines = ["id\tsentence\tsentiment" + ("\tdialect" if dialect else "")]
    for number, row in enumerate(demo.examples("sst", split, 7)[:rows]):
        group = ("\tnorth", "\tsouth", "\t")[number % 3] if dialect else ""
        lines.append(f"{split}{number}\t{row.texts[0]}\t{row.label:g}{group}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "train.tsv", "train", 60, dialect=False)
    write(folder / "dev.tsv", "dev", 30, dialect=True)
    return folder


def settings(test: str | None = None, **more: Any) -> dict[str, Any]:
    source = {"kind": "files", "train": "train.tsv", "dev": "dev.tsv", "test": test}
    task = {"kind": "single", "classes": 5, "text": ["sentence"], "label": "sentiment", "metric": "accuracy"}
    task |= {"source": source, "groups": ["dialect"]}
    fixed = {"encoder": ENCODER, "epochs": 3, "batch_size": 16, "learning_rate": 3e-3, "warmup": 0.0}
    return {**fixed, "tasks": {"grade": task}, **more}


def trained(data: Path, folder: Path, **more: Any) -> list[EpochResult]:
    config = TrainConfig.model_validate(settings(**more))
    return list(train(config, folder / "run", data=data, cache=folder / "cache"))


def split(result: EpochResult, name: str) -> dict[str, float]:
    return {metric.task: metric.value for metric in result.metrics if metric.split == name}


def test_test_rows_are_scored_at_each_best_epoch_and_choose_nothing(data: Path, tmp_path: Path) -> None:
    plain = trained(data, tmp_path / "plain")
    scored = trained(data, tmp_path / "scored", test="dev.tsv", score_test=True)
    assert [result.dev_scores() for result in scored] == [result.dev_scores() for result in plain]
    for result in scored:
        # The test file is the dev file here, so that its scores are known.
        assert split(result, "test") == (split(result, "dev") if result.best else {})
    assert all(split(result, "test") == {} for result in plain)
    dev, test = (read_predictions(tmp_path / "scored/run" / name) for name in FILES)
    assert dev is not None
    assert test is not None
    np.testing.assert_equal(asdict(test["grade"]), asdict(dev["grade"]))
    assert not (tmp_path / "plain/run" / FILES[1]).exists()


def test_test_rows_are_predicted_by_the_averaged_weights_where_these_count(
    data: Path, tmp_path: Path
) -> None:
    trained(data, tmp_path, test="dev.tsv", score_test=True, average={"name": "ema"})
    dev, test = (read_predictions(tmp_path / "run" / name) for name in FILES)
    assert dev is not None
    assert test is not None
    np.testing.assert_equal(asdict(test["grade"]), asdict(dev["grade"]))


def test_a_task_without_test_rows_cannot_be_scored_on_them() -> None:
    with pytest.raises(ValidationError, match=r"these tasks name none in their source: \['grade'\]"):
        TrainConfig.model_validate(settings(score_test=True))


def test_a_test_file_that_is_missing_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"held-out\.tsv is missing"):
        trained(data, tmp_path, test="held-out.tsv", score_test=True)


def test_groups_are_read_from_dev_rows_alone_and_kept_with_the_predictions(
    data: Path, tmp_path: Path
) -> None:
    trained(data, tmp_path)
    with np.load(tmp_path / "run/predictions.npz", allow_pickle=False) as saved:
        groups = saved["grade.group.dialect"].tolist()
        assert groups == (["north", "south", NO_GROUP] * 10)
        texts = [line.split("\t")[1] for line in (data / "dev.tsv").read_text().splitlines()[1:]]
        assert saved["grade.words"].tolist() == [len(text.split()) for text in texts]


def test_a_column_of_groups_that_is_not_there_is_named(data: Path) -> None:
    write(data / "dev.tsv", "dev", 30, dialect=False)
    task = TrainConfig.model_validate(settings()).tasks["grade"]
    with pytest.raises(DataError, match=r"task 'grade': .*dev\.tsv has no column 'dialect'"):
        read("grade", task, "dev", data)
