"""The README's tree names every module, and nothing that is not there."""

import json
import re
from pathlib import Path

from benchmarks import summary
from sweeper.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = next(block for block in README.split("```") if "sweeper/                " in block)


def test_the_tree_names_every_module() -> None:
    named = set(re.findall(r"[\w.]+\.(?:py|yaml|j2)", TREE))
    modules = [path for folder in ("sweeper", "model") for path in (ROOT / folder).rglob("*.py")]
    for path in modules:
        if "migrations" not in path.parts and path.name not in ("__init__.py", "__main__.py"):
            assert path.name in named, path
    there = {path.name for folder in ("sweeper", "model", "studies") for path in (ROOT / folder).rglob("*")}
    assert {name for name in named if not name.startswith("*")} <= there


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
