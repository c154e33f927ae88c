"""What the label of a row means: names, numbers, thresholds, and values that are none."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from model.data.rows import Rows, read
from model.errors import DataError
from model.tasks import Task

BASE = {"kind": "single", "text": ["t"], "label": "y", "metric": "accuracy"}
FILES = {"kind": "files", "train": "a.tsv", "dev": "a.tsv", "test": "a.tsv"}


def task(**settings: Any) -> Task:
    return Task.model_validate({**BASE, "source": FILES, **settings})


def rows(folder: Path, labels: list[str], of: Task, split: Any = "train") -> Rows:
    lines = "".join(f"text {i}\t{label}\n" for i, label in enumerate(labels))
    (folder / "a.tsv").write_text("t\ty\n" + lines, encoding="utf-8")
    return read("x", of, split, folder)


NINES = "9" * 27
NLI = {"labels": ["entailment", "neutral", "contradiction"]}


@pytest.mark.parametrize(
    ("settings", "written", "expected", "why"),
    [
        (NLI, ["neutral", "entailment", "contradiction"], (1, 0, 2), {}),
        ({"labels": [1, 2, 3, 4, 5]}, ["5", "1", "3.0"], (4, 0, 2), {}),
        ({"labels": [["bad", "awful"], "fair", "good"]}, ["awful", "good", "bad"], (0, 2, 0), {}),
        ({"labels": [False, True]}, ["True", "FALSE"], (1, 0), {}),
        (
            {**NLI, "missing": ["-", "NULL", "-1"]},
            ["-", "neutral", "NULL", "-1", "entailment"],
            (1, 0),
            {"label declared missing": 3},
        ),
        ({"classes": 2, "missing": [-1]}, ["-1", "1", "0"], (1, 0), {"label declared missing": 1}),
        ({"threshold": 0.5}, ["0.499", "0.5", "7"], (0, 1, 1), {}),
        (
            {"threshold": 4, "missing": [3]},
            ["1", "2", "3", "4", "5"],
            (0, 0, 1, 1),
            {"label declared missing": 1},
        ),
        (
            {"range": [0, 5], "metric": "pearson", "missing": [-1]},
            ["-1", "2.5"],
            (2.5,),
            {"label declared missing": 1},
        ),
    ],
)  # fmt: skip
def test_labels_become_numbers_and_missing_ones_are_left_out(
    tmp_path: Path,
    settings: dict[str, Any],
    written: list[str],
    expected: tuple[float, ...],
    why: dict[str, int],
) -> None:
    found = rows(tmp_path, written, task(**settings))
    assert (found.labels, found.why, found.dropped) == (expected, why, sum(why.values()))


def test_labels_of_another_type_than_text_are_found_too(tmp_path: Path) -> None:
    values = [True, False, 1, 0, 1.0, None]
    lines = [json.dumps({"t": f"text {i}", "y": value}) for i, value in enumerate(values)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    source = {**FILES, "train": "a.jsonl", "drop_incomplete": True}
    found = read("x", task(source=source, labels=[[0, False], [1, True]]), "train", tmp_path)
    assert found.labels == (1, 0, 1, 0, 1)
    assert found.why == {"empty label": 1}


@pytest.mark.parametrize(
    ("settings", "label", "said"),
    [
        ({"classes": 12}, "1_0", "'1_0' is not a number"),
        ({"classes": 12}, "٣", "'٣' is not a number"),
        ({"range": [0, 5], "metric": "pearson"}, "1_0", "is not a number"),
        ({"threshold": 1}, "nan", "is not finite"),
        (NLI, "neutrl", "is none of the task's: entailment, neutral, contradiction; add it to `labels`"),
        ({"classes": 3}, "neutral", "is not a number; the task has classes 0 to 2; the column has 0, 1, "),
        ({"classes": 3}, "9" * 400, f"label '{NINES}...{NINES}' is not finite"),
        ({"classes": 3}, "9" * 300, f"label '{NINES}...{NINES}' is out of range; the task"),
        ({"labels": list(range(300))}, "x", "none of the task's: 0, 1, 2, "),
        ({"labels": ["entailment", "caf\u00e9"]}, "cafe\u0301",
         "label 'cafe\\u0301' looks like 'caf\\xe9' and is spelt otherwise (Unicode NFC, NFD): add it to"),
        ({"classes": 2}, "2", "is out of range; the task has classes 0 to 1; the column has 0, 1, 2: give `"),
    ],
)  # fmt: skip
def test_what_is_no_label_is_an_error_with_the_way_out(
    tmp_path: Path, settings: dict[str, Any], label: str, said: str
) -> None:
    good = ["entailment"] if "labels" in settings else ["0", "1"]
    with pytest.raises(DataError, match=r"a.tsv, line") as caught:
        rows(tmp_path, [*good, label], task(**settings))
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({**NLI, "classes": 2}, "`labels` names 3 classes; classes is 2"),
        ({**NLI, "threshold": 1}, "either `labels` or a `threshold`"),
        ({**NLI, "range": [0, 1]}, "are for classes; the task has a `range`"),
        ({"threshold": 1, "classes": 3}, "makes two classes; classes is 3"),
        ({"labels": ["a", "b", "a"]}, "'a' stands twice"),
        ({"labels": ["a", "b"], "missing": ["b"]}, "'b' stands twice"),
        ({"labels": [1, "1.0"]}, "stands twice"),
        ({"labels": ["a"]}, "at least 2 items"),
        ({"labels": ["a", math.nan]}, "finite"),
        ({}, "either `classes` or a `range`"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        task(**settings)


def test_classes_may_be_left_out_and_the_classes_have_names() -> None:
    assert (task(**NLI).classes, task(**NLI).class_names) == (3, ("entailment", "neutral", "contradiction"))
    assert task(threshold=2.5).class_names == ("below 2.5", "2.5 or more")
    assert task(classes=2).class_names == ("0", "1")
    assert task(labels=[["b", "c"], 3]).class_names == ("b", "3")


@pytest.mark.parametrize("content", ["t\nA text\n", "t\ty\nA text\t\n", "t\ty\nOne\t-1\nTwo\t-1\n"])
@pytest.mark.parametrize("drop", [True, False])
def test_test_rows_without_labels_are_for_predict(tmp_path: Path, content: str, drop: bool) -> None:
    (tmp_path / "a.tsv").write_text(content)
    with pytest.raises(DataError, match=r"test rows need labels: leave `test` out .* `sweeper predict`"):
        read("x", task(classes=2, source={**FILES, "drop_incomplete": drop}), "test", tmp_path)


@pytest.mark.parametrize(("value", "kind"), [([27], "a list"), ({"a": 1}, "a mapping")])
def test_a_label_is_one_value(tmp_path: Path, value: object, kind: str) -> None:
    lines = [json.dumps({"t": f"text {i}", "y": label}) for i, label in enumerate([0, value])]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    for settings in ({"classes": 28}, {"labels": [0, 27]}, {"classes": 2, "missing": ["-"]}):
        with pytest.raises(DataError) as caught:
            read("x", task(source={**FILES, "train": "a.jsonl"}, **settings), "train", tmp_path)
        said = f"label {value!r} holds {kind}: name a column of single values"
        assert str(caught.value).endswith(f"line 2, column 'y': {said}")
