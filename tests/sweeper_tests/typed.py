"""Commands as a user types them, and a working folder for them."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sweeper.cli import main

STUDY = """
name: mine
workload: small
arms: {Plain: {}, "[red]Loud[/red]": {dropout: 0.5}}
space: {learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}}
"""
TASK = """kind: single, classes: 5, text: [sentence], label: sentiment, metric: accuracy"""
SMALL = f"""
name: small
notice: Scores of a test say nothing.
train:
  tasks: {{sst: {{{TASK}, source: {{kind: demo, task: sst}}, train_rows: 30, dev_rows: 20}}}}
  encoder: {{hidden_size: 8, attention_heads: 1, layers: 1, vocabulary: 200}}
  epochs: 2
  steps_per_epoch: 1
  train_sample: 10
  threads: 1
"""
FILES = f"""
name: files
train:
  tasks: {{sst: {{{TASK}, source: {{kind: files, train: train.csv, dev: dev.csv}}}}}}
"""
ROWS = b"id\tsentence\tsentiment\na\tA fine film\t4\nb\tA poor film\t0\n"


class Said(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Said]


def exit_code(*arguments: str) -> int:
    """Types a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, str]:
    """Everything below a folder: folders by name, files with a hash of their bytes."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


def refused(sweeper: Command, *arguments: str) -> str:
    """The one line that a command says before it ends with exit code 2, having written nothing."""
    before = contents(Path.cwd())
    said = sweeper(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1
    assert contents(Path.cwd()) == before
    return said.err


ROOT = Path(__file__).parents[2]


def process(
    *arguments: str, path: str = str(ROOT), user: Callable[[], None] | None = None, **variables: str
) -> Said:
    """A command in a process of its own, in the working folder.

    Args:
        arguments: Of the command.
        path: PYTHONPATH.
        user: What takes rights from the process before it begins.
        variables: Of its environment.
    """
    done = subprocess.run(
        [sys.executable, "-m", "sweeper", *arguments],
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **variables},
        preexec_fn=user,
        capture_output=True,
        check=False,
    )
    encoding = variables.get("PYTHONIOENCODING", "utf-8")
    return Said(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))
