"""`sweeper predict`: what the trial predicted for its own dev rows, and rows that no trial has seen."""

import csv
import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from model.data.demo import corpus as demo
from model.predictions import Predictions, read_predictions
from sweeper.export import predictions as exported
from sweeper.show.made import row_lines
from tests.sweeper_tests.typed import Command, contents, refused, write

TEXTS = {"sst": ("sentence",), "para": ("sentence1", "sentence2"), "sts": ("sentence1", "sentence2")}
LABELS = {"sst": "sentiment", "para": "is_duplicate", "sts": "similarity"}
FILES = {"sst": "ids-sst", "para": "quora", "sts": "sts"}
WORKLOAD = """
name: course
train:
  tasks:
    sst: {kind: single, classes: 5, text: [sentence], label: sentiment, metric: accuracy,
          source: {kind: files, train: ids-sst-train.csv, dev: ids-sst-dev.csv}}
    para: {kind: pair, classes: 2, text: [sentence1, sentence2], label: is_duplicate, metric: accuracy,
           source: {kind: files, train: quora-train.csv, dev: quora-dev.csv}}
    sts: {kind: pair, range: [0, 5], text: [sentence1, sentence2], label: similarity, metric: pearson,
          source: {kind: files, train: sts-train.csv, dev: sts-dev.csv}}
  encoder: {hidden_size: 16, attention_heads: 2, layers: 1, vocabulary: 300}
  epochs: 2
  learning_rate: 3.0e-3
  train_sample: 10
  threads: 1
"""
STUDY = """
name: predicting
workload: course
base: {sst_head: mlp, paraphrase_head: sbert, sts_head: cosine, sts_loss: mse}
arms: {Mean: {encoder.pooling: mean},
       Max: {encoder.pooling: max, paraphrase_head: mlp, tasks.para.pair_encoding: joint}}
space: {dropout: [0.1]}
"""


def course_file(path: Path, task: str, rows: Sequence[demo.Example], labelled: bool) -> None:
    label = (LABELS[task],) if labelled else ()
    lines = [("", "id", *TEXTS[task], *label)]
    lines += [
        (str(i), f"{i:04x}", *row.texts, *((f"{row.label:g}",) if labelled else ()))
        for i, row in enumerate(rows)
    ]
    write(path, "".join("\t".join(line) + "\n" for line in lines))


@pytest.fixture
def trained(folder: Path, sweeper: Command) -> Callable[[int], dict[str, Predictions]]:
    """A study of two trials on files as of the course; gives the stored predictions of a trial."""
    for task, name in FILES.items():
        for split, rows in (("train", 90), ("dev", 70)):
            course_file(
                folder / f"data/{name}-{split}.csv", task, demo.examples(task, split, 7)[:rows], labelled=True
            )
        rest = demo.examples(task, "train", 7)[90:120]
        course_file(folder / f"data/{name}-test-student.csv", task, rest, labelled=False)
    write(folder / "studies/workloads/course.yaml", WORKLOAD)
    write(folder / "studies/predicting.yaml", STUDY)
    said = sweeper("run", "--study", "predicting", "--trials", "2", "--executor", "inline")
    assert said.code == 0, said.err

    def stored(number: int) -> dict[str, Predictions]:
        found = read_predictions(folder / f".sweeper/runs/predicting@course/{number}/predictions.npz")
        assert found is not None
        return found

    return stored


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t" if file.suffix == ".tsv" else ","))


def best() -> int:
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection:
        [(number,)] = connection.execute(
            "SELECT number FROM run ORDER BY json_extract(scores, '$.overall') DESC LIMIT 1"
        )
    return int(number)


@pytest.mark.parametrize("joint", [False, True])
def test_dev_files_give_the_stored_predictions_bit_for_bit(
    joint: bool, folder: Path, sweeper: Command, trained: Callable[[int], dict[str, Predictions]]
) -> None:
    stored = trained(1 if joint else best())
    which, number = (("--arm", "Max"), 1) if joint else ((), best())
    for task, name in FILES.items():
        files = ("--input", f"data/{name}-dev.csv", "--output", "out/p.tsv")
        said = sweeper("predict", "--task", task, *files, *which)
        assert (said.code, said.err) == (0, "")
        assert said.out == f"predicting@course trial {number}\n70 rows of task {task}: out/p.tsv\n"
        found, own = rows(folder / "out/p.tsv"), stored[task]
        assert [row["id"] for row in found] == own.ids.tolist()
        assert [float(row["prediction"]) for row in found] == own.predicted.tolist()
        assert own.scores is not None
        if task == "sts":
            assert list(found[0]) == ["id", "prediction"]
        else:
            expected = softmax(own.scores.astype(np.float64), axis=1)
            shares = [[float(row[f"probability.{i}"]) for i in range(expected.shape[1])] for row in found]
            np.testing.assert_allclose(shares, expected, rtol=1e-12)


def test_predictions_of_training_rows_teach_another_study(
    folder: Path, sweeper: Command, trained: Callable[[int], dict[str, Predictions]]
) -> None:
    files = ("--input", "data/quora-train.csv", "--output", "data/teacher/para.tsv")
    said = sweeper("predict", "predicting", "--top", "2", "--task", "para", *files, "--hash")
    assert (said.code, said.err) == (0, "")
    written = rows(folder / "data/teacher/para.tsv")
    assert list(written[0]) == ["id", "hash", "prediction", "probability.0", "probability.1"]
    assert {len(row["hash"]) for row in written} == {16}
    taught = STUDY.replace("predicting", "taught").replace(
        "Mean: {", "Mean: {distillation.teacher: {para: FILE}, "
    )
    write(folder / "studies/taught.yaml", taught.replace("FILE", "teacher/gone.tsv"))
    assert "gone.tsv is missing" in refused(sweeper, "run", "--study", "taught", "--trials", "2")
    write(folder / "studies/taught.yaml", taught.replace("FILE", "teacher/para.tsv"))
    run = ("run", "--study", "taught", "--trials", "2", "--executor", "inline")
    assert sweeper(*run).code == 0
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection:
        kept = connection.execute(
            "SELECT content FROM provenance p JOIN run r ON inputs = p.digest AND r.sweep_id = p.sweep_id "
            "JOIN sweep s ON s.id = r.sweep_id WHERE name = 'taught@course' AND arm = 'Mean'"
        ).fetchone()
    train = json.loads(kept[0])["rows"]["para"]["train"]
    teacher = (folder / "data/teacher/para.tsv").read_bytes()
    assert (train["teacher"], train["taught"]) == (hashlib.sha256(teacher).hexdigest(), 90)
    assert "para train: 90 of 90 rows, 90 with a teacher's prediction" in [*row_lines(json.loads(kept[0]))]


def test_several_trials_give_the_mean_and_files_tell_their_task(
    folder: Path, sweeper: Command, trained: Callable[[int], dict[str, Predictions]]
) -> None:
    stored = [trained(0), trained(1)]
    # The label's column tells the two tasks of pairs apart.
    said = sweeper("predict", "--top", "2", "--input", "data/sts-dev.csv", "--output", "sts.jsonl")
    assert said.out == "predicting@course trials 0–1\n70 rows of task sts: sts.jsonl\n"
    found = [json.loads(line) for line in (folder / "sts.jsonl").read_text().splitlines()]
    np.testing.assert_allclose(
        [row["prediction"] for row in found],
        np.mean([one["sts"].predicted for one in stored], axis=0),
        rtol=1e-12,
    )
    said = sweeper("predict", "--top", "2", "--input", "data/ids-sst-dev.csv", "--output", "sst.csv")
    assert said.code == 0
    scores = [one["sst"].scores for one in stored]
    mean = np.mean([softmax(one.astype(float), axis=1) for one in scores if one is not None], axis=0)
    assert [int(row["prediction"]) for row in rows(folder / "sst.csv")] == mean.argmax(axis=1).tolist()
    assert (
        f"trial {1 - best()}\n"
        in sweeper(
            *("predict", "--arm", "Max" if best() == 0 else "Mean", "--input", "data/ids-sst-dev.csv"),
            *("--output", "sst.csv"),
        ).out
    )


def test_a_row_without_a_text_has_no_prediction(
    folder: Path, sweeper: Command, trained: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "CHUNK", 2)
    write(folder / "new.tsv", "sentence\nA fine film\n \nA poor film\nA fine film\n")
    said = sweeper("predict", "--input", "new.tsv", "--output", "out.tsv")
    assert (said.code, said.err) == (0, "1 row without a text, the first line 3, not predicted\n")
    found = rows(folder / "out.tsv")
    assert [row["id"] for row in found] == ["1", "2", "3", "4"]
    assert found[1] == {name: "2" if name == "id" else "" for name in found[0]}
    alike = [
        {name: float(value) for name, value in row.items()} for row in (found[0], found[3] | {"id": "1"})
    ]
    assert alike[0] == pytest.approx(alike[1], abs=1e-7)
    # A file of another kind than the task's own is read as what it is.
    lines = "".join(json.dumps({"sentence": text}) + "\n" for text in ("A fine film", None, "A poor film"))
    (folder / "new.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    assert sweeper("predict", "--input", "new.jsonl.gz", "--output", "out.jsonl").code == 0
    again = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert again[1] == {name: "2" if name == "id" else None for name in found[0]}
    assert again[0]["probability.0"] == pytest.approx(float(found[0]["probability.0"]), abs=1e-7)


def test_weights_that_were_not_kept_are_trained_again_after_saying_for_how_long(
    folder: Path, sweeper: Command, trained: Callable[[int], dict[str, Predictions]]
) -> None:
    typed = ("predict", "--trial", "0", "--input", "data/ids-sst-dev.csv", "--output")
    assert sweeper(*typed, "kept.tsv").code == 0
    (folder / ".sweeper/runs/predicting@course/0/best.safetensors").unlink()
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection, connection:
        connection.execute("UPDATE run SET seconds = 725 WHERE number = 0")
    said = sweeper(*typed, "again.tsv")
    assert "trial 0 were not kept here: it is trained again, which took 12 min 5 s\n" in said.out
    assert (folder / "again.tsv").read_bytes() == (folder / "kept.tsv").read_bytes()


def test_the_course_gets_its_six_files(
    folder: Path, sweeper: Command, trained: Callable[[int], dict[str, Predictions]]
) -> None:
    stored = trained(best())
    # The course's reader takes a text that is missing for an empty one.
    test = folder / "data/quora-test-student.csv"
    write(test, test.read_text() + "30\t001e\t\tA poor film\n")
    said = sweeper("predict", "--course", "predictions")
    assert (said.code, said.err) == (0, "")
    headings = {"sst": "Predicted_Sentiment", "para": "Predicted_Is_Paraphrase", "sts": "Predicted_Similiary"}
    assert {path.name for path in (folder / "predictions").iterdir()} == {
        f"{task}-{split}-output.csv" for task in FILES for split in ("dev", "test")
    }
    for task, heading in headings.items():
        own = stored[task]
        values = own.predicted.astype(int) if task == "sst" else own.predicted
        expected = f"id \t {heading} \n" + "".join(
            f"{i} , {value} \n" for i, value in zip(own.ids.tolist(), values.tolist(), strict=True)
        )
        assert (folder / f"predictions/{task}-dev-output.csv").read_text() == expected
        lines = (folder / f"predictions/{task}-test-output.csv").read_text().splitlines()
        assert len(lines) == 1 + 30 + (task == "para")
    before = contents(folder / "predictions")
    (folder / "data/sts-test-student.csv").unlink()
    assert "sts-test-student.csv is missing" in refused(sweeper, "predict", "--course", "predictions")
    assert contents(folder / "predictions") == before


def test_what_cannot_be_predicted_is_one_line(folder: Path, sweeper: Command, trained: object) -> None:
    file = ("--input", "data/ids-sst-dev.csv")
    for words, wrong in [
        ("name a file to read and one to write", ("predict",)),
        ("leave --input, --output, --task and --hash out", ("predict", "--course", "x", "--task", "sst")),
        ("leave --input, --output, --task and --hash out", ("predict", "--course", "x", "--hash")),
        ("leave --arm and --top out", ("predict", *file, "--output", "p.csv", "--trial", "0", "--top", "2")),
        ("known: .tsv, .csv, .jsonl", ("predict", *file, "--output", "p.xlsx")),
        ("is the file of --input", ("predict", *file, "--output", "data/../data/ids-sst-dev.csv")),
        ("'none.tsv' is no file", ("predict", "--input", "none.tsv", "--output", "p.csv")),
        ("has no trial 7; its trials are 0 to 1", ("predict", *file, "--output", "p.csv", "--trial", "7")),
        ("only 2 complete trials", ("predict", *file, "--output", "p.csv", "--top", "3")),
        ("has no column 'sentence1'", ("predict", *file, "--output", "p.csv", "--task", "sts")),
        ("the study are sst, para, sts", ("predict", *file, "--output", "p.csv", "--task", "nli")),
        (
            "may be for each of para, sts: name one with --task",
            ("predict", "--input", "data/sts-test-student.csv", "--output", "p.csv"),
        ),
        (
            "columns of no task: sst reads 'sentence'; para",
            ("predict", "--input", "x.tsv", "--output", "p.csv"),
        ),
    ]:
        write(folder / "x.tsv", "text\tmore\nA film\t1\n")
        assert words in refused(sweeper, *wrong)
