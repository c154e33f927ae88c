"""The checklists: what is filled, what is not, what the figures are, and that names stay names."""

import re
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev, variance
from typing import Any

import pandas as pd
import pytest

from sweeper.report.checklist import checklist_files, datasets
from sweeper.report.checklist.experiments import dev_and_test, runs, wall_time
from sweeper.report.checklist.setup import setup
from sweeper.report.document import Cell, Column, Table
from sweeper.report.read import read_study
from sweeper.store.database import Database
from sweeper.text import score
from tests.sweeper_tests.made import WORKLOAD, store, study, trials
from tests.sweeper_tests.typed import Command, write

HOSTILE = r"S_BERT & <b>50 %</b> of \input{x} | `a`"


def items(markdown: str) -> dict[str, list[str]]:
    """The lines of each item, all items of a title together."""
    found: dict[str, list[str]] = {}
    for part in markdown.split("\n### ")[1:]:
        title, _, rest = part.partition("\n")
        found.setdefault(title, []).extend(re.findall(r"^- (.*)$", rest.split("\n## ")[0], re.MULTILINE))
    return found


@pytest.fixture
def old(tmp_path: Path) -> Database:
    """Six trials of which nothing but what the first versions recorded is known, in arms of hostile names."""
    plain = study()
    arms = dict(zip((HOSTILE, "S-BERT"), plain.spec.arms.values(), strict=True))
    of = study(arms={name: dict(given) for name, given in arms.items()})
    return store(tmp_path, of, [replace(run, processor=None) for run in trials(of)])


def test_what_was_not_recorded_says_so_and_is_not_counted(old: Database) -> None:
    with old as database:
        files = checklist_files(read_study(database, database.study("made@demo")), ())
    found = items(files["checklist.md"])
    assert len(found) == 22
    empty = {title for title, lines in found.items() if any(": not recorded" in line for line in lines)}
    assert empty == {
        "C1 Size of the models, budget, infrastructure",
        "All experiments: source code and dependencies",
        "All experiments: infrastructure",
        "All experiments: parameters of each model",
        "Datasets: statistics",
        "Datasets: splits",
        "Datasets: what was excluded, preprocessing",
    }
    assert f"{22 - len(empty)} of 22 items filled" in files["checklist.md"]
    assert f"{22 - len(empty)} of 22 items filled" in files["checklist.tex"]


def test_the_figures_are_those_of_the_trials(old: Database) -> None:
    with old as database:
        found = items(checklist_files(read_study(database, database.study("made@demo")), ())["checklist.md"])
    assert "Bounds: learning_rate: 5e-4 to 0.01, log scale" in found["Search: bounds of each hyperparameter"]
    assert "Bounds: dropout: one of 0.1, 0.3, 0.5" in found["Search: bounds of each hyperparameter"]
    assert found["Search: number of training and evaluation runs"] == [
        "Runs: training: 6 trials, of which 4 complete, 0 pruned, 1 failed",
        "Runs: evaluation on dev: 12 times, once an epoch",
    ]
    overall = [(0.45 + 0.75 + (0.6 + 1) / 2) / 3, (0.47 + 0.74 + (0.64 + 1) / 2) / 3]
    said = f"mean {score(mean(overall))}, sd {score(stdev(overall))}, variance {variance(overall):.2g}"
    [line] = [line for line in found["Search: summary statistics"] if line.startswith("Scores: S-BERT: ")]
    assert line.startswith(f"Scores: S-BERT: dev overall over 2 complete trials: {said}, lowest ")
    assert found["Search: settings of the best models"][0] == (
        "Best settings: S-BERT: learning_rate 3.21e-4, dropout 0.5, weight_decay 0.1 (dev overall "
        f"{score(max(overall))}, trial 3)"
    )


def test_a_result_that_was_reused_took_no_wall_time(old: Database) -> None:
    with old as database:
        stored = read_study(database, database.study("made@demo"))
    trials = stored.results.trials.assign(seconds=[10.0, 20.0, 30.0, 0.0, 0.0, None])
    trials["reused_from"] = trials["reused_from"].where(trials["seconds"] != 0.0, 2)
    epochs = stored.results.epochs.assign(split="test")
    found = replace(stored, results=replace(stored.results, trials=trials, epochs=epochs))
    assert wall_time(found) == ["1 min 0 s in 3 trials"]
    own = epochs.loc[epochs["number"].isin([0, 1, 2, 5]), ["number", "epoch"]].drop_duplicates()
    assert runs(found)[-1] == f"evaluation on test: {len(own)} times, at each best epoch so far"


def test_names_are_neither_markup_nor_commands(old: Database) -> None:
    with old as database:
        files = checklist_files(read_study(database, database.study("made@demo")), ())
    assert "<b>" not in files["checklist.md"]
    assert r"\input{x}" not in files["checklist.tex"]
    assert r"S\_BERT \& \textless{}b\textgreater{}50 \%" in files["checklist.tex"]
    for end in ("begin", "end"):
        assert files["checklist.tex"].count(f"\\{end}{{itemize}}") == 22


def test_a_real_study_fills_all_but_what_only_its_authors_know(sweeper: Command, folder: Path) -> None:
    file = folder / "studies/mine.yaml"
    file.write_text(file.read_text() + "base: {score_test: true}\n")
    run = ("run", "--study", "mine", "--workload", "small", "--trials", "2", "--executor", "inline")
    assert sweeper(*run).code == 0
    assert sweeper("report").code == 0
    text = (folder / "reports/mine@small/checklist.md").read_text(encoding="utf-8")
    empty = [title for title, lines in items(text).items() if any(": not recorded" in line for line in lines)]
    assert empty == ["All experiments: source code and dependencies"]  # a temporary folder is under no git
    assert "21 of 22 items filled" in text
    said = items(text)
    assert "Rows: sst train: 30 rows used" in said["Datasets: statistics"]
    assert "Dev and test: test rows were scored, but every score of this report is one on dev" in text
    # A row of the demo has one of five classes.
    [labels] = [line for line in said["Datasets: statistics"] if line.startswith("Labels: sst train")]
    assert sum(map(int, re.findall(r"(\d+) of \d", labels))) == 30


ARMS = """
name: three
workload: small
base: {epochs: 1, steps_per_epoch: 3, train_sample: 20, weight_decay: 0.02, max_grad_norm: null}
arms: {Plain: {}, Mean: {encoder.pooling: mean}, Long: {encoder.max_length: 64}}
space: {dropout: [0.1, 0.3, 0.5]}
sampler: {name: grid}
seeds: [1, 2]
"""


def test_a_confirmation_is_counted_apart_and_its_scores_are_those_reported(
    sweeper: Command, folder: Path
) -> None:
    write(folder / "studies/three.yaml", ARMS)
    assert sweeper("run", "--study", "three", "--trials", "18", "--executor", "inline").code == 0
    assert sweeper("confirm", "three", "--top", "2", "--seeds", "2", "--executor", "inline").code == 0
    told = sweeper("report", "--study", "three")
    assert told.code == 0
    # Test rows, which only the confirmation read, are no change of the data.
    assert "The data changed" not in told.out + told.err
    said = items((folder / "reports/three@small/checklist.md").read_text(encoding="utf-8"))
    assert said["Search: number of training and evaluation runs"] == [
        "Runs: search: training: 18 trials, of which 18 complete, 0 pruned, 0 failed; seeds 1, 2",
        "Runs: search: evaluation on dev: 18 times, once an epoch",
        "Runs: confirmation: training: 4 trials, of which 4 complete, 0 pruned, 0 failed; seeds 3, 4",
        "Runs: confirmation: evaluation on dev: 4 times, once an epoch",
        "Runs: confirmation: evaluation on test: 4 times, at each best epoch so far",
    ]
    assert said["Search: method and criterion of the choice"][-1].endswith(
        "training seeds 1, 2; those of the confirmation, which chose nothing, 3, 4"
    )
    times = [line for line in said["C1 Size of the models, budget, infrastructure"] if " time: " in line]
    assert [re.sub(r"[\d.e-]+ (s|processor hours)", "T", line) for line in times] == [
        *("Wall time: search: T in 18 trials", "Wall time: confirmation: T in 4 trials"),
        *("Processor time: search: T", "Processor time: confirmation: T"),
    ]
    assert sweeper("report", "--study", "three-confirm").code == 0
    frame = pd.read_csv(folder / "reports/three-confirm@small/trials.csv")
    reported = [line for line in said["C3 Descriptive statistics"] if line.startswith("What is reported: ")]
    for arm, overall in frame.groupby("arm")["overall"]:
        name = str(arm).partition(" (trial")[0]
        line = f"{name}: confirmed mean {score(mean(overall))}, sd {score(stdev(overall))}, over 2 fresh"
        assert f"What is reported: {line} training seeds" in reported
    assert "What is reported: what was confirmed was chosen from 9 configurations, on dev rows" in reported
    assert [
        line.endswith("best of 3 configurations, mean over 2 training seeds; not confirmed")
        for line in reported
    ] == [*(False, False, False, True)]
    dev_test = said["All experiments: dev beside test scores"]
    assert all(re.search(r"dev \.\d{3}, test \.\d{3}, overall, mean over fresh", line) for line in dev_test)
    assert len(dev_test) == 2
    # The demo has 300 test rows a task.
    assert "Rows: sst test: 300 rows used" in said["Datasets: statistics"]
    assert "Splits: sst test: 300 rows" in said["Datasets: splits"]
    page = (folder / "reports/three@small/index.html").read_text(encoding="utf-8")
    assert "sweeper confirm three@small --top 2 --seeds 2" in page
    assert "Confirmation: Time in trials" in page


def test_the_set_up_is_what_all_arms_share() -> None:
    base = {"steps_per_epoch": 25, "warmup": 0.2, "max_grad_norm": None, "learning_rate": 2e-5}
    arms: dict[str, Any] = {"A": {}, "B": {"encoder.pooling": "cls", "tasks.sst.head": "mlp"}}
    assert setup(study(WORKLOAD, arms=arms, base=base, space={"dropout": [0.1, 0.3]})) == [
        "encoder: a BERT of 1 layer, 64 wide, trained from scratch",
        "4 epochs of 25 steps (steps_per_epoch), batches of 32, adamw, learning rate 2e-5, linear schedule, "
        "warm-up over 20 % of the steps, weight decay 0.01, gradients not clipped, sampling joint",
        "sst: loss ce: cross-entropy, metric accuracy",
        "para: head linear, loss ce: cross-entropy, metric accuracy",
        "sts: head linear, loss ce: binary cross-entropy with logits on scores scaled from 0–5 to 0–1, "
        "metric pearson",
        "further settings: encoder.dropout 0",
        "arm A: encoder.pooling mean, tasks.sst.head linear",
        "arm B: encoder.pooling cls, tasks.sst.head mlp",
    ]


def test_what_most_arms_share_is_said_once_and_an_arm_says_what_it_has_otherwise() -> None:
    arms: dict[str, Any] = {"A": {}, "B": {"gradient": "pcgrad"}, "C": {"optimizer": "sgd"}}
    assert setup(study(WORKLOAD, arms=arms))[-4:] == [
        "each arm, unless its line says otherwise: gradient sum, optimizer adamw",
        "arm A: as above",
        "arm B: gradient pcgrad",
        "arm C: optimizer sgd",
    ]


def test_every_technique_that_all_trials_have_is_named() -> None:
    given = {
        "r_drop": 0.5,
        "word_dropout": 0.1,
        "layer_decay": 0.9,
        "balance": "uncertainty",
        "pair_layer": "tanh",
        "head_learning_rate_scale": 10.0,
        "average": {"name": "ema"},
        "encoder": {"layer_pooling": "weighted", "lora": {"rank": 4}},
        "tasks.sst.label_smoothing": 0.1,
        "tasks.sst.weight": 2.0,
        "tasks.para.contrastive": 0.5,
        "tasks.sst.head": "mlp",
        "tasks.sst.head_layers": 1,
    }
    lines = setup(study(base=given, arms={"A": {}}))
    (further,) = (line for line in lines if line.startswith("further settings: "))
    for said in (
        *("r_drop 0.5", "word_dropout 0.1", "layer_decay 0.9", "balance uncertainty", "pair_layer tanh"),
        *("head_learning_rate_scale 10", "average.name ema", "encoder.layer_pooling weighted"),
        *("encoder.lora.rank 4", "tasks.sst.label_smoothing 0.1", "tasks.sst.weight 2"),
        *("tasks.para.contrastive 0.5", "tasks.sst.head_layers 1"),
    ):
        assert said in further
    assert "further settings: encoder.dropout 0" in setup(study())


def test_how_many_texts_own_code_cuts_is_not_known(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    part = {"doubles": 0, "also_in": {}}
    splits = {"train": part | {"cut": None}, "dev": part | {"cut": 0.0}, "test": part}
    kept = {"rows": {"sst": splits}, "dev_in_train": {"sst": 0}}
    monkeypatch.setattr(datasets, "_inputs", lambda stored: [kept])
    with old as database:
        said = datasets.repeated(read_study(database, database.study("made@demo")))
    assert said == ["sst train: how many texts are cut is not known"]


def test_test_rows_of_an_arm_without_an_overall_are_those_of_its_tasks(old: Database) -> None:
    columns = tuple(Column(name) for name in ("arm", "confirmed", "test overall", "test sst", "test sts"))
    row = tuple(Cell(text) for text in ("STS alone", ".880", "—", "—", ".871"))
    table = Table("confirmed", "", columns, (row,))
    stored = read_study(old, old.find("made@demo") or pytest.fail())
    assert dev_and_test(stored, [table]) == [
        "STS alone: dev .880, of its trained tasks; test sts .871; means over fresh seeds"
    ]
