"""Which first line is a header, and which files make no workload."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tests.sweeper_tests.typed import Command, refused, write


def write_rows(name: str, first: str, labels: Sequence[object] = ("pos", "neg"), count: int = 40) -> None:
    """Rows of an id, a text and a label, after a first line."""
    rows = (f"{i}\tthe film number {i} is what it is\t{labels[i % len(labels)]}\n" for i in range(count))
    write(Path("data", name), f"{first}\n" + "".join(rows))


def task(sweeper: Command) -> tuple[dict[str, object], str]:
    said = sweeper("new", "workload", "data/x.tsv", "--name", "fresh")
    assert said.code == 0, said.err
    assert sweeper("validate", "fresh").code == 0
    (found,) = yaml.safe_load(Path("studies/workloads/fresh.yaml").read_text())["train"]["tasks"].values()
    return found, said.out


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        ("id\tText of the review\tlabel", ("pos", "neg")),
        ("id\tText of the review\tlabel", (0, 1)),
        ("id\ttext\t2024", (0, 1)),
        ("id\ttext\t2024", ("pos", "neg")),
        ("number\tWhat the user wrote about it\thow the user liked it", (1.5, 2.25, 3.5)),
    ],
)
def test_a_first_line_that_is_like_no_row_is_a_header(
    sweeper: Command, first: str, labels: Sequence[object]
) -> None:
    write_rows("x.tsv", first, labels)
    found, said = task(sweeper)
    assert "columns" not in found["source"]  # type: ignore[operator]
    assert (found["text"], str(found["label"])) == ([first.split("\t")[1]], first.split("\t")[2])
    assert "Header" not in said


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        ("40\tthe film is what it is\tpos", ("pos", "neg")),
        ("40\tthe film is what it is\t1", (0, 1)),
        ("40\tthe film is what it is\t2.75", (1.5, 2.25, 3.5)),
        ("40\tthe film is what it is\t-", (0, 1)),  # no label
    ],
)
def test_one_that_is_like_the_others_is_a_row_and_that_is_said(
    sweeper: Command, first: str, labels: Sequence[object]
) -> None:
    write_rows("x.tsv", first, labels)
    found, said = task(sweeper)
    assert found["source"]["columns"] == ["column1", "column2", "column3"]  # type: ignore[index]
    assert "Header: none; the first line of x.tsv was taken for a row" in said


def test_files_that_make_no_workload_are_refused_and_nothing_is_written(sweeper: Command) -> None:
    write_rows("a.tsv", "id\ttext\tlabel")
    write_rows("other.tsv", "id\tsentence\tlabel")
    write_rows("unlabelled.tsv", "id\ttext\tstars")
    write(Path("data/bare.tsv"), "".join(f"some words about film {i}\t{i % 2}\n" for i in range(40)))
    write(Path("data/wide.tsv"), "".join(f"some words about film {i}\t{i % 2}\tx\n" for i in range(40)))
    write(Path("data/narrow.tsv"), "".join(f"some words about film {i}\n" for i in range(40)))
    for files, said in (
        ("a.tsv a.tsv", "a.tsv' is named twice: each split needs one of its own"),
        ("a.tsv ./a.tsv", "a.tsv' is named twice"),
        ("a.tsv other.tsv", "other.tsv has no column 'text'"),
        ("a.tsv unlabelled.tsv", "unlabelled.tsv has no column 'label'"),
        ("a.tsv bare.tsv", "bare.tsv has no column 'label'"),
        ("a.tsv a2.tsv other.tsv", "other.tsv has no column 'text'"),
        ("bare.tsv wide.tsv", "has 3 fields, columns 2"),
        ("bare.tsv narrow.tsv", "narrow.tsv has 1 columns, bare.tsv has 2"),
    ):
        write_rows("a2.tsv", "id\ttext\tlabel")
        names = [f"data/{name}" for name in files.split()]
        assert said in refused(sweeper, "new", "workload", *names, "--name", "fresh")
    assert not Path("studies/workloads/fresh.yaml").exists()
    assert not Path("studies/fresh.yaml").exists()


@pytest.mark.parametrize("names", [("train_dev.tsv", "train.tsv"), ("train.tsv", "train_dev.tsv")])
def test_a_name_that_says_one_split_goes_before_one_that_says_two(
    sweeper: Command, names: Sequence[str]
) -> None:
    for name in names:
        write_rows(name, "id\ttext\tlabel")
    said = sweeper("new", "workload", *(f"data/{name}" for name in names), "--name", "fresh")
    assert "train train.tsv, dev train_dev.tsv\n" in said.out.replace("data/", "")
