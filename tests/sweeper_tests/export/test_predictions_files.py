"""Files that are predicted: how they are read, and how what is said of them is written."""

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

from model.data.teacher import hash_texts, read_teacher
from model.errors import DataError
from model.predictor import Answers
from model.tasks import Task
from sweeper.errors import InputError
from sweeper.export import predictions as exported
from sweeper.export.ensemble import Ensemble
from tests.sweeper_tests.typed import write


def test_classes_have_their_names(tmp_path: Path) -> None:
    given = {
        "kind": "single",
        "labels": [["no", 0], "yes"],
        "text": ["a"],
        "label": "b",
        "metric": "accuracy",
    }
    task = Task.model_validate(given | {"source": {"kind": "files", "train": "a.csv", "dev": "b.csv"}})

    class Known(Ensemble):
        def predict(self, task: str, texts: object, seen: object) -> Answers:
            return Answers(np.array([1.0, 0.0]), np.array([[0.25, 0.75], [0.5, 0.5]]))

    write(tmp_path / "in.csv", 'a\none\n"two, or\nthree"\n')
    rows = exported.Input("nli", task, exported.input_table(tmp_path / "in.csv", task))
    assert exported.write_predictions(rows, Known([]), tmp_path / "out.csv") == (2, [])
    assert (tmp_path / "out.csv").read_text() == (
        "id,prediction,probability.no,probability.yes\n1,yes,0.25,0.75\n2,no,0.5,0.5\n"
    )


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["2", ""], 3),
        (["", "b", "1"], 4),
        (["", "", ""], ["1", "2", "3"]),
        (["7", "", "02", "", "2.0"], ["7", "2", "02", "4", "2.0"]),
        (["2", "2"], ["2", "2"]),
    ],
)
def test_the_number_of_a_row_is_no_other_row_s_id(
    ids: list[str], expected: list[str] | int, tmp_path: Path
) -> None:
    given = {"kind": "single", "classes": 2, "text": ["a"], "label": "b", "metric": "accuracy"}
    task = Task.model_validate(given | {"source": {"kind": "files", "train": "a.csv", "dev": "b.csv"}})
    write(tmp_path / "in.csv", "id,a\n" + "".join(f"{one},text\n" for one in ids))
    rows = exported.Input("nli", task, exported.input_table(tmp_path / "in.csv", task)).rows()
    if isinstance(expected, list):
        assert [row.id for row in rows] == expected
    else:
        with pytest.raises(
            DataError, match=rf"in\.csv, line {expected}, column 'id': . is the id of a row, and"
        ):
            list(rows)


def test_what_a_spreadsheet_would_run_is_text_in_csv_and_stays_what_it_is_elsewhere(tmp_path: Path) -> None:
    given = {"kind": "single", "labels": ["=no", "-1"], "text": ["a"], "label": "b", "metric": "accuracy"}
    task = Task.model_validate(given | {"source": {"kind": "files", "train": "a.csv", "dev": "b.csv"}})

    class Known(Ensemble):
        def predict(self, task: str, texts: object, seen: object) -> Answers:
            return Answers(np.array([0.0, 1.0]), np.array([[0.75, 0.25], [0.5, 0.5]]))

    write(tmp_path / "in.csv", "id,a\n=1+1,one\n-2,two\n")
    rows = exported.Input("nli", task, exported.input_table(tmp_path / "in.csv", task))
    for suffix in (".csv", ".tsv", ".jsonl"):
        assert exported.write_predictions(rows, Known([]), tmp_path / f"out{suffix}", hashed=True) == (2, [])
    one, two = (hash_texts([[text]])[0] for text in ("one", "two"))
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        f"'=1+1,{one},'=no,0.75,0.25",
        f"-2,{two},-1,0.5,0.5",
    ]
    assert (tmp_path / "out.tsv").read_text().splitlines()[1] == f"=1+1\t{one}\t=no\t0.75\t0.25"
    assert json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])["prediction"] == "=no"
    # What teaches is read back alike from all of them.
    taught = [read_teacher("nli", task, f"out{suffix}", tmp_path) for suffix in (".csv", ".tsv", ".jsonl")]
    assert taught == [{one: (0.75, 0.25), two: (0.5, 0.5)}] * 3


HEADERLESS = {
    "kind": "single",
    "classes": 2,
    "text": ["d"],
    "label": "b",
    "metric": "accuracy",
    "source": {"kind": "files", "train": "a.tsv", "dev": "b.tsv", "columns": ["a", "b", "c", "d"]},
}


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("x\t0\t\tone two\nx\t\t*\tthree\n", ["one two", "three"]),
        ("one two\nthree\n", ["one two", "three"]),  # the texts alone
        ("index\td\n0\tone two\n1\tthree\n", ["one two", "three"]),  # a header that names them
        (
            "0\tone two\n",
            "has 2 columns, the training rows have 4 (a, b, c, d): give it as many, or just 'd'",
        ),
        ("x\t0\t\t\n", "none of its 1 rows has a text in 'd'"),
    ],
)
def test_a_file_of_a_task_whose_files_have_no_header(
    content: str, texts: list[str] | str, tmp_path: Path
) -> None:
    task = Task.model_validate(HEADERLESS)
    write(tmp_path / "in.tsv", content)

    class Known(Ensemble):
        def predict(self, task: str, texts: object, seen: object) -> Answers:
            raise AssertionError("no row is to be predicted")

    if isinstance(texts, str):
        with pytest.raises(InputError, match=re.escape(texts)):
            rows = exported.find_input(tmp_path / "in.tsv", {"cola": task}, None)
            list(exported.predict_rows(rows, Known([])))
    else:
        rows = exported.find_input(tmp_path / "in.tsv", {"cola": task}, None)
        assert [row.texts for row in rows.rows()] == [(text,) for text in texts]


@pytest.mark.parametrize("name", ["in.tsv", "in.tsv.gz", "in.TSV"])
def test_a_file_is_read_as_the_training_rows_however_it_is_packed(name: str, tmp_path: Path) -> None:
    source = {"kind": "files", "train": "a.tsv.gz", "dev": "b.tsv", "quoting": "none"}
    task = Task.model_validate(HEADERLESS | {"source": source})
    content = b'd\tb\n"one" two\t0\n'
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    rows = exported.find_input(tmp_path / name, {"cola": task}, None)
    assert [row.texts for row in rows.rows()] == [('"one" two',)]


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    (tmp_path / "dd.csv").mkdir()
    with pytest.raises(InputError, match=r"--output '.*dd.csv' is a folder: name a file"):
        exported.check_output(tmp_path / "dd.csv", tmp_path / "in.csv")
