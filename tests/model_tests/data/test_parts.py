"""Splits that are a share of another, or that a column names."""

import hashlib
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from model.data.rows import Rows, read_splits
from model.data.survey import survey
from model.errors import DataError
from model.result import SPLITS
from model.tasks import Task

SIZES = {"a": 300, "b": 100, "c": 10}


def task(**source: Any) -> Task:
    return Task.model_validate(
        {
            "kind": "single",
            "labels": list(SIZES),
            "text": ["t"],
            "label": "y",
            "metric": "accuracy",
            "source": {"kind": "files", "train": "all.tsv", **source},
        }
    )


def write(folder: Path, shuffled: int = 0, extra: str = "") -> None:
    lines = [f"text {label} {i}\t{label}\tgroup {i % 40}\n" for label, n in SIZES.items() for i in range(n)]
    random.Random(shuffled).shuffle(lines)  # noqa: S311
    (folder / "all.tsv").write_text("t\ty\tg\n" + "".join(lines) + extra)


def split(folder: Path, of: Task) -> dict[str, Rows]:
    splits = SPLITS if of.has_test else SPLITS[:2]
    return {str(name): rows for name, rows in read_splits("x", of, splits, folder).items()}


def texts(rows: Rows) -> set[str]:
    return set(rows.texts[0])


def test_a_stratified_share_has_its_part_of_each_class_and_the_others_have_the_rest(tmp_path: Path) -> None:
    write(tmp_path)
    found = split(tmp_path, task(dev={"from": "train", "share": 0.1}, test={"share": 0.2, "seed": 3}))
    counts = {name: Counter(rows.labels) for name, rows in found.items()}
    assert counts["dev"] == {0: 30, 1: 10, 2: 1}
    assert counts["test"] == {0: 60, 1: 20, 2: 2}
    assert counts["train"] == {0: 210, 1: 70, 2: 7}
    assert sum(len(texts(rows)) for rows in found.values()) == 410
    assert len(set().union(*map(texts, found.values()))) == 410
    assert [(rows.read, rows.dropped) for rows in found.values()] == [(287, 0), (41, 0), (82, 0)]


def test_rows_of_no_split_may_say_what_they_like(tmp_path: Path) -> None:
    lines = ["one\ta\t1\n", "two\tb\t2\n", "\tnone\t3\n", "three\t\t3\n", "four\ta\t1.0\n"]
    (tmp_path / "all.tsv").write_text("t\ty\tf\n" + "".join(lines))
    found = split(tmp_path, task(split={"column": "f", "train": [1], "dev": [2]}))
    assert (found["train"].texts, found["train"].ids) == ((("one", "four"),), ("1", "5"))
    assert (found["train"].read, found["train"].why) == (4, {"of no split": 2})
    seen = survey("x", task(split={"column": "f", "train": [1], "dev": [2]}), SPLITS[:2], tmp_path)
    assert (seen["train"].rows, seen["train"].why, seen["dev"].rows) == (2, {"of no split": 2}, 1)
    for train, dev, problem in ((1, 9, "no row has '9', .* it has '1', '2', '3'"), (8, 9, "no row has '8'")):
        with pytest.raises(DataError, match=problem):
            split(tmp_path, task(split={"column": "f", "train": [train], "dev": [dev]}))


def test_the_same_rows_are_dev_wherever_they_stand_whatever_else_is_declared(tmp_path: Path) -> None:
    write(tmp_path)
    of = task(dev={"share": 0.1})
    dev = texts(split(tmp_path, of)["dev"])
    assert dev == {
        text
        for label, size in SIZES.items()
        for text in sorted([f"text {label} {i}" for i in range(size)], key=place)[: size // 10]
    }
    write(tmp_path, shuffled=5)
    assert texts(split(tmp_path, of)["dev"]) == dev
    assert texts(split(tmp_path, task(dev={"share": 0.1}, test={"share": 0.3}))["dev"]) == dev
    assert texts(split(tmp_path, task(dev={"share": 0.1, "seed": 8}))["dev"]) != dev
    # A file that grows by a fifth keeps most of it.
    more = "".join(f"new text {i}\ta\tgroup 1\n" for i in range(80))
    write(tmp_path, extra=more)
    assert len(texts(split(tmp_path, of)["dev"]) & dev) >= 30


def place(text: str, seed: int = 7) -> int:
    """The place of a text in the order, in plain whole numbers: BLAKE2b, mixed as by SplitMix64."""
    hashed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    mixed = (hashed + seed * 0x9E3779B97F4A7C15) % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return mixed ^ mixed >> 31


def test_rows_that_say_the_same_are_never_in_both(tmp_path: Path) -> None:
    write(tmp_path, extra="".join(f"TEXT a {i}\ta\tgroup 0\n" for i in range(300)))
    found = split(tmp_path, task(dev={"share": 0.3}))
    folded = {name: {text.lower() for text in texts(rows)} for name, rows in found.items()}
    assert not folded["train"] & folded["dev"]
    assert 175 <= Counter(found["dev"].labels)[0] <= 185


@pytest.mark.parametrize("stratified", [True, False])
def test_groups_stay_whole_and_the_share_is_near(tmp_path: Path, stratified: bool) -> None:
    write(tmp_path)
    share = {"share": 0.25, "grouped_by": "g", "stratified": stratified}
    found = split(tmp_path, task(dev=share))
    groups = {name: {int(text.split()[-1]) % 40 for text in texts(rows)} for name, rows in found.items()}
    assert not groups["train"] & groups["dev"]
    assert abs(len(found["dev"]) - 102.5) <= 11


def test_test_may_be_a_share_of_dev(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "dev.tsv").write_text("t\ty\n" + "".join(f"dev {i}\ta\n" for i in range(40)))
    found = split(tmp_path, task(dev="dev.tsv", test={"from": "dev", "share": 0.5}))
    assert [len(rows) for rows in found.values()] == [410, 20, 20]
    assert not texts(found["dev"]) & texts(found["test"])


COLUMN = {"column": "fold", "train": [1, 2], "dev": ["dev", "validation"], "test": ["test"]}


def test_a_column_says_the_split(tmp_path: Path) -> None:
    folds = ["1", "2", "dev", "validation", "test", "other", "1"]
    lines = "".join(f"text {i}\ta\t{fold}\n" for i, fold in enumerate(folds))
    (tmp_path / "all.tsv").write_text("t\ty\tfold\n" + lines)
    found = split(tmp_path, task(split=COLUMN))
    assert {name: rows.ids for name, rows in found.items()} == {
        "train": ("1", "2", "7"),
        "dev": ("3", "4"),
        "test": ("5",),
    }
    assert (found["train"].read, found["train"].why) == (4, {"of no split": 1})
    with pytest.raises(DataError, match=r"no row has 'tset', which split.test names; it has '1', '2', 'dev'"):
        split(tmp_path, task(split={**COLUMN, "test": ["tset"]}))


@pytest.mark.parametrize("written", [int, str])
def test_whole_numbers_that_are_one_as_floats_name_two_splits(tmp_path: Path, written: type) -> None:
    folds = [2**53 + i % 3 for i in range(9)]
    (tmp_path / "all.tsv").write_text(
        "t\ty\tf\n" + "".join(f"text {i}\ta\t{f}\n" for i, f in enumerate(folds))
    )
    names = {name: [written(2**53 + place)] for place, name in enumerate(SPLITS)}
    found = split(tmp_path, task(split={"column": "f", **names}))
    assert {name: rows.ids for name, rows in found.items()} == {
        "train": ("1", "4", "7"),
        "dev": ("2", "5", "8"),
        "test": ("3", "6", "9"),
    }


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({}, "needs `dev`: a file, or a share"),
        ({"dev": {"from": "dev", "share": 0.1}}, "`dev` cannot be a share of itself"),
        ({"dev": {"share": 0.5}, "test": {"share": 0.5}}, "must be below 1 together"),
        ({"dev": {"share": 1.0}}, "less than 1"),
        ({"dev": "dev.tsv", "split": COLUMN}, "leave `dev` and `test` out"),
    ],
)
def test_sources_that_contradict_themselves_are_refused(source: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        task(**source)


def test_too_few_rows_for_a_share_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "all.tsv").write_text("t\ty\nOne\ta\nTwo\tb\n")
    with pytest.raises(DataError, match="of its 2 rows none is left for dev"):
        split(tmp_path, task(dev={"share": 0.1}))
    (tmp_path / "all.tsv").write_text("t\ty\tg\n" + "".join(f"text {i}\ta\t{i % 3}\n" for i in range(30)))
    with pytest.raises(
        DataError, match=r"for dev: the groups of column 'g' are too large for a share of 0\.1"
    ):
        split(tmp_path, task(dev={"share": 0.1, "grouped_by": "g"}))


def test_texts_with_two_labels_are_never_in_both(tmp_path: Path) -> None:
    lines = [f"text {i % 200}\t{'abc'[(i * 7 + i // 200) % 3]}\n" for i in range(600)]
    (tmp_path / "all.tsv").write_text("t\ty\n" + "".join(lines))
    found = split(tmp_path, task(dev={"share": 0.2}))
    assert len(found["dev"]) > 60
    assert not texts(found["dev"]) & texts(found["train"])
