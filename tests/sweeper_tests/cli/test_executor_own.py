"""Executors and logs that are own code of a study: named on the command line, known once it is loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.plugins.load import load
from sweeper.observers.tools import TOOLS
from sweeper.sweep.runners import EXECUTORS
from tests.sweeper_tests.typed import Command, refused, write

OWN = """
from functools import partial
from sweeper.executors.inline import InlineExecutor
from sweeper.observers.log import Log
from sweeper.observers.tools import TOOLS, Tool
from sweeper.sweep.runners import EXECUTORS, ExecutorKind
from sweeper.sweep.sweep import run

class Lines(Log):
    def __init__(self, home, study):
        self.file = (home.root / f"{study}.txt").open("w", encoding="utf-8")

    def ended(self, number, outcome, message):
        self.file.write(f"{number} {outcome.state}\\n")

    def close(self):
        self.file.close()

def one_by_one(study, workers):
    return partial(run, executor=InlineExecutor(1))

TOOLS.add("lines", Tool("json", "none", Lines))
EXECUTORS.add("one-by-one", ExecutorKind("in this process.", one_by_one))
"""
STUDY = """
name: own
plugins: [own.py]
workload: small
space: {learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}}
"""


@pytest.fixture(autouse=True)
def _own(folder: Path) -> Iterator[None]:
    write(folder / "studies/own.py", OWN)
    write(folder / "studies/own.yaml", STUDY)
    yield
    load(())


def test_they_run_and_hear_trials(sweeper: Command) -> None:
    said = sweeper("run", "own", "--trials", "2", "--executor", "one-by-one", "--log", "lines")
    assert said.code == 0, said.err
    assert Path(".sweeper/own@small.txt").read_text(encoding="utf-8") == "0 complete\n1 complete\n"


def test_other_studies_know_none_of_them(sweeper: Command) -> None:
    for option, known in (("--executor", EXECUTORS), ("--log", TOOLS)):
        names = ", ".join(map(repr, known))
        said = refused(sweeper, "run", "mine", option, "lines")
        assert f"'{option}': 'lines' is not one of {names}" in said
