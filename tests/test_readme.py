"""The README names every command, and the benchmarks' page shows their results."""

import json
from pathlib import Path

from benchmarks import summary
from sweeper.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_stands_in_the_readme() -> None:
    names = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    assert len(names) == 14
    for group in app.registered_groups:
        assert group.typer_instance is not None
        names += [f"{group.name} {command.name}" for command in group.typer_instance.registered_commands]
    assert len(names) == 15
    for name in names:
        assert f"`{name}" in README or f"sweeper {name}" in README, name


def test_the_table_of_the_benchmarks_is_that_of_their_results() -> None:
    results = json.loads(summary.README.with_name("results.json").read_text(encoding="utf-8"))
    assert summary.table(results) in summary.README.read_text(encoding="utf-8")
