"""Two trials side by side, as printed."""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import pearsonr

from model.files import RunFolder
from model.predictions import Predictions, save_predictions
from sweeper.errors import InputError
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.show.diff import diff, print_diff
from sweeper.show.disagreement import as_csv
from sweeper.store.study import StudyStore
from tests.sweeper_tests.made import PARAMS, row, store, study
from tests.sweeper_tests.typed import Command, refused

LABELS = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
OURS = [0, 1, 2, 3, 4, 0, 4, 4, 4, 0]
"""Right on the first six rows."""
THEIRS = [4, 4, 4, 4, 0, 0, 1, 1, 1, 1]
"""Right on the sixth and the seventh row: five gained, one lost."""
SIMILAR = [0.0, 1.0, 2.0, 5.0]
NEAR = [0.5, 1.0, 2.5, 3.0]
FAR = [2.0, 1.0, 2.25, 3.5]
"""Errors 2, 0, .25, 1.5 beside .5, 0, .5, 2."""
PEARSON = [float(pearsonr(found, SIMILAR).statistic) for found in (NEAR, FAR)]


def predictions(ids: Sequence[str], predicted: Sequence[float], labels: Sequence[float]) -> Predictions:
    return Predictions(np.array(ids), np.array(predicted, float), np.array(labels, float))


def save(home: Home, number: int, sst: Sequence[int], sts: Sequence[float], para_rows: int = 2) -> None:
    ids = [f"r{place}" for place in range(10)]
    para = predictions(["x", "y", "z"][:para_rows], [1] * para_rows, [1] * para_rows)
    saved = {"sst": predictions(ids, sst, LABELS), "para": para}
    saved["sts"] = predictions(["a\x1b[2J", "b", "c", "d"], sts, SIMILAR)
    save_predictions(RunFolder(home.runs / "made@demo" / str(number)).predictions, saved)


@pytest.fixture
def home(tmp_path: Path, made: StudyStore) -> Home:
    home = Home(tmp_path / "home")
    StudyFolder(home, made.row).take(made.holder())
    save(home, 0, OURS, NEAR)
    save(home, 1, THEIRS, FAR)
    return home


@pytest.fixture
def made(tmp_path: Path) -> Iterator[StudyStore]:
    """Two complete trials that differ in arm and dropout, one that runs, and one of other dev rows."""
    of = study()
    first, second = of.spec.arms
    runs = [
        row(of, 0, first, (0.6, 1.0, PEARSON[0])),
        row(of, 1, second, (0.2, 1.0, PEARSON[1]), params=PARAMS | {"dropout": 0.5}),
        row(of, 2, second, None, state=row(of, 2, second, None).state.RUNNING),
        row(of, 3, first, (0.6, 1.0, PEARSON[0]), seed=7),
    ]
    with store(tmp_path, of, runs) as database:
        found = database.find("made@demo")
        assert found is not None
        yield found


def printed(made: StudyStore, home: Home, numbers: tuple[int, int], most: int = 5, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_diff(diff(made, *numbers, home), console, most)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return "\n".join(line.rstrip() for line in text.splitlines())


WHOLE = """\
made@demo
trial 0: complete · Baseline · seed 11711
trial 1: complete · S-BERT · seed 11711

setting          trial 0  trial 1
─────────────────────────────────
tasks.para.head  linear   sbert
dropout          0.3      0.5
Equal: all other settings.

dev scores  trial 0  trial 1  difference
────────────────────────────────────────
best epoch        2        2
overall      0.8512   0.7042     +0.1470
sst          0.6000   0.2000     +0.4000
para         1.0000   1.0000      0.0000
sts          0.9075   0.8254     +0.0821

Dev scores by epoch:
                         1       2       3
overall trial 0     0.8212  0.8512  0.8212
overall trial 1     0.6742  0.7042  0.6742
overall difference +0.1470 +0.1470 +0.1470
sst     trial 0     0.5700  0.6000  0.5700
sst     trial 1     0.1700  0.2000  0.1700
sst     difference +0.4000 +0.4000 +0.4000
para    trial 0     0.9700  1.0000  0.9700
para    trial 1     0.9700  1.0000  0.9700
para    difference  0.0000  0.0000  0.0000
sts     trial 0     0.8775  0.9075  0.8775
sts     trial 1     0.7954  0.8254  0.7954
sts     difference +0.0821 +0.0821 +0.0821

sst: both right in 1, trial 0 alone in 5, trial 1 alone in 1, neither in 3 of 10
rows
p of equal scores, exact McNemar: .219
row  label  trial 0  trial 1  right
─────────────────────────────────────
r0       0        0        4  trial 0
r1       1        1        4  trial 0
r6       1        4        1  trial 1

para: both right in 2, trial 0 alone in 0, trial 1 alone in 0, neither in 0 of 2
rows
p of equal scores, exact McNemar: 1.000

sts: trial 0 nearer to the label in 1, trial 1 in 2, both alike in 1 of 4 rows
p of equal scores, Williams: """


def test_settings_scores_and_rows(made: StudyStore, home: Home) -> None:
    text = printed(made, home, (0, 1), most=2)
    # McNemar's exact p of five against one: 2 (1 + 6) / 64.
    head, _, tail = text.partition("Williams: ")
    # How many settings there are is no matter of a comparison.
    head = re.sub(r"Equal: \d+ settings", "Equal: all other settings", head)
    assert f"{head}Williams: ".splitlines() == WHOLE.splitlines()
    assert tail.splitlines()[1:] == [
        "row       label  trial 0  trial 1  nearer",
        "─" * 51,
        "a\\x1b[2J      0    0.500    2.000  trial 0 by 1.500",
        "d             5    3.000    3.500  trial 1 by 0.500",
        "",
        "p speaks of these two networks on these rows only, and not of arms or settings:",
        "another seed gives another network.",
    ]


def test_the_csv_has_every_row_with_two_predictions(made: StudyStore, home: Home) -> None:
    found = diff(made, 0, 1, home)
    assert found.rows is not None
    first, *rows = csv.reader(io.StringIO(as_csv(found.rows, found.names)))
    assert first == ["task", "id", "label", "trial 0", "trial 1"]
    sst = [["sst", f"r{n}", str(LABELS[n]), str(OURS[n]), str(THEIRS[n])] for n in range(10) if n != 5]
    sts = [
        ["sts", "a\\x1b[2J", "0", "0.5", "2"],
        ["sts", "c", "2", "2.5", "2.25"],
        ["sts", "d", "5", "3", "3.5"],
    ]
    assert rows == sst + sts


def test_what_is_not_there_is_said_in_a_line(made: StudyStore, home: Home, tmp_path: Path) -> None:
    text = printed(made, home, (0, 2), width=120)
    assert "trial 2: running · S-BERT" in text
    assert "Trial 2 has no final scores: it is running." in text
    assert "overall      0.8512        —           —" in text
    gone = "The rows where they disagree are not known: the predictions of one are gone, or not made yet."
    assert gone in text
    assert gone in printed(made, home, (0, 3), width=120)
    save(home, 3, OURS, NEAR, para_rows=3)
    text = printed(made, home, (0, 3), width=120)
    assert "para: the two trials were scored on different dev rows, which cannot be compared." in text
    assert "sst: both right in 6, trial 0 alone in 0" in text
    assert "seed     11711    7" in text
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET reused_from = 0 WHERE number = 3")
    text = printed(made, home, (3, 1), width=120)
    assert "  not trained: it has the result of trial 0\n" in text
    assert "sst: both right in 1, trial 3 alone in 5" in text


def test_settings_are_compared_in_full_and_unknown_ones_have_their_default(
    made: StudyStore, home: Home, tmp_path: Path
) -> None:
    config = "json_set(json_remove(config, '$.precision'), '$.learning_rate', ?)"
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute(f"UPDATE run SET config = {config} WHERE number = 0", (3.2101e-4,))  # noqa: S608
    text = printed(made, home, (0, 1))
    assert "learning_rate    0.00032101  0.000321\n" in text
    assert "precision" not in text


def test_settings_of_another_version_are_compared_as_stored(
    made: StudyStore, home: Home, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET config = json_set(config, '$.of_later', 7) WHERE number = 0")
    assert "of_later         7        —\n" in printed(made, home, (0, 1))


def test_two_trials_of_the_study_must_be_named(made: StudyStore, home: Home) -> None:
    with pytest.raises(InputError, match="trial 1 is given twice"):
        diff(made, 1, 1, home)
    with pytest.raises(InputError, match="no trial 9; its trials are 0 to 3"):
        diff(made, 0, 9, home)


def test_as_a_command(
    made: StudyStore, home: Home, folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPER_HOME", str(home.root))
    command = ("diff", "made", "0", "1", "--storage", f"sqlite:///{folder}/studies.db")
    said = sweeper(*command, "--rows", "0", "--csv", "rows.csv")
    assert said.code == 0
    assert "trial 1: complete · S-BERT · seed 11711\n" in said.out
    assert "r0 " not in said.out
    assert said.out.endswith("\nRows: rows.csv\n")
    assert (
        (folder / "rows.csv").read_text(encoding="utf-8").startswith("task,id,label,trial 0,trial 1\nsst,r0,")
    )
    assert "given twice" in refused(sweeper, "diff", "made", "1", "1", *command[4:])
    (folder / "dd.csv").mkdir()
    assert "--csv 'dd.csv' is a folder: name a file" in refused(sweeper, *command, "--csv", "dd.csv")
    RunFolder(home.runs / "made@demo/1").predictions.unlink()
    assert "--csv 'new.csv': the predictions of one" in refused(sweeper, *command, "--csv", "new.csv")
    assert "are not known" in sweeper(*command).out
