"""A fourth and a fifth task, declared in YAML over small files, beside the built-in three."""

from pathlib import Path

import pytest

from sweeper.executors.inline import InlineExecutor
from sweeper.paths import Home
from sweeper.report.write import write_report
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep

WORKLOAD = """
name: mine
extends: demo
train:
  tasks:
    topic:
      kind: single
      classes: 3
      source: {kind: files, train: topic-train.tsv, dev: topic-dev.tsv}
      text: [sentence]
      label: topic
      metric: accuracy
      head: mlp
    closeness:
      kind: pair
      range: [1, 7]
      source: {kind: files, train: closeness-train.tsv, dev: closeness-dev.tsv}
      text: [one, other]
      label: score
      metric: pearson
      head: cosine
      loss: mse
  epochs: 1
  steps_per_epoch: 2
"""
TOPICS = ("the ball flew over the goal", "the bank raised its rates", "the comet passed the moon")


def write_data(folder: Path) -> None:
    folder.mkdir()
    for split, rows in (("train", 60), ("dev", 30)):
        topics = [f"{TOPICS[i % 3]} {i}\t{i % 3}" for i in range(rows)]
        (folder / f"topic-{split}.tsv").write_text("sentence\ttopic\n" + "\n".join(topics) + "\n")
        pairs = [f"{TOPICS[i % 3]} {i}\t{TOPICS[i % 2]} {i}\t{1 + i % 7}" for i in range(rows)]
        (folder / f"closeness-{split}.tsv").write_text("one\tother\tscore\n" + "\n".join(pairs) + "\n")


def test_own_tasks_run_and_are_reported_beside_the_built_in_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "data")
    (tmp_path / "studies" / "workloads").mkdir(parents=True)
    (tmp_path / "studies" / "workloads" / "mine.yaml").write_text(WORKLOAD)
    monkeypatch.chdir(tmp_path)
    study = load_study("quickstart", "mine")
    cross = "learning_rate x dropout"
    study = Study(study.spec.model_copy(update={"tables": ("arms", "table3", cross)}), study.workload)
    home = Home(tmp_path / "home")
    places = Places(home.storage, home, tmp_path / "data")
    tally, _ = sweep(study, places, 2, InlineExecutor())
    assert (tally.finished, tally.failed) == (2, 0)
    formula = "overall = (sst + para + (sts + 1) / 2 + topic + (closeness + 1) / 2) / 5"
    with Database(home.storage) as database:
        scores = [row.scores for row in database.study(study.name).trials.rows()]
        report = write_report(database, study.name, tmp_path / "report")
    for found in scores:
        assert found is not None
        assert list(found) == ["overall", "sst", "para", "sts", "topic", "closeness"]
        parts = [found[name] for name in ("sst", "para", "topic")]
        parts += [(found[name] + 1) / 2 for name in ("sts", "closeness")]
        assert found["overall"] == pytest.approx(sum(parts) / 5)
    assert [table.key for table in report.document.tables[:2]] == ["arms", cross]
    assert "Not shown, as the tasks are not the paper's: table3." in report.document.summary
    assert formula in (report.folder / "tables.md").read_text(encoding="utf-8")
