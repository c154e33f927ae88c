"""Own code runs where the user's own file names it, and nowhere else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from model.errors import PluginError
from model.heads import HEADS
from model.metrics import METRICS
from model.plugins.load import load, loaded
from model.plugins.source import find_source
from sweeper import open as from_python
from sweeper.api.openstudy import OpenStudy
from sweeper.errors import InputError
from sweeper.study.load import load_study, load_workload
from tests.sweeper_tests.typed import SMALL, Command, refused, write

OWN = """
import pathlib
from enum import Enum
from pydantic import BaseModel, Field
from torch import nn
from model.heads import HEADS, Head
from model.metrics import METRICS
from model.metrics.own import OwnMetric

with open("ran", "a") as file:
    file.write("x")

class Kind(Enum):
    A = "a"
    B = "b"

class Options(BaseModel):
    size: int = Field(4, ge=1, le=64)
    kind: Kind | None = Kind.A

class Wide(nn.Sequential):
    def __init__(self, task, width, dropout, *, size, kind):
        super().__init__(nn.Linear(width, size), nn.Tanh(), nn.Linear(size, task.outputs))

class Near(OwnMetric):
    description, labels = "at most one class off", "classes"

    def score(self, predictions, labels):
        return float((abs(predictions - labels) <= 1).mean())

HEADS.add("wide", Head("a wide layer", Wide, options=Options))
METRICS.add("near", Near())
"""
STUDY = """
name: own
plugins: [own.py]
workload: small
base: {tasks.sst.head: wide, tasks.sst.metric: near}
space:
  tasks.sst.head_options.size: {low: 2, high: 8}
"""
RUN = ("run", "--trials", "2", "--workers", "1", "--study")


@pytest.fixture(autouse=True)
def own(folder: Path) -> Iterator[Path]:
    write(folder / "own/own.py", OWN)
    write(folder / "own/own.yaml", STUDY)
    yield folder / "own"
    load(())


def test_options_vary_and_are_converted(own: Path) -> None:
    write(own / "own.yaml", STUDY + "  tasks.sst.head_options.kind: [b, null]\n")
    study = load_study(str(own / "own.yaml"))
    options = {"tasks.sst.head_options.size": 5, "tasks.sst.head_options.kind": "b"}
    config = study.config("all", options, 1)
    assert config.tasks["sst"].model_dump(mode="json")["head_options"] == {"size": 5, "kind": "b"}
    assert study.spec.code is not None
    assert study.spec.code.files == {"own.py": study.sources[0].sha256}


def test_another_study_is_read_without_it(own: Path) -> None:
    load_study(str(own / "own.yaml"))
    assert "wide" in HEADS
    load_study("quickstart", "demo")
    assert loaded() == ()
    assert "wide" not in HEADS


def test_a_workload_brings_its_own(folder: Path) -> None:
    small = SMALL.replace("metric: accuracy", "metric: near, head: wide")
    write(
        folder / "studies/workloads/near.yaml", small.replace("name: small", "name: near\nplugins: [own.py]")
    )
    write(folder / "studies/workloads/own.py", OWN)
    write(folder / "studies/workloads/above.yaml", "name: above\nextends: near\n")
    study = load_workload("above")
    assert study.tasks["sst"].metric == "near"
    assert study.workload.plugins == ("own.py",)
    assert load_study("mine", "above").tasks["sst"].metric == "near"


def test_one_name_for_two_files_is_refused(folder: Path, own: Path) -> None:
    small = SMALL.replace("name: small", "name: small\nplugins: [own.py]")
    write(folder / "studies/workloads/small.yaml", small)
    write(folder / "studies/workloads/own.py", "")
    with pytest.raises(
        InputError, match=r"own\.yaml:3: plugins\[0\] = own\.py: stands for .*own/own\.py here"
    ):
        load_study(str(own / "own.yaml"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "plugins: own.py",
            "own.yaml:3: plugins = own.py: must be a list of files of Python or modules: write",
        ),
        ("plugins: [other.py]", "own.yaml:3: plugins[0] = other.py: "),
        ("plugins: [own.py]\ncode: {files: {}}", "own.yaml:4: code: is what a study was begun with"),
        ("plugins: [own.py, own.py]", "own.yaml:3: plugins[1] = own.py: stands in the list twice"),
    ],
)
def test_what_is_wrong_with_the_list_is_one_line(
    own: Path, sweeper: Command, written: str, said: str
) -> None:
    write(own / "own.yaml", STUDY.replace("plugins: [own.py]", written))
    write(own / "own.py", OWN.replace('"ran"', '"/dev/null"'))
    assert said in refused(sweeper, "run", "--study", str(own / "own.yaml"))


def ran() -> int:
    return len(Path("ran").read_text(encoding="utf-8"))


def test_a_study_runs_is_reported_without_its_code_and_goes_on_with_it(own: Path, sweeper: Command) -> None:
    file = str(own / "own.yaml")
    said = sweeper(*RUN, file)
    assert said.code == 0, said.err
    load(())
    times = ran()
    for command in (("report", "own"), ("show", "own", "1"), ("list",), ("status", "own"), ("best", "own")):
        assert sweeper(*command).code == 0
    assert "it is computed in trials alone" in sweeper("ensemble", "own", "--top", "2").err
    assert sweeper("confirm", "own", "--seeds", "1").code == 2
    assert ran() == times
    assert refused(sweeper, "resume", "own") == (
        "Error: study 'own@small' runs own code (own.py), and only the file in your hands can name it: add "
        "--code FILE, the study file\n"
    )
    assert sweeper("replay", "own", "1", "--code", file).code == 0
    write(Path("rows.tsv"), "sentence\nA fine film\n")
    predicted = ("--task", "sst", "--input", "rows.tsv", "--output", "out.tsv")
    assert sweeper("predict", file, *predicted).code == 0
    load(())
    times, rows = ran(), [{"sentence": "A fine film"}]
    with pytest.raises(PluginError, match="name the study by its file"):
        from_python("own").best().predict(rows, "sst")
    assert ran() == times
    assert len(from_python(file).best().predict(rows, "sst")) == 1
    opened = from_python("own")
    write(own / "own.py", OWN.replace("at most one class off", "of another study"))
    load([find_source("own.py", own)])
    assert isinstance(opened, OpenStudy)
    assert len(opened.trials) == 2
    assert METRICS["near"].description == "at most one class off"
    write(own / "own.py", OWN)
    confirmed = sweeper("confirm", file, "--seeds", "1", "--workers", "1")
    assert confirmed.code == 0, confirmed.err
    assert "own code" in refused(sweeper, "best", "own", "--export", "model")


def test_code_that_has_changed_goes_on_nowhere_and_is_told_by_replay(own: Path, sweeper: Command) -> None:
    file = str(own / "own.yaml")
    assert sweeper(*RUN, file).code == 0
    write(own / "own.py", f"{OWN}\n# a comment")
    assert sweeper(*RUN, file).code == 2
    assert "own.py: is not what it was when study 'own@small' began" in sweeper("resume", file).err
    said = sweeper("replay", file, "0")
    assert said.code == 0
    assert "although these differ:\n  plug-in own.py: " in said.out


def test_an_error_in_a_trial_has_its_file_and_line(own: Path, sweeper: Command) -> None:
    write(own / "own.py", OWN.replace("return float(", "return 1 / 0, float("))
    said = sweeper(*RUN, str(own / "own.yaml"))
    assert said.code == 1
    assert f"failed (error): {own / 'own.py'}:29: ZeroDivisionError: division by zero" in said.out


def test_where_the_lower_score_is_better_overall_rises_as_it_falls(own: Path, sweeper: Command) -> None:
    file = str(own / "own.yaml")
    write(own / "own.py", OWN.replace('"classes"\n', '"classes"\n    higher_is_better = False\n'))
    assert sweeper(*RUN, file).code == 0
    study = from_python("own")
    assert isinstance(study, OpenStudy)
    last = study.epochs.query("number == 0 and epoch == 2 and split == 'dev'").set_index("task")["value"]
    assert last["overall"] == pytest.approx(1 - last["sst"])
    with closing(sqlite3.connect(".sweeper/studies.db")) as database, database:
        recorded = database.execute("select study from sweep").fetchone()[0]
        database.execute("update sweep set study = ?", [recorded.replace('"falls": true', '"x": 1')])
    for command in (("resume", file), (*RUN, file), ("confirm", file)):
        assert "own.py: metric near: higher_is_better = False: study 'own" in sweeper(*command).err
    load(())
    assert "overall = sst" in sweeper("report", "own", "--format", "markdown").out
