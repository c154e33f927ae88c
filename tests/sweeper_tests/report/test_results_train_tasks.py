"""Arms that train single tasks beside one that trains all: run, ranked, reported, compared, handed on."""

import csv
import json
import re
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import accuracy_score

from model.predictions import read_predictions
from tests.sweeper_tests.typed import Command, write

WORKLOAD = """
name: small
train:
  tasks:
    sst: {kind: single, classes: 5, text: [sentence], label: sentiment, metric: accuracy,
          source: {kind: demo, task: sst}, train_rows: 60, dev_rows: 60}
    para: {kind: pair, classes: 2, text: [sentence1, sentence2], label: is_duplicate, metric: accuracy,
           source: {kind: demo, task: para}, train_rows: 60, dev_rows: 60}
    sts: {kind: pair, range: [0, 5], text: [sentence1, sentence2], label: similarity, metric: pearson,
          head: cosine, loss: mse, source: {kind: demo, task: sts}, train_rows: 60, dev_rows: 60}
  encoder: {hidden_size: 8, attention_heads: 1, layers: 1, vocabulary: 200}
  learning_rate: 1.0e-2
  epochs: 2
  steps_per_epoch: 3
  train_sample: 10
  threads: 1
"""
STUDY = """
name: mine
workload: small
arms:
  joint: {}
  sst only: {train_tasks: [sst]}
  para only: {train_tasks: [para]}
  sts only: {train_tasks: [sts]}
seeds: [1, 2]
"""
ALONE = {"sst only": "sst", "para only": "para", "sts only": "sts"}
TASKS = ("sst", "para", "sts")
RUN = ("run", "--study", "mine", "--executor", "inline", "--trials", "8")


@pytest.fixture
def trained(folder: Path, sweeper: Command) -> Path:
    write(folder / "studies/workloads/small.yaml", WORKLOAD)
    write(folder / "studies/mine.yaml", STUDY)
    said = sweeper(*RUN)
    assert said.code == 0, said.err
    assert re.search(r"trial 1 epoch 2/2: trained tasks (0\.\d{3}) \(sst \1\)", said.out + said.err)
    return folder


def rows(table: dict[str, Any]) -> list[dict[str, dict[str, Any]]]:
    headings = [column["heading"] for column in table["columns"]]
    return [dict(zip(headings, row, strict=True)) for row in table["rows"]]


def scores(folder: Path, number: int) -> dict[str, float]:
    """Dev scores computed from the predictions of a trial's folder by other libraries."""
    kept = read_predictions(folder / f".sweeper/runs/mine@small/{number}/predictions.npz")
    assert kept is not None
    found = {
        n: float(accuracy_score(kept[n].labels, kept[n].predicted)) for n in ("sst", "para") if n in kept
    }
    if "sts" in kept:
        found["sts"] = float(np.corrcoef(kept["sts"].labels, kept["sts"].predicted)[0, 1])
    return found


def test_the_report_cell_by_cell(trained: Path, sweeper: Command) -> None:
    text = sweeper("report", "mine", "--format", "json").out
    assert "NaN" not in text
    document = json.loads(text)
    tables = {table["key"]: table for table in document["tables"]}
    trials = rows(
        json.loads(sweeper("report", "mine", "--format", "json", "--table", "trials").out)["tables"][0]
    )
    assert [row["arm"]["text"] for row in trials] == ["joint", *ALONE] * 2
    by_arm: dict[str, list[dict[str, float]]] = {}
    for number, row in enumerate(trials):
        own, arm = scores(trained, number), row["arm"]["text"]
        by_arm.setdefault(arm, []).append(own)
        assert {*own} == ({ALONE[arm]} if arm in ALONE else {*TASKS})
        if arm == "joint":
            overall = (own["sst"] + own["para"] + (own["sts"] + 1) / 2) / 3
            assert row["overall"]["value"] == pytest.approx(overall, abs=1e-6)
        else:
            assert (row["overall"]["text"], row["overall"]["value"]) == ("—", None)
        for name in TASKS:
            if name in own:
                assert row[name]["value"] == pytest.approx(own[name], abs=1e-6)
            else:
                assert (row[name]["text"], row[name]["value"]) == ("—", None)
    for key in ("arms", "best"):
        for row in rows(tables[key]):
            arm = row["arm"]["text"]
            for name in TASKS:
                if name in by_arm[arm][0]:
                    mean = fmean(one[name] for one in by_arm[arm])
                    assert row[name]["value"] == pytest.approx(mean, abs=1e-6)
                else:
                    assert row[name]["text"] == "—"
            assert (row["overall"]["text"] == "—") == (arm in ALONE)
    against = {row["arm"]["text"]: row for row in rows(tables["comparisons"])}
    assert [*against] == [*ALONE]
    for arm, task in ALONE.items():
        row, dashes = against[arm], ("verdict", "overall", "95 %", "p rows", "p seeds", "p Holm", "P(A > B)")
        assert {row[name]["text"] for name in dashes} == {"—"}
        ours, theirs = ([one[task] for one in by_arm[side]] for side in (arm, "joint"))
        assert row[task]["value"] == pytest.approx(fmean(ours) - fmean(theirs), abs=1e-6)
        # Three tests in the family, of a task each: Holm's factor of one of them is 3 at most.
        alone = ttest_rel(ours, theirs).pvalue
        assert np.isnan(alone) or alone <= row[f"p {task}"]["value"] + 1e-6
        assert {row[name]["text"] for name in TASKS if name != task} == {"—"}
        note = (
            f"{arm} trains {task} alone: it has no overall, and is compared task by task; its best epoch is "
            "chosen by these scores alone, which favours them."
        )
        assert all(note in tables[key]["notes"] for key in ("arms", "best", "comparisons"))
        assert any(
            one.startswith(f"{arm} against joint, on what both train: {task} ") for one in findings(document)
        )
    assert [
        (row["arm"]["text"], row["task"]["text"], row["difference"]["value"], row["p Holm"]["value"])
        for row in rows(tables["by_task"])
    ] == [
        (arm, task, against[arm][task]["value"], against[arm][f"p {task}"]["value"])
        for arm, task in ALONE.items()
    ]
    assert "joint alone has an overall" in json.dumps(document)
    assert "The data changed" not in json.dumps(document)


def findings(document: dict[str, Any]) -> list[str]:
    """Every sentence of a document."""
    found: list[str] = []

    def look(part: Any) -> None:
        if isinstance(part, str):
            found.append(part)
        for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            look(below)

    look(document)
    return found


def test_commands_say_what_is_missing(trained: Path, sweeper: Command) -> None:
    best = sweeper("best", "mine").out
    assert re.match(r"mine@small trial [04]: overall ", best)
    alone = sweeper("best", "mine", "--arm", "sts only").out
    assert "trained tasks = (sts + 1) / 2" in alone
    assert "not trained: sst, para; so there is no overall" in alone
    status = sweeper("status", "mine").out
    assert re.search(r"best overall 0\.\d+ \(trial [04]\)", status)
    assert re.search(r"sst only 0\.\d+ \(trial [15], trained tasks alone\)", status)
    shown = sweeper("show", "mine", "2").out
    assert re.search(r"best epoch \d: trained tasks (0\.\d{4}), para \1", shown)
    assert "dev para accuracy" in shown
    assert "dev sst" not in shown
    told = sweeper("diff", "mine", "0", "1").out
    assert re.search(r"overall +0\.\d{4} +— +—", told)
    assert re.search(r"sst +0\.\d{4} +0\.\d{4} +[+-]?0\.\d{4}", told)
    assert "para: not trained in trial 1." in told
    assert sweeper("replay", "mine", "3").code == 0


def test_exported_trials_have_gaps_and_no_other_numbers(trained: Path, sweeper: Command) -> None:
    for file in ("trials.csv", "trials.json"):
        assert sweeper("export", "mine", "--trials", file).code == 0
        assert "NaN" not in Path(file).read_text(encoding="utf-8")
    with Path("trials.csv").open(encoding="utf-8") as opened:
        table = list(csv.DictReader(opened))
    found = json.loads(Path("trials.json").read_text(encoding="utf-8"))
    for number, (cells, values) in enumerate(zip(table, found, strict=True)):
        own = scores(trained, number)
        for name in TASKS:
            expected = pytest.approx(own[name], abs=1e-6) if name in own else None
            assert values[name] == expected
            assert cells[name] == ("" if expected is None else repr(values[name]))
        assert (values["overall"] is None) == (values["arm"] in ALONE) == (cells["overall"] == "")
        assert (
            (values["trained tasks"] is None) == (values["arm"] == "joint") == (cells["trained tasks"] == "")
        )


def test_models_predict_what_they_were_trained_on(trained: Path, sweeper: Command) -> None:
    write(Path("given.csv"), "id,sentence\na,A fine film\n")
    predicted = sweeper("predict", "mine", "--trial", "1", "--input", "given.csv", "--output", "out.csv")
    assert predicted.code == 0, predicted.err
    refused = sweeper(
        "predict", "mine", "--trial", "1", "--task", "para", "--input", "given.csv", "--output", "o.csv"
    )
    assert "trial 1 of mine@small has no answers of para: train_tasks leaves sst" in refused.err
    refused = sweeper("predict", "mine", "--arm", "sst only", "--course", "course")
    assert "has no answers of para, sts: train_tasks leaves sst" in refused.err
    together = sweeper("ensemble", "mine", "--top", "2")
    assert "trials 1–3, 5–7 are left out: not trained on all tasks" in together.out + together.err
    refused = sweeper("ensemble", "mine", "--arm", "sst only", "--top", "2")
    assert "trains sst alone: an ensemble is chosen by overall" in refused.err
    exported = sweeper("best", "mine", "--arm", "para only", "--export", "model")
    assert exported.code == 0, exported.err
    heads = json.loads(Path("model/heads.json").read_text(encoding="utf-8"))
    assert [*heads["tasks"]] == ["para"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("objective: sst\n", "objective = sst: is no task that arm 'para only' trains: name overall"),
        ("sampler: {peers: study}\n", "these train other tasks (train_tasks)"),
        ("pruner: {name: asha, peers: study}\n", "these train other tasks (train_tasks)"),
        ("space: {train_tasks: [sst, para]}\n", "cannot vary within an arm"),
    ],
)
def test_what_would_compare_other_tasks_is_refused(
    changed: str, said: str, folder: Path, sweeper: Command
) -> None:
    write(folder / "studies/workloads/small.yaml", WORKLOAD)
    write(folder / "studies/mine.yaml", STUDY + changed)
    assert said in sweeper("validate", "mine").err


def test_a_study_of_one_task_alone_is_ranked_by_it(folder: Path, sweeper: Command) -> None:
    write(folder / "studies/workloads/small.yaml", WORKLOAD)
    arms = "arms: {Slow: {learning_rate: 1.0e-4}, Fast: {learning_rate: 1.0e-2}}\n"
    head = "name: mine\nworkload: small\nbase: {train_tasks: [sst]}\n"
    search = "space: {dropout: [0.1, 0.3]}\npruner: {name: median}\n"
    write(folder / "studies/mine.yaml", head + arms + search)
    said = sweeper(*RUN[:-1], "4", "--debug")
    assert said.code == 0, said.err
    best = sweeper("best", "mine")
    assert re.match(r"mine@small trial \d: trained tasks", best.out), best.err
    report = sweeper("report", "mine")
    assert "No arm trains all tasks, so that none has an overall" in " ".join(report.out.split())
