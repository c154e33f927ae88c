"""A workload is begun from files of public forms: what is found, and that it is valid."""

import csv
import io
import json
import random
from pathlib import Path

import pytest

from sweeper.draft.files import name_after
from tests.sweeper_tests.typed import Command, refused

RNG = random.Random(3)  # noqa: S311


def sentence(number: int) -> str:
    words = ["film", "plot", "actor", "script", "fine", "dull", "warm", "weak"]
    return f"the {RNG.choice(words)} is {RNG.choice(words)} in {number}"


def tsv(header: str, *rows: str) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def quoted(*rows: tuple[object, ...], header: tuple[str, ...] | None = None, code: str = "utf-8") -> bytes:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([*([header] if header else []), *rows])
    return file.getvalue().encode(code)


QUOTE = '"'
UNLIKELY = ("*", "?", "??")
MOODS = ("negative", "neutral", "positive")
NLI = ("entailment", "neutral", "contradiction")
SETS = {
    "sst2": (
        {
            "train.tsv": tsv("sentence\tlabel", *(f"{sentence(i)} \t{i % 2}" for i in range(60))),
            "dev.tsv": tsv("sentence\tlabel", *(f"{sentence(100 + i)} \t{i % 2}" for i in range(20))),
            "test.tsv": tsv("index\tsentence", *(f"{i}\t{sentence(i)}" for i in range(10))),
        },
        [
            "kind: single",
            "classes: 2",
            'text: ["sentence"]',
            '# "test.tsv" has no labels',
            "metric: accuracy",
        ],
        "sst2 dev: 20 rows; labels 0 10, 1 10",
    ),
    "snli": (
        {
            f"snli_1.0_{split}.jsonl": "\n".join(
                json.dumps(
                    {
                        "gold_label": "-" if i == 7 else NLI[i % 3],
                        "pairID": f"{i}r1n",
                        "sentence1": sentence(i),
                        "sentence1_parse": f"(ROOT {sentence(i)})",
                        "sentence2": sentence(i + 500),
                        "sentence2_parse": f"(ROOT {sentence(i)})",
                    }
                )
                for i in range(first, first + 45)
            ).encode()
            for first, split in ((0, "train"), (45, "dev"), (90, "test"))
        },
        [
            "kind: pair",
            'labels: ["entailment", "neutral", "contradiction"]',
            'missing: ["-"]',
            'text: ["sentence1", "sentence2"]',
            'test: "snli_1.0_test.jsonl"',
        ],
        "snli train: 44 rows; labels entailment 15, neutral 14, contradiction 15; 1 left out (1",
    ),
    "ag_news": (
        {
            "train.csv": quoted(
                *((i % 4 + 1, f"Title, {i}", f"{sentence(i)} {QUOTE}said{QUOTE}") for i in range(80))
            )
        },
        [
            'columns: ["column1", "column2", "column3"]',
            "labels: [1, 2, 3, 4]",
            'text: ["column3"]',
            'also there: "column2"',
            "dev: {from: train, share: 0.1}",
        ],
        "ag_news dev: 8 rows; labels 1 2, 2 2, 3 2, 4 2",
    ),
    "cola": (
        {
            "train.tsv": tsv(
                *(
                    f"gj{i % 9:02d}\t{i % 4 != 0:d}\t{'' if i % 4 else UNLIKELY[i % 3]}\t{sentence(i)}"
                    for i in range(120)
                )
            ),
            "dev.tsv": tsv(*(f"gj04\t{i % 2}\t{'' if i % 2 else '*'}\t{sentence(i)}" for i in range(40))),
        },
        [
            'columns: ["column1", "column2", "column3", "column4"]',
            "classes: 2",
            'label: "column2"',
            'text: ["column4"]',
            "metric: accuracy    # or f1, macro_f1, mcc, kappa, kappa_quadratic, auc",
        ],
        "cola train: 120 rows; labels 0 30, 1 90",
    ),
    "links": (
        {
            "train.csv": quoted(
                *((i % 4 + 1, f"Title, {i}", f"&lt;A HREF=x&gt; &lt;/A&gt; {sentence(i)}") for i in range(80))
            )
        },
        ["labels: [1, 2, 3, 4]", 'text: ["column3"]'],
        "links dev: 8 rows; labels 1 2, 2 2, 3 2, 4 2",
    ),
    "stance": (
        {
            "train.tsv": tsv(
                "tweet\tstance",
                *(f"{sentence(i)}\t{('FAVOR', 'AGAINST', 'NONE')[i % 3]}" for i in range(60)),
            )
        },
        ['labels: ["AGAINST", "FAVOR", "NONE"]'],
        "stance dev: 6 rows; labels AGAINST 2, FAVOR 2, NONE 2",
    ),
    "polarity": (
        {"train.tsv": tsv("text\tpolarity", *(f"{sentence(i)}\t{i % 3 - 1}" for i in range(60)))},
        ["labels: [-1, 0, 1]"],
        "polarity dev: 6 rows; labels -1 2, 0 2, 1 2",
    ),
    "headerless": (
        {"train.csv": "".join(f"fine warm {i},{'pn'[i % 2]}os\n" for i in range(90)).encode()},
        ['columns: ["column1", "column2"]', 'label: "column2"', 'text: ["column1"]'],
        "headerless train: 82 rows; labels nos 41, pos 41",
    ),
    "sorted": (
        {
            "train.tsv": tsv(
                "sentence1\tsentence2\tscore",
                *(f"{sentence(i)}\t{sentence(i)}\t{i / 500:.3f}" for i in range(2_500)),
            )
        },
        ["range: [0, 5]"],
        "sorted train: 2,250 rows; scores from 0.002 to 4.998",
    ),
    "gaps": (
        {
            "train.tsv": tsv(
                "sentence1\tsentence2\tscore",
                *(f"{sentence(i)}\t{sentence(i)}\t{-1 if i % 50 == 7 else i / 80}" for i in range(400)),
            )
        },
        ["range: [0, 5]", "missing: [-1]"],
        "scores from 0 to 4.9875; 8 left out (8 label declared missing)",
    ),
    "twice": (
        {
            "train.csv": tsv("text,x,x", *(f"{sentence(i)},{i % 7}.5,{i % 2}" for i in range(60))),
            "test.csv": tsv("text,x", *(f"{sentence(i)},{i % 7}.5" for i in range(10))),
        },
        ["label: 3", '# "test.csv" has no labels'],
        "twice dev: 6 rows; labels 0 3, 1 3",
    ),
    "stsb": (
        {
            f"{split}.tsv": tsv(
                "index\tgenre\told_index\tsentence1\tsentence2\tscore",
                *(
                    f"{i}\tnews\t{i:04d}\t{QUOTE * (i == 3)}{sentence(i)}\t{sentence(i)}\t{i % 11 / 2:.3f}"
                    for i in range(first, first + 40)
                ),
            )
            for first, split in ((0, "train"), (60, "dev"))
        },
        ["range: [0, 5]", "metric: pearson", 'quoting: "none"', 'text: ["sentence1", "sentence2"]'],
        "stsb train: 40 rows; scores from 0 to 5",
    ),
    "tweets": (
        {
            "labeled_data.csv": quoted(
                *((i, 3, MOODS[i % 3], f"@café – {sentence(i)}") for i in range(60)),
                header=("", "count", "airline_sentiment", "tweet"),
                code="cp1252",
            )
        },
        ['encoding: "cp1252"', 'labels: ["negative", "neutral", "positive"]', 'text: ["tweet"]'],
        "tweets dev: 6 rows; labels negative 2, neutral 2, positive 2",
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_a_workload_is_written_that_is_valid(
    sweeper: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    files, written, counted = SETS[name]
    monkeypatch.delenv("SWEEPER_DATA")
    Path("own").mkdir()
    for file, content in files.items():
        Path("own", file).write_bytes(content)
    said = sweeper("new", "workload", *(f"own/{file}" for file in files), "--name", name)
    assert said.code == 0, said.err
    text = Path(f"studies/workloads/{name}.yaml").read_text()
    for part in written:
        assert part in text
    assert f"SWEEPER_DATA={Path('own').resolve()} sweeper run {name} --trials 4" in said.out
    monkeypatch.setenv("SWEEPER_DATA", str(Path("own").resolve()))
    for argument in (name, f"studies/workloads/{name}.yaml"):
        checked = sweeper("validate", argument)
        assert (checked.code, checked.err) == (0, "")
        assert counted in checked.out


def test_a_study_is_written_whole_or_not_at_all_and_one_that_is_there_stays(
    sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("data/few.tsv").write_text("label\ttext\n" + "a\tx y z\nb\tu v w\n" * 9)
    files, study = ("new", "workload", "data/few.tsv", "--name"), Path("studies/fresh.yaml")
    with monkeypatch.context() as patched:
        patched.setattr("sweeper.draft.workload.first_study", lambda name: f"name: {name}\udc80")
        assert "surrogates not allowed" in sweeper(*files, "fresh").err
    assert not study.exists()
    Path("studies/workloads/fresh.yaml").unlink()
    study.write_text("name: fresh\n")
    assert "; studies/fresh.yaml is there already, and stays. Look" in sweeper(*files, "fresh").out
    assert study.read_text() == "name: fresh\n"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("CoLA/train.tsv", "CoLA"),
        ("snli_1.0_train.jsonl.gz", "snli_1_0"),
        ("own/labeled_data.csv", "labeled_data"),
        ("Film reviews/dev.csv", "Film_reviews"),
    ],
)
def test_a_workload_is_called_as_its_file_or_the_folder_of_that(file: str, name: str) -> None:
    assert name_after(Path(file)) == name


@pytest.mark.parametrize("name", ["2024", "1e3", "null", "on", "NaN", "seed", "dropout", "x" * 70])
def test_whatever_it_is_called_it_is_valid(sweeper: Command, name: str) -> None:
    Path("data/few.tsv").write_text("label\ttext\n" + "".join(f"{i % 2}\t{sentence(i)}\n" for i in range(40)))
    assert sweeper("new", "workload", "data/few.tsv", "--name", name).code == 0
    assert sweeper("validate", name).err == ""
    assert sweeper("validate", f"studies/workloads/{name}.yaml").err == ""


@pytest.mark.parametrize(
    ("first", "written"),
    [(2**53, "[9007199254740992, 9007199254740993]"), (10**19, f'["{10**19}", "{10**19 + 1}"]')],
)
def test_labels_that_are_one_as_floats_are_two_classes(sweeper: Command, first: int, written: str) -> None:
    rows = "".join(f"{first + (i + 1) % 2}\t{sentence(i)}\n" for i in range(40))
    Path("data/far.tsv").write_text("label\ttext\n" + rows)
    assert sweeper("new", "workload", "data/far.tsv", "--name", "far").code == 0
    assert f"labels: {written}" in Path("studies/workloads/far.yaml").read_text()
    assert f"labels {first} 18, {first + 1} 18" in sweeper("validate", "far").out


def test_what_cannot_be_begun_is_refused(sweeper: Command) -> None:
    Path("data/none.tsv").write_text("a\tb\nx\ty\n")
    Path("data/label.tsv").write_text("label\tother\n" + "a\tx\nb\ty\n" * 9)
    for files, said in (
        ("data/no.tsv", "'data/no.tsv' is not there"),
        ("studies/mine.yaml", "is outside the data folder"),
        ("data/none.tsv", "no column looks like a label; its columns: a (1 values), b (1 values)"),
        ("data/label.tsv", "no column looks like a text of several words"),
        ("data/train.csv data/dev.csv data/train.csv data/dev.csv", "name one to three"),
        ("data/train.csv --name small", "studies/workloads/small.yaml is there already"),
        ("data/train.csv --name ../x", "name '../x' is not allowed"),
    ):
        assert said in refused(sweeper, "new", "workload", *files.split())
