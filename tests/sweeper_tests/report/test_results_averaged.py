"""A study whose trials score averaged weights: what is recorded is of these, not of the raw ones."""

import json
import re
from pathlib import Path

import optuna
import pytest

from model.predictions import read_predictions
from sweeper.study.load import load_study
from tests.sweeper_tests.report.test_results_train_tasks import WORKLOAD, scores
from tests.sweeper_tests.typed import Command, write

STUDY = """
name: mine
workload: small
arms:
  averaged: {average: {name: ema, decay: 0.5}}
  again: {average: {name: ema, decay: 0.5}}
  plain: {}
"""


@pytest.fixture
def trained(folder: Path, sweeper: Command) -> Path:
    write(folder / "studies/workloads/small.yaml", WORKLOAD)
    write(folder / "studies/mine.yaml", STUDY)
    said = sweeper("run", "--study", "mine", "--executor", "inline", "--trials", "3")
    assert said.code == 0, said.err
    return folder


def test_scores_are_those_of_the_predictions(trained: Path, sweeper: Command) -> None:
    tasks = load_study("mine", None).tasks
    assert sweeper("export", "mine", "--trials", "trials.json").code == 0
    found = json.loads(Path("trials.json").read_text(encoding="utf-8"))
    for values in (found[0], found[2]):
        expected = scores(trained, values["number"])
        assert {name: values[name] for name in tasks} == pytest.approx(expected, abs=1e-6)
        kept = read_predictions(trained / f".sweeper/runs/mine@small/{values['number']}/predictions.npz")
        assert kept is not None
        assert {name: values[name] for name in tasks} == {n: tasks[n].score(one) for n, one in kept.items()}
    shown = sweeper("show", "mine", "0").out
    assert re.search(r"dev +sst raw_accuracy +0\.\d{4}|dev sst raw_accuracy +0\.\d{4}", shown), shown
    # Predictions that did not give the recorded scores would be left out, and nothing compared.
    report = json.loads(sweeper("report", "mine", "--format", "json").out)
    assert any(table["key"] == "comparisons" for table in report["tables"])
    assert "left out" not in json.dumps(report)


def test_a_reused_result_has_what_was_scored(trained: Path, sweeper: Command) -> None:
    shown = sweeper("show", "mine", "1").out
    assert "and so is the result" in shown
    own = ("best epoch ", "dev ")
    both = [sweeper("show", "mine", number).out.splitlines() for number in "01"]
    one, other = ([line for line in lines if line.startswith(own)] for lines in both)
    assert one == other
    made, reused, _ = optuna.load_study(
        study_name="mine@small", storage="sqlite:///.sweeper/studies.db"
    ).trials
    overall = re.search(r"^dev overall overall +(.*)$", "\n".join(both[0]), re.MULTILINE)
    assert overall is not None
    assert [f"{value:.4f}" for value in reused.intermediate_values.values()] == overall[1].split()
    assert reused.intermediate_values == made.intermediate_values
