"""What `validate` and `run` say of the data of several arms, tasks and splits."""

from pathlib import Path

from sweeper.study.load import load_study
from tests.sweeper_tests.cli.validated import CLASSES, ENCODER, data, said_of, workload
from tests.sweeper_tests.typed import Command, write

ONE = ["one\tu\t0", "two\tv\t1", "three\tw\t1"]
OTHER = ["four\tx\t0", "five\ty\t1"]


def test_what_another_arm_reads_is_said_and_warned_of(sweeper: Command) -> None:
    data("a.tsv", *ONE)
    data("b.tsv", *OTHER)
    data("c.tsv", *ONE, *OTHER)
    workload(f"{CLASSES}, classes: 2", more="  epochs: 1\n  threads: 1\n")
    more = "tasks.x.source.train: c.tsv"
    arms = f"arms: {{A: {{}}, B: {{{more}}}, C: {{{more}}}, D: {{tasks.x.groups: [u]}}}}\n"
    write(Path("studies/s.yaml"), f"name: s\nworkload: w\n{arms}")
    said = sweeper("validate", "s")
    assert said.code == 0, said.err
    assert [line for line in said.out.splitlines() if " train: " in line or " dev: " in line] == [
        "x train: 3 rows; labels 0 1, 1 2",
        "x dev: 2 rows; labels 0 1, 1 1",
        "arms B, C: x train: 5 rows; labels 0 2, 1 3",
        "arms B, C: x dev: 2 rows; labels 0 1, 1 1; 2 also in train",
    ]
    warned = "Warning: arms B, C: task x: every dev row also stands in train: its scores say nothing"
    assert said.err.startswith(warned) and len(said.err.splitlines()) == 1
    write(Path("studies/v.yaml"), "name: v\nworkload: w\nspace: {tasks.x.source.train: [a.tsv, c.tsv]}\n")
    lines = sweeper("run", "v", "--trials", "1", "--executor", "inline").out.splitlines()
    (arm,) = load_study("v").spec.arms
    of = f"arm {arm} with tasks.x.source.train c.tsv"
    assert f"Data: x 3 train, 2 dev; {of}: x 5 train, 2 dev" in lines
    assert any(line.startswith(f"Warning: {of}: task x: every dev row") for line in lines)


def test_more_rows_than_there_are_is_one_line(sweeper: Command) -> None:
    data("a.tsv", *ONE)
    data("b.tsv", *OTHER)
    workload(f"{CLASSES}, classes: 2")
    for space, arms, line in (
        ("", "{tasks.x.train_rows: 5}", "train_rows 5, but there are 3"),
        ("", "{tasks.x.dev_rows: 2}", ""),
        ("", "{tasks.x.dev_rows: 4}", "dev_rows 4, but there are 2"),
        ("tasks.x.train_rows: [1, 4]", "{}", "train_rows 4, but there are 3"),
        (
            "tasks.x.train_rows: [3, 4]",
            "{}",
            "train_rows 4, but there are 3; all from 3 on are the same rows",
        ),
        (
            "tasks.x.train_rows: [2, 4, null]",
            "{}",
            "train_rows 4, but there are 3; null and all from 3 on are the same rows",
        ),
        ("tasks.x.train_rows: [2, 3, null]", "{}", "train_rows null and 3 are the same rows: there are 3"),
        (
            "tasks.x.train_rows: {low: 1, high: 50}",
            "{}",
            "train_rows 49, 50, but there are 3; all from 3 on are the same rows",
        ),
        (
            "",
            "{tasks.x.train_rows: 5}, B: {tasks.x.train_rows: 6}",
            "train_rows 5, 6, but there are 3; all from 3 on are the same rows",
        ),
    ):
        write(Path("studies/s.yaml"), f"name: s\nworkload: w\nspace: {{{space}}}\narms: {{A: {arms}}}\n")
        assert sweeper("validate", "s").err == (f"Warning: task x: {line}\n" if line else "")
    some = "space: {batch_size: [8, 16], tasks.x.train_rows: {values: [1, 2], when: {batch_size: [16]}}}"
    write(Path("studies/s.yaml"), f"name: s\nworkload: w\nbase: {{tasks.x.train_rows: 5}}\n{some}\n")
    assert sweeper("validate", "s").err == "Warning: task x: train_rows 5, but there are 3\n"


def test_a_test_file_that_is_the_dev_file_is_warned_of(sweeper: Command) -> None:
    data("a.tsv", *ONE)
    data("b.tsv", *OTHER)
    workload(f"{CLASSES}, classes: 2", "train: a.tsv, dev: b.tsv, test: b.tsv")
    line = "every test row also stands in dev, by whose scores all choices are made"
    assert said_of(sweeper)[1] == [f"Warning: task x: {line}"]


def test_two_tasks_that_share_texts_and_no_dev_rows_are_warned_of(sweeper: Command) -> None:
    rows = [f"text {i}\t{i % 2}\t{i // 2 % 2}" for i in range(40)]
    data("a.tsv", *rows, header="t\ty\tz")
    for more, warned in (("", True), (", stratified: false", False)):
        source = f"source: {{kind: files, train: a.tsv, dev: {{share: 0.2{more}}}}}"
        other = f"z: {{{CLASSES.replace('label: y', 'label: z')}, classes: 2, {source}}}"
        tasks = f"{{x: {{{CLASSES}, classes: 2, {source}}}, {other}}}"
        text = f"name: w\ntrain:\n  tasks: {tasks}\n  encoder: {{{ENCODER}}}\n"
        write(Path("studies/workloads/w.yaml"), text)
        lines = [line for line in said_of(sweeper)[1] if "other dev rows of the same texts" in line]
        assert [line[:25] for line in lines] == ["Warning: tasks x and z ta"] * warned
