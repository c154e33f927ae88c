"""Whatever becomes of the standard streams, a command goes on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.store.database import Database
from tests.sweeper_tests.typed import ROOT, STUDY, process, write

SAYS = """
import os, sys, typer
from rich.console import Console
from sweeper.cli.streams import unfailing
with unfailing():
    typer.echo("✓ 0–4 † ± \\udc80 é")
    Console().print("—", "naïve")
    typer.echo("…", err=True)
"""


@pytest.mark.parametrize(
    ("encoding", "out", "err"),
    [
        ("utf-8", "✓ 0–4 † ± ? é\n— naïve\n", "…\n"),
        ("ascii", "? 0-4 + +- ? ?\n- na?ve\n", "...\n"),
        ("latin-1", "? 0-4 + ± ? é\n- naïve\n", "...\n"),
        ("cp1252", "? 0–4 † ± ? é\n— naïve\n", "…\n"),
    ],
)
def test_what_an_encoding_lacks_is_replaced(encoding: str, out: str, err: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAYS],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, out.encode(encoding), err.encode(encoding))


def closed(descriptor: int) -> Callable[[], None]:
    return lambda: os.close(descriptor)


def without_reader() -> None:
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.close(reader)


def full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


@pytest.mark.parametrize(
    ("stream", "code", "error"),
    [
        (closed(1), 0, ""),
        (closed(2), 0, ""),
        (without_reader, 0, ""),
        (full, 2, "Error: standard output cannot be written: No space left on device\n"),
    ],
)
def test_a_stream_that_takes_nothing(folder: Path, stream: Callable[[], None], code: int, error: str) -> None:
    said = process("list", user=stream)
    assert (said.code, said.err) == (code, error)


def test_what_was_asked_of_a_study_called_run_is_lost_like_any_other(folder: Path) -> None:
    with Database(f"sqlite:///{folder}/.sweeper/studies.db") as database:
        study = {"name": "run", "arms": {"all": {}}}
        database.create("run@demo", study, {"name": "demo"}, digest="d", version="1", wanted=1)
    assert process("status", "run", user=full).code == 2


def test_a_sweep_outlives_its_listener(folder: Path) -> None:
    write(folder / "studies/mine.yaml", STUDY.replace("Plain", "'✓ – плаин'"))
    driver = subprocess.Popen(
        [sys.executable, "-m", "sweeper", "run", "--study", "mine", "--trials", "3"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert driver.stdout is not None
    assert driver.stderr is not None
    while "trial 0 starts: ? - ?????" not in driver.stdout.readline():
        assert driver.poll() is None
    driver.stdout.close()
    assert (driver.stderr.read(), driver.wait(120)) == ("", 0)
    driver.stderr.close()
    with Database(f"sqlite:///{folder}/.sweeper/studies.db", must_exist=True) as database:
        assert [row.state for row in database.study("mine@small").trials.rows()] == ["complete"] * 3


def test_who_watches_for_nobody_ends(folder: Path) -> None:
    with Database(f"sqlite:///{folder}/.sweeper/studies.db") as database:
        study = {"name": "s", "arms": {"all": {}}}
        database.create("s@demo", study, {"name": "demo"}, digest="d", version="1", wanted=1)
    said = process("status", "--watch", user=without_reader)
    assert (said.code, said.err) == (0, "")
