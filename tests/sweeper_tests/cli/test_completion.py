"""What a shell offers, asked as bash asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer._completion_classes import BashComplete

from sweeper.cli import app
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import ROOT


def offered(*words: str) -> list[str]:
    """What a shell is offered for the last of the words."""
    completion = BashComplete(typer.main.get_command(app), {}, "sweeper", "_SWEEPER_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


def in_bash(*words: str) -> list[str]:
    """The same, in a process of its own, as bash asks it."""
    asked = subprocess.run(
        [sys.executable, "-c", "from sweeper.cli import main; main()"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "_SWEEPER_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["sweeper", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stderr == ""
    return asked.stdout.split()


@pytest.fixture
def begun(folder: Path) -> Path:
    study = made.study()
    made.store(folder / ".sweeper", study, made.trials(study)[:5]).close()
    return folder


def test_names_of_commands_studies_workloads_and_arms(begun: Path) -> None:
    assert offered("rep") == ["replay", "report"]
    assert in_bash("best", "made", "--arm", "S") == ["S-BERT"]
    assert offered("report", "") == ["made@demo", "made"]
    assert {"mine", "sbert-grid", "made@demo"} <= {*offered("run", "--study", "")}
    assert offered("run", "--study", "sbert-g") == ["sbert-grid"]
    assert offered("run", "--study", "mine", "--workload", "smal") == ["small"]
    assert offered("best", "made", "--arm", "S") == ["S-BERT"]
    assert offered("report", "--arm", "") == ["Baseline", "S-BERT"]
    assert offered("best", "another", "--arm", "") == []
    (begun / ".sweeper/studies.db").rename(begun / "moved.db")
    there = ("--storage", "sqlite:///moved.db")
    assert offered("best", *there, "--study", "made", "--arm", "B") == ["Baseline"]
    assert offered("status", *there, "made@") == ["made@demo"]


def test_what_cannot_be_read_offers_nothing(folder: Path) -> None:
    assert offered("report", "") == []
    (folder / ".sweeper").mkdir()
    (folder / ".sweeper/studies.db").write_text("no database")
    assert offered("report", "") == []
    assert offered("best", "--arm", "") == []
