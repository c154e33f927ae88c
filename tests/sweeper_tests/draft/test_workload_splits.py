"""A workload is begun from several files: what one alone holds, and names that would end a line."""

import json
from itertools import count
from pathlib import Path

import pytest

from tests.sweeper_tests.typed import Command, refused, write

NUMBERS = count()


def rows(*labels: object) -> list[str]:
    return [f"the film is fine in {next(NUMBERS)}\t{label}" for label in labels]


def table(*lines: str) -> str:
    return "\n".join(["sentence\tlabel", *lines]) + "\n"


TRAIN = table(*rows(*"ab" * 30))
SCORES = table(*rows(*(f"{1 + place / 40:g}" for place in range(120))))
SPLITS = {
    "gap": (TRAIN, table(*rows(*"ab" * 9), " \ta"), ["drop_incomplete: true"], "18 rows; labels a 9, b 9"),
    "unlabelled": (
        TRAIN,
        table(*rows(*"ab-" * 6)),
        ['missing: ["-"]', 'labels: ["a", "b"]'],
        "labels a 6, b 6",
    ),
    "few": (TRAIN, table(*rows(*"ab" * 9, "-")), ['missing: ["-"]'], "labels a 9, b 9"),
    "third": (TRAIN, table(*rows(*"abc" * 6)), ['labels: ["a", "b", "c"]'], "labels a 6, b 6, c 6"),
    "counted": (table(*rows(*"01" * 30)), table(*rows(*"012" * 6)), ["classes: 3"], "labels 0 6, 1 6, 2 6"),
    "range": (SCORES, table(*rows(0.5, 2.5, 6.5)), ["range: [0, 7]"], "3 rows; scores from 0.5 to 6.5"),
    # A sign that there is no label is a class where the training rows have it as one.
    "stance": (
        table(*rows(*("for", "against", "none") * 20)),
        table(*rows("for", "against", "none")),
        ['labels: ["against", "for", "none"]'],
        "labels against 1, for 1, none 1",
    ),
}


@pytest.mark.parametrize("other", ["dev", "test"])
@pytest.mark.parametrize("name", SPLITS)
def test_what_another_split_alone_holds_is_written_too(sweeper: Command, name: str, other: str) -> None:
    train, more, written, counted = SPLITS[name]
    write(Path("data/train.tsv"), train)
    write(Path(f"data/{other}.tsv"), more)
    files = ("data/train.tsv", f"data/{other}.tsv")
    assert sweeper("new", "workload", *files, "--name", name).code == 0
    text = Path(f"studies/workloads/{name}.yaml").read_text()
    for part in written:
        assert part in text
    checked = sweeper("validate", name)
    assert checked.code == 0, checked.err
    untrained = {"third": "c", "counted": "2"}.get(name)
    warning = f"Warning: task {name}: no training row has the label {untrained}, which 6 {other} rows have\n"
    assert checked.err == (warning if untrained else "")
    if other == "dev":
        assert counted in checked.out


def test_a_label_that_is_no_score_is_left_to_be_found(sweeper: Command) -> None:
    write(Path("data/train.tsv"), SCORES)
    write(Path("data/dev.tsv"), table(*rows(1, 2, "much")))
    assert sweeper("new", "workload", "data/train.tsv", "data/dev.tsv", "--name", "much").code == 0
    assert "range: [1, 4]" in Path("studies/workloads/much.yaml").read_text()
    assert "'much'" in sweeper("validate", "much").err


@pytest.mark.parametrize("sign", ["\n", "\r", "\x85", "\u2028", "\u2029", "\x07", "\x7f", "\ufeff"])
def test_a_name_with_a_sign_that_ends_a_line_is_one(sweeper: Command, sign: str) -> None:
    folder = Path(f"data/one{sign}two")
    for split in ("train", "dev", "test"):
        rest = table(*rows(*"ab" * 9)) if split != "test" else "sentence\nthe film is fine\n"
        write(folder / f"{split}.tsv", rest)
    files = [str(folder / f"{split}.tsv") for split in ("train", "dev", "test")]
    said = sweeper("new", "workload", *files, "--name", "odd")
    assert said.code == 0, said.err
    text = Path("studies/workloads/odd.yaml").read_text()
    assert len(text.split("\n")) == len(text.splitlines()) + 1
    checked = sweeper("validate", "odd")
    assert (checked.code, checked.err) == (0, "")
    assert "odd dev: 18 rows; labels a 9, b 9" in checked.out


def test_a_column_with_a_sign_that_ends_a_line_is_one(sweeper: Command) -> None:
    lines = "".join(f'"the film is {i}","a plot of {i}",{"ab"[i % 2]}\n' for i in range(40))
    write(Path("data/train.csv"), '"one\n\x85\u2028text","another\n\u2028one",label\n' + lines)
    assert sweeper("new", "workload", "data/train.csv", "--name", "odd").code == 0
    checked = sweeper("validate", "odd")
    assert (checked.code, checked.err) == (0, "")


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_score_is_a_finite_number(sweeper: Command, value: str, split: str) -> None:
    for name in ("train", "dev"):
        write(Path(f"data/{name}.tsv"), SCORES + f"the film is odd\t{value}\n" * (name == split))
    said = refused(sweeper, "new", "workload", "data/train.tsv", "data/dev.tsv", "--name", "odd")
    assert f"{split}.tsv, column 'label': '{value}' is no finite number" in said


def test_a_column_of_lists_is_no_label(sweeper: Command) -> None:
    found = [{"text": f"the film is {i}", "labels": [i % 2], "topic": "ab"[i % 2]} for i in range(40)]
    write(Path("data/lists.jsonl"), "\n".join(map(json.dumps, found)))
    assert sweeper("new", "workload", "data/lists.jsonl", "--name", "lists").code == 0
    assert 'label: "topic"' in Path("studies/workloads/lists.yaml").read_text()
