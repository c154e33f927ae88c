"""`sweeper delete`: asks, and is done by the same command if it is killed, by the system too."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.store.database import Database
from tests.sweeper_tests.typed import ROOT, Command, contents, refused

RUN = ("run", "mine", "--executor", "inline", "--trials", "2")
KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))
def struck(event, given):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(struck)
from sweeper.cli import main
main(sys.argv[1:])
"""
"""Types a command in a process that the system kills before so many changes of the disk."""


def test_it_asks_and_an_answer_that_is_no_yes_leaves_all(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweeper(*RUN).code == 0
    before = contents(folder / ".sweeper/runs")
    for answer in ("n\n", "\n", "no\n", "delete\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        said = sweeper("delete", "mine")
        assert said.code == 0
        assert said.out.startswith("This deletes mine@small: 2 trials, and ")
        assert said.out.endswith("Nothing was deleted.\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    said = sweeper("delete", "mine")
    assert (said.code, said.err) == (
        2,
        "Error: nobody answered, and nothing was deleted: answer y, or give --yes\n",
    )
    assert contents(folder / ".sweeper/runs") == before
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    said = sweeper("delete", "mine@small")
    assert said.code == 0
    assert "\nDelete it? [y/N] Deleted mine@small: 2 trials" in f"\n{said.out}".replace(
        "\nDelete", "\nDelete"
    )
    assert list((folder / ".sweeper/runs").iterdir()) == []
    assert refused(sweeper, "delete", "mine", "--yes").startswith("Error: there is no study yet")


def test_only_what_was_named_goes(sweeper: Command, folder: Path) -> None:
    assert sweeper(*RUN).code == 0
    assert sweeper(*RUN, "--name", "other").code == 0
    assert sweeper("report", "other").code == 0
    runs = folder / ".sweeper/runs"
    before = contents(runs / "other@small"), contents(folder / "reports")
    assert sweeper("delete", "mine", "--yes").out.startswith("Deleted mine@small: 2 trials, and ")
    assert (contents(runs / "other@small"), contents(folder / "reports")) == before
    assert [path.name for path in runs.iterdir()] == ["other@small"]
    assert sweeper("report", "other").code == 0
    assert sweeper("resume", "other").code == 0


def test_files_that_stay_are_not_told_as_deleted(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a copied home, whose mark names the database that it was copied from."""
    assert sweeper(*RUN).code == 0
    shutil.copytree(folder / ".sweeper", folder / "copy")
    monkeypatch.setenv("SWEEPER_HOME", str(folder / "copy"))
    said = sweeper("delete", "mine", "--yes")
    assert said.out == "Deleted mine@small: 2 trials\n"
    assert " stay: " in said.err
    assert (folder / "copy/runs/mine@small/0").is_dir()


def test_one_that_is_killed_is_done_by_the_same_command(sweeper: Command, folder: Path) -> None:
    """With SIGKILL, which leaves a temporary folder that `sweeper clean` removes."""
    home, kills = folder / ".sweeper", 0
    for left, called in ((0, "studies/mine.yaml"), (1, "mine"), (4, "mine")):
        assert sweeper(*RUN).code == 0
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(left), "delete", called, "--yes"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
        )
        kills += killed.returncode == -9
        again = sweeper("delete", called, "--yes")
        assert again.out == "Deleted the files of mine@small, which was deleted before\n", again
        assert sweeper("clean", "--yes").code == 0
        assert list((home / "runs").iterdir()) == []
        assert [path for path in home.iterdir() if path.name.startswith(".")] == []
        with Database(f"sqlite:///{home}/studies.db") as database:
            assert database.studies() == []
            assert not database.deletions.unfinished("mine")
    assert kills == 3
