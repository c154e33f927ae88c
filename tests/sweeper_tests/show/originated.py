"""Trials of studies whose files say where each setting came from."""

import json
from typing import Any

from sweeper.show.record import read_record, record_json
from sweeper.store.database import Database

STUDY = """\
name: mine
workload: own
base:
  sst_head: mlp
  smart: {weight: dynamic}
arms:
  Plain: {}
  "S-BERT + SMART":
    smart.enabled: true
    max_grad_norm: null
    encoder:
      pooling: mean
space:
  weight_decay: [0.01, 0.1, 0.3]
  warmup: {low: 0.0, high: 0.3}
  mask_words: workload
enqueue:
  - {weight_decay: 0.1}
seeds: [3,
  4]
"""


OWN = """\
name: own
extends: lent
train:
  tasks:
    sst:
      source: {kind: demo, task: sst}   # of another kind: nothing is left of the source below
      dev_rows: 20
  encoder.hidden_size: 16
  learning_rate: 1.0e-3
"""


LENT = """\
name: lent
train:
  tasks:
    sst:
      kind: single
      classes: 5
      source:
        kind: files
        train: a.csv
        dev: b.csv
        drop_incomplete: true
      text: [sentence]
      label: sentiment
      metric: accuracy
      train_rows: 30
  encoder: {hidden_size: 8, attention_heads: 1}
  learning_rate: 5.0e-4
  epochs: 2
ranges:
  mask_words: [0.0, 0.25]
"""


OWN_FILE, LENT_FILE = "studies/workloads/own.yaml", "studies/workloads/lent.yaml"


Where = tuple[Any, str, str | None, str | None, int | None, str | None]


"""Value, source, name, file, line and key."""


def hand_made(
    params: dict[str, Any], seed: tuple[int, int], weight_decay: Where, file: str, down: int
) -> dict[str, Where]:
    """The settings of a trial of the second arm that anything but a default gave."""
    arm, arms = "S-BERT + SMART", "arms.S-BERT + SMART"
    return {
        "weight_decay": weight_decay,
        "warmup": (params["warmup"], "space", "tpe", file, 15 + down, "space.warmup"),
        "mask_words": (params["mask_words"], "space", "tpe", LENT_FILE, 20, "ranges.mask_words"),
        "seed": (seed[0], "seeds", None, file, seed[1] + down, f"seeds[{seed[0] - 3}]"),
        "smart.enabled": (True, "arm", arm, file, 9 + down, f"{arms}.smart.enabled"),
        "max_grad_norm": (None, "arm", arm, file, 10 + down, f"{arms}.max_grad_norm"),
        "encoder.pooling": ("mean", "arm", arm, file, 12 + down, f"{arms}.encoder.pooling"),
        "tasks.sst.head": ("mlp", "base", None, file, 4 + down, "base.sst_head"),
        "smart.weight": ("dynamic", "base", None, file, 5 + down, "base.smart.weight"),
        "tasks.sst.source.kind": ("demo", "workload", "own", OWN_FILE, 6, "train.tasks.sst.source.kind"),
        "tasks.sst.source.task": ("sst", "workload", "own", OWN_FILE, 6, "train.tasks.sst.source.task"),
        "tasks.sst.dev_rows": (20, "workload", "own", OWN_FILE, 7, "train.tasks.sst.dev_rows"),
        "encoder.hidden_size": (16, "workload", "own", OWN_FILE, 8, "train.encoder.hidden_size"),
        "learning_rate": (1e-3, "workload", "own", OWN_FILE, 9, "train.learning_rate"),
        "tasks.sst.kind": ("single", "workload", "lent", LENT_FILE, 5, "train.tasks.sst.kind"),
        "tasks.sst.classes": (5, "workload", "lent", LENT_FILE, 6, "train.tasks.sst.classes"),
        "tasks.sst.text": (["sentence"], "workload", "lent", LENT_FILE, 12, "train.tasks.sst.text"),
        "tasks.sst.label": ("sentiment", "workload", "lent", LENT_FILE, 13, "train.tasks.sst.label"),
        "tasks.sst.metric": ("accuracy", "workload", "lent", LENT_FILE, 14, "train.tasks.sst.metric"),
        "tasks.sst.train_rows": (30, "workload", "lent", LENT_FILE, 15, "train.tasks.sst.train_rows"),
        "encoder.attention_heads": (1, "workload", "lent", LENT_FILE, 16, "train.encoder.attention_heads"),
        "epochs": (2, "workload", "lent", LENT_FILE, 18, "train.epochs"),
    }


def told(url: str, number: int, study: str = "mine@own") -> dict[str, Any]:
    """What `show --json` prints of a trial."""
    with Database(url) as database:
        found = record_json(read_record(database.study(study), number))
    read: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return read


def wheres(record: dict[str, Any]) -> dict[str, Where]:
    parts = ("value", "source", "name", "file", "line", "key")
    return {
        name: tuple(said[part] for part in parts)  # type: ignore[misc]
        for name, said in record["settings"].items()
        if said["source"] != "default"
    }
