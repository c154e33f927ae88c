"""A study whose arms differ in how a small encoder pools, and the trials that it leaves."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import yaml

from model.config import TrainConfig
from tests.sweeper_tests.typed import Command, write

ROWS = "train_rows: 64, dev_rows: 48"
WORKLOAD = f"""
name: tiny
extends: demo
notice: Scores of a test say nothing.
train:
  tasks: {{sst: {{{ROWS}}}, para: {{{ROWS}}}, sts: {{{ROWS}}}}}
  encoder: {{hidden_size: 32, layers: 1, attention_heads: 2, vocabulary: 300, max_length: 16}}
  epochs: 2
  train_sample: 10
"""
HEADS = {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"}
ARMS: dict[str, dict[str, object]] = {
    "Mean": {"encoder.pooling": "mean", "sts_loss": "mse", "tasks.sst.activation": "gelu"},
    # Not the cosine: those of a barely trained [CLS] differ by rounding alone.
    "[CLS]": {"encoder.pooling": "cls", "sts_head": "linear", "sts_loss": "ce"},
    "Max": {"encoder.pooling": "max", "sts_head": "linear", "sst_head": "linear"},
    "joint": {
        **{"encoder.pooling": "cls", "paraphrase_head": "mlp", "sts_head": "linear"},
        **{f"tasks.{name}.pair_encoding": "joint" for name in ("para", "sts")},
    },
    "Pair layer": {"encoder.pooling": "mean", "pair_layer": "tanh", "sts_loss": "mse"},
    "Mixed layers": {"encoder.pooling": "mean", "encoder.layer_pooling": "weighted", "sts_loss": "mse"},
    "Mixed layers, [CLS]": {"encoder.layer_pooling": "weighted", "sts_head": "linear", "sts_loss": "ce"},
    "LoRA": {"encoder.lora": {"rank": 4, "alpha": 16}, "encoder.pooling": "mean", "sts_loss": "mse"},
    # It takes a hundred times as long as the others.
    "MiniLM": {
        "encoder": {"source": "minilm", "pooling": "mean", "max_length": 24},
        "sts_loss": "ce",
        "epochs": 1,
    }
    | {f"tasks.{name}.{rows}_rows": 16 for name in ("sst", "para", "sts") for rows in ("train", "dev")},
}


@dataclass(frozen=True)
class Trial:
    number: int
    config: TrainConfig
    scores: dict[str, float]


def ran(arms: dict[str, dict[str, object]], sweeper: Command) -> None:
    study = {"name": "poolings", "workload": "tiny", "base": HEADS, "arms": arms, "space": {"dropout": [0.1]}}
    write(Path("studies/poolings.yaml"), yaml.safe_dump(study))
    write(Path("studies/workloads/tiny.yaml"), WORKLOAD)
    said = sweeper("run", "--study", "poolings", "--trials", str(len(arms)), "--executor", "inline")
    assert said.code == 0, said.err


def recorded(arm: str) -> Trial:
    """From the database, with nothing of ours."""
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection:
        number, config, scores = connection.execute(
            "SELECT number, config, scores FROM run WHERE arm = ?", (arm,)
        ).fetchone()
    return Trial(number, TrainConfig.model_validate_json(config), json.loads(scores))
