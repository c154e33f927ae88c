"""`sweeper new`: what it may be called."""

import shlex
from pathlib import Path

import pytest

from tests.sweeper_tests.typed import Command, refused, write


def test_what_comes_with_sweeper_is_not_hidden(sweeper: Command) -> None:
    write(Path("data/demo.tsv"), "text\tlabel\n" + "".join(f"some words {i}\t{i % 2}\n" for i in range(40)))
    for name, what, file in (
        ("demo", "workload", "studies/workloads/demo.yaml"),
        ("ablation", "study", "studies/ablation.yaml"),
    ):
        said = refused(sweeper, "new", "workload", "data/demo.tsv", "--name", name)
        assert said == (
            f"Error: a {what} {name!r} comes with sweeper, and {file} would hide it: give another --name\n"
        )
        assert not Path(file).exists()
    assert "comes with sweeper" in refused(sweeper, "new", "workload", "data/demo.tsv")
    write(Path("studies/ablation.yaml"), "name: ablation\n")  # the user's own hides it already
    assert sweeper("new", "workload", "data/demo.tsv", "--name", "ablation").code == 0


def test_the_commands_that_it_prints_can_be_typed(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWEEPER_DATA")
    file = Path("my data; $HOME's", "few.tsv")
    write(file, "text\tlabel\n" + "".join(f"some words {i}\t{i % 2}\n" for i in range(40)))
    said = sweeper("new", "workload", str(file)).out.splitlines()
    assert [shlex.split(line) for line in said[-3:]] == [
        [f"SWEEPER_DATA={file.parent.resolve()}", "sweeper", "validate", "few", "--show", "3"],
        [f"SWEEPER_DATA={file.parent.resolve()}", "sweeper", "run", "few", "--trials", "4"],
        ["sweeper", "report", "few"],
    ]
