"""What `validate` and `run` say of the data, as a user meets it."""

from pathlib import Path

import pytest

from sweeper.paths import Home
from sweeper.study.load import load_study
from sweeper.sweep.order import Places
from tests.sweeper_tests.cli.validated import CLASSES, SCORES, data, said_of, workload
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.typed import Command, refused, write


def test_rows_labels_reasons_doubles_and_cut_texts_are_said_by_split(sweeper: Command) -> None:
    long = " ".join(["word"] * 20)
    data(
        "a.tsv",
        "A one\t-\tneg",
        "a ONE\t-\tneg",
        f"{long}\t-\tpos",
        " \t-\tpos",
        "No label\t-\t",
        "Gone\t-\t?",
    )
    data("b.tsv", "a one\t-\tpos", "A two\t-\tneg", "\t-\tneg")
    task = f"{CLASSES}, labels: [neg, pos], missing: ['?']"
    workload(task, "train: a.tsv, dev: b.tsv, drop_incomplete: true")
    assert said_of(sweeper) == (
        [
            "x train: 3 rows; labels neg 2, pos 1; 3 left out (1 empty text, 1 empty label, 1 label declared "
            "missing); 1 repeat an earlier row; 33.3% with a text that is cut at encoder.max_length",
            "x dev: 2 rows; labels neg 1, pos 1; 1 left out (1 empty text); 1 also in train",
        ],
        [],
    )
    shown = sweeper("validate", "studies/workloads/w.yaml", "--show", "1").out.splitlines()
    assert shown[3:] == ["x train 1: class 0, neg", "    A one", "x dev 1: class 1, pos", "    a one"]


def test_shown_texts_command_no_terminal(sweeper: Command) -> None:
    data("a.tsv", "red \x1b[31m\x07text\t-\t0", "b\t-\t1")
    workload(f"{CLASSES}, classes: 2", "train: a.tsv, dev: a.tsv")
    assert "\x1b" not in sweeper("validate", "w", "--show", "3").out


ONE = ["one\tu\t0", "two\tv\t1", "three\tw\t1"]
OTHER = ["four\tx\t0", "five\ty\t1"]
WARNINGS = [
    (
        "one class",
        f"{CLASSES}, classes: 2",
        ONE,
        ["four\tx\t1", "five\ty\t1"],
        ["all dev rows have the label 1"],
    ),
    (
        "absent in train",
        f"{CLASSES}, classes: 3",
        ONE,
        ["four\tx\t2", "five\ty\t1"],
        ["no training row has the label 2, which 1 dev rows have"],
    ),
    (
        "from 1 on",
        f"{CLASSES}, classes: 3",
        ["one\tu\t1", "two\tv\t2"],
        ["four\tx\t1", "five\ty\t2"],
        ["of 3 classes no row has 0; the rows have 1, 2: name them in `labels`, in the order"],
    ),
    ("dev is train", f"{CLASSES}, classes: 2", ONE, ONE, ["every dev row also stands in train"]),
    (
        "itself",
        SCORES.replace("[t, u]", "[t, t]"),
        ["a\tu\t0", "b\tv\t5"],
        ["c\tu\t0", "d\tv\t5"],
        ["column 't'"],
    ),
    (
        "constant",
        SCORES,
        ["a\tu\t0", "b\tv\t5"],
        ["c\tx\t5.0", "d\ty\t5.0"],
        ["all dev rows have the score 5: pearson is not defined"],
    ),
    (
        "another range",
        SCORES,
        ["a\tu\t0", "b\tv\t1"],
        ["c\tx\t0.5", "d\ty\t0"],
        ["scores reach from 0 to 1, the range from 0 to 5"],
    ),
    (
        "half empty",
        f"{CLASSES}, classes: 2",
        [*ONE, *["text\t\t"] * 9],
        OTHER,
        ["9 train rows are left out, 3 used: is the right column named?"],
    ),
    ("nothing", f"{CLASSES}, classes: 2", ONE, OTHER, []),
]


@pytest.mark.parametrize(
    ("task", "train", "dev", "warned"), [one[1:] for one in WARNINGS], ids=[w[0] for w in WARNINGS]
)
def test_what_will_make_scores_mean_little_is_one_warning_line(
    sweeper: Command, task: str, train: list[str], dev: list[str], warned: list[str]
) -> None:
    data("a.tsv", *train)
    data("b.tsv", *dev)
    workload(task, "train: a.tsv, dev: b.tsv, drop_incomplete: true")
    _, err = said_of(sweeper)
    assert len(err) == len(warned)
    for line, expected in zip(err, warned, strict=True):
        assert line.startswith("Warning: task x: ")
        assert expected in line


def test_run_says_the_rows_in_one_line_and_warns(sweeper: Command) -> None:
    data("a.tsv", *ONE, "\tx\t1")
    data("b.tsv", *ONE)
    workload(
        f"{CLASSES}, classes: 2",
        "train: a.tsv, dev: b.tsv, drop_incomplete: true",
        "  epochs: 1\n  threads: 1\n",
    )
    write(Path("studies/s.yaml"), "name: s\nworkload: w\n")
    lines = sweeper("run", "s", "--trials", "1", "--executor", "inline").out.splitlines()
    assert "Data: x 3 train, 3 dev (1 left out)" in lines
    warnings = [line for line in lines if line.startswith("Warning")]
    assert warnings == [
        "Warning: task x: every dev row also stands in train: its scores say nothing about new texts"
    ]


def test_a_test_file_is_read_before_anything_is_trained(sweeper: Command) -> None:
    data("a.tsv", *ONE)
    data("b.tsv", *OTHER)
    data("c.tsv", "0\tsix", "1\tseven", header="index\tt")
    workload(f"{CLASSES}, classes: 2", "train: a.tsv, dev: b.tsv, test: c.tsv")
    message = refused(sweeper, "validate", "w")
    assert "c.tsv has no column 'y'; test rows need labels" in message
    assert "`sweeper predict`" in message


def test_an_empty_text_is_an_error_unless_it_may_be_dropped(sweeper: Command) -> None:
    data("a.tsv", *ONE, "\tx\t1")
    data("b.tsv", *OTHER)
    workload(f"{CLASSES}, classes: 2")
    assert "a.tsv, line 5, column 't' has no value; fill it in, or set drop_incomplete" in refused(
        sweeper, "validate", "w"
    )


def test_a_name_that_is_no_study_and_no_workload_is_refused(sweeper: Command) -> None:
    assert "there is no study 'nope'" in refused(sweeper, "validate", "nope")


def test_signs_of_windows_that_are_read_as_latin_1_are_said(sweeper: Command) -> None:
    task = f"{CLASSES}, classes: 2"
    texts = ("\u201cfine\u201d", "caf\u00e9", "so \u2013 so")
    Path("data").mkdir(exist_ok=True)
    for name in ("a.tsv", "b.tsv"):
        some = texts if name == "a.tsv" else texts[:2]
        rows = [f"{text} {name}\t{number % 2}\n" for number, text in enumerate(some)]
        Path("data", name).write_bytes("".join(["t\ty\n", *rows]).encode("cp1252"))
    workload(task, "train: a.tsv, dev: b.tsv, encoding: latin-1")
    _, warnings = said_of(sweeper)
    assert warnings == [
        f"Warning: task x: file '{name}', column 't': {count} with control characters (U+0080 to U+009F), "
        "which tokenizers leave out: if they are the quotation marks and dashes of Windows, set encoding: "
        "cp1252 in the task's source"
        for name, count in (("a.tsv", "2 texts"), ("b.tsv", "1 text"))
    ]
    workload(task, "train: a.tsv, dev: b.tsv, encoding: cp1252")
    assert said_of(sweeper)[1] == []
    workload(task, "train: a.tsv, dev: {from: train, share: 0.5}, encoding: latin-1")
    (said,) = (line for line in said_of(sweeper)[1] if "control" in line)
    assert said.startswith("Warning: task x: file 'a.tsv', column 't': 2 texts with")


def test_each_file_of_training_rows_is_read(sweeper: Command) -> None:
    data("a.tsv", *ONE)
    data("b.tsv", *OTHER)
    workload(f"{CLASSES}, classes: 2")
    text = "name: own\nworkload: w\nspace: {tasks.x.source.train: [a.tsv, nowhere.tsv]}\n"
    write(Path("studies/own.yaml"), text)
    for command in (("validate", "own"), ("run", "own", "--trials", "1")):
        assert "nowhere.tsv" in refused(sweeper, *command)
    # A study that an earlier version began so goes on.
    data("nowhere.tsv", *ONE)
    places = Places(f"sqlite:///{Path('s.db').resolve()}", Home(Path("home")), Path("data"))
    sweep(load_study("own"), places, 1)
    Path("data/nowhere.tsv").unlink()
    _, said = sweep(load_study("own"), places, 1)
    assert "nowhere.tsv is missing" in said.replace("\n", " ")
    data("nowhere.tsv", "six\tz\t7")
    assert "nowhere.tsv, line 2, column 'y': label '7' is out of range" in refused(sweeper, "validate", "own")


def test_a_study_with_a_key_of_a_workload_is_a_study(sweeper: Command) -> None:
    for key in ("resources: {cpus: 1}", "train: {dropout: 0.1}"):
        write(Path("studies/own.yaml"), f"name: own\n{key}\narms: {{A: {{}}}}\n")
        said = refused(sweeper, "validate", "studies/own.yaml")
        assert f"studies/own.yaml:2: {key.partition(':')[0]}: unknown key" in said
