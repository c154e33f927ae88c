"""The trial on which training is measured: all-MiniLM-L6-v2 on a few rows of the real files.

The rows are those that `train_rows` and `dev_rows` of a task choose: a random subset, always the same one.
"""

from collections.abc import Collection
from typing import Any

from model.config import TrainConfig
from sweeper.paths import data_folder
from sweeper.study.load import load_study

THREADS = 2


def available() -> bool:
    """Whether the real files are there; says so where they are not."""
    if data_folder() is None:
        print("  skipped: SWEEPER_DATA names no folder")
        return False
    return True


def trial(
    rows: int,
    dev_rows: int,
    *,
    seed: int = 11711,
    tasks: Collection[str] = ("sst", "para", "sts"),
    heads: dict[str, dict[str, Any]] | None = None,
    **changes: Any,
) -> TrainConfig:
    """The arm S-BERT of the study sbert-grid, on some rows.

    Args:
        rows: Training rows of each task.
        dev_rows: Dev rows of each task.
        seed: Of weights, order and dropout.
        tasks: Which tasks take part.
        heads: Other settings of a task, by its name.
        **changes: Other settings of the trial.
    """
    # As the peers compute.
    params = {"precision": "fp32"}
    settings = load_study("sbert-grid", "minilm").config("S-BERT", params, seed).model_dump()
    few = {"train_rows": rows, "dev_rows": dev_rows}
    settings["tasks"] = {name: settings["tasks"][name] | few | (heads or {}).get(name, {}) for name in tasks}
    # One row of the training sample: the peers score no training rows.
    return TrainConfig.model_validate(settings | {"threads": THREADS, "train_sample": 1} | changes)
