"""A study scored by an area, F1 of a class, an error and weights: trained, reported, compared, refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.special import softmax
from sklearn.metrics import f1_score, mean_squared_error, roc_auc_score

from model.predictions import Predictions, read_predictions, save_predictions
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import arms_table, study_tables
from tests.sweeper_tests.typed import Command, write

WORKLOAD = """
name: small
train:
  tasks:
    sst: {kind: single, classes: 5, text: [sentence], label: sentiment, metric: f1, positive: 3,
          source: {kind: demo, task: sst}, train_rows: 60, dev_rows: 60}
    para: {kind: pair, classes: 2, text: [sentence1, sentence2], label: is_duplicate, metric: auc,
           source: {kind: demo, task: para}, train_rows: 60, dev_rows: 60}
    sts: {kind: pair, range: [0, 5], text: [sentence1, sentence2], label: similarity, metric: mse,
          head: cosine, loss: mse, source: {kind: demo, task: sts}, train_rows: 60, dev_rows: 60}
  overall: {weights: {para: 2}}
  smart: {enabled: true}
  encoder: {hidden_size: 8, attention_heads: 1, layers: 1, vocabulary: 200}
  epochs: 2
  steps_per_epoch: 2
  train_sample: 10
  threads: 1
"""
STUDY = """
name: mine
workload: small
arms: {Slow: {learning_rate: 1.0e-4}, Fast: {learning_rate: 1.0e-2}}
seeds: [1, 2]
"""
FORMULA = "overall = (sst + 2 * para + max(0, 1 - sts / 25)) / 4"
RUN = ("run", "--study", "mine", "--executor", "inline", "--trials", "4")


@pytest.fixture
def trained(folder: Path, sweeper: Command) -> Path:
    write(folder / "studies/workloads/small.yaml", WORKLOAD)
    write(folder / "studies/mine.yaml", STUDY)
    said = sweeper(*RUN)
    assert said.code == 0, said.err
    assert FORMULA in said.out + said.err
    return folder


def test_trials_are_scored_reported_and_compared_by_their_metrics(trained: Path, sweeper: Command) -> None:
    shown = json.loads(sweeper("report", "mine", "--format", "json", "--table", "trials").out)
    [trials] = shown["tables"]
    headings = [column["heading"] for column in trials["columns"]]
    for row in trials["rows"]:
        cells = dict(zip(headings, row, strict=True))
        run = trained / f".sweeper/runs/mine@small/{cells['trial']['value']:g}"
        kept = read_predictions(run / "predictions.npz")
        assert kept is not None
        logits, sst, sts = kept["para"].scores, kept["sst"], kept["sts"]
        assert logits is not None
        probabilities = softmax(logits.astype(float), axis=1)[:, 1]
        expected = {
            "sst": f1_score(sst.labels == 3, sst.predicted == 3, zero_division=0),
            "para": roc_auc_score(kept["para"].labels, probabilities),
            "sts": mean_squared_error(sts.labels, sts.predicted),
        }
        for name, value in expected.items():
            assert cells[name]["value"] == pytest.approx(value, abs=1e-6)
        overall = (expected["sst"] + 2 * expected["para"] + 1 - expected["sts"] / 25) / 4
        assert cells["overall"]["value"] == pytest.approx(overall, abs=1e-6)
    document = json.loads(sweeper("report", "mine", "--format", "json").out)
    arms = next(table for table in document["tables"] if table["key"] == "arms")
    assert FORMULA in arms["notes"]
    assert any("lower the better: sts (mean squared error" in note for note in arms["notes"])
    place = [column["heading"] for column in arms["columns"]].index("sts")
    cells = [row[place] for row in arms["rows"]]
    assert [cell["best"] for cell in cells] == [
        cell["text"] == min(other["text"] for other in cells) for cell in cells
    ]
    said = sweeper("diff", "mine", "0", "1").out
    for test in ("randomisation", "DeLong", "paired t over the rows' errors"):
        assert f"p of equal scores, {test}: " in said


def test_a_score_that_the_labels_do_not_allow_is_a_dash_with_its_reason(made: Results) -> None:
    def constant(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        return found | {"sts": replace(found["sts"], labels=np.full(len(found["sts"].labels), 5.0))}

    flat = replace(made, predictions=constant)
    tables = {table.key: table for table in study_tables(flat, ("arms",), Comparisons(flat))}
    for key in ("arms", "comparisons"):
        place = [column.heading for column in tables[key].columns].index("sts")
        assert {row[place].text for row in tables[key].rows} == {"—"}
        assert "sts has no score on these dev labels (constant labels or predictions); it counts as 0." in (
            tables[key].notes
        )
    assert all("sts has no score" not in note for note in arms_table(made, Comparisons(made)).notes)


def test_an_error_is_reached_from_above(trained: Path, sweeper: Command) -> None:
    said = sweeper(*RUN[:-1], "8", "--until", "sts=25", "--name", "other")
    assert "has reached sts 25" in said.out + said.err
    said = sweeper(*RUN[:-1], "2", "--until", "sts=0.0001", "--name", "another")
    assert "has reached" not in said.out + said.err


def test_predictions_without_the_heads_outputs_are_left_out_by_name(trained: Path, sweeper: Command) -> None:
    run = trained / ".sweeper/runs/mine@small/0"
    kept = read_predictions(run / "predictions.npz") or {}
    old = {name: type(one)(one.ids, one.predicted, one.labels) for name, one in kept.items()}
    (run / "predictions.npz").unlink()
    save_predictions(run / "predictions.npz", old)
    (run / "origin.json").unlink()
    said = sweeper("report", "mine").out
    assert "mine@small/0/predictions.npz is left out: it has no outputs of the head, which metric auc of" in (
        " ".join(said.split())
    )


def test_how_trials_are_judged_is_one_for_the_whole_study(trained: Path, sweeper: Command) -> None:
    workload = yaml.safe_load(WORKLOAD)
    workload["train"]["overall"] = {}
    write(trained / "studies/workloads/small.yaml", yaml.safe_dump(workload, sort_keys=False))
    said = sweeper(*RUN)
    assert said.code == 2
    assert "workload.train.overall.weights.para: 2" in said.err
    write(trained / "studies/workloads/small.yaml", WORKLOAD)
    wrong = {
        "arms: {Slow: {}, Fast: {overall.weights: {sst: 3}}}": "arms.Fast: has another overall",
        "arms: {Slow: {}, Fast: {tasks.sts.metric: mae}}": "arms.Fast: scores task sts otherwise",
        "space: {overall.formula: [unit, mean]}": "space.overall.formula",
        "space: {tasks.para.metric: [auc, mcc]}": "says how trials are judged",
        "space: {tasks.para.pair_encoding: [apart, joint]}": "makes a track of its own, and cannot vary",
        "objective: sts": "objective = sts: is raised, and of metric mse the lower score is better",
        "base: {overall.formula: mean}": "of sts the lower one is better (mse)",
    }
    for line, said_of in wrong.items():
        lines = [other for other in STUDY.splitlines() if not other.startswith(line.split(":")[0])]
        write(trained / "studies/mine.yaml", "\n".join([*lines, line]))
        said = sweeper("validate", "mine")
        assert (said.code, said.out) == (2, "")
        assert said_of in said.err
