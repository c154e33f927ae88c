"""The rooms: docs/architecture.md shows every module in its own, and each contract over them can break."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE = next(block for block in PAGE.split("```") if block.lstrip().startswith("sweeper/"))


def named() -> Iterator[str]:
    """Paths that the tree names: a folder stands before what is indented under it."""
    folders: list[str] = []
    for line in TREE.strip("\n").splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if folder := re.match(r"\s*([a-z_]+/)", line):
            folders = [*folders[:depth], folder[1]]
        for name in re.findall(r"(?<!\S)[a-z0-9_]+\.py(?!\S)", line):
            yield "".join(folders[:depth]) + name


def test_the_tree_names_every_module_once() -> None:
    modules = [
        str(path.relative_to(ROOT))
        for folder in ("sweeper", "model")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and not path.name.startswith("__")
    ]
    assert sorted(named()) == sorted(modules)


CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
PLANTS = {
    "The rooms of the orchestrator stand above each other, all of them": ("sweeper.text", "sweeper.trial"),
    "Inside the report": ("sweeper.report.statistics.budget", "sweeper.report.summary"),
    "What draws, prints and computes never opens the database": (
        "sweeper.report.tables.arms",
        "sweeper.store.database",
    ),
    "Inside the store": ("sweeper.store.engine", "sweeper.store.database"),
    "The trainer knows nothing of sweeps": ("model.losses", "sweeper.text"),
    "The trainer's rooms": ("model.network.encoder", "model.evaluation"),
    "Only the trial's process and the exporter reach the network": ("sweeper.export.card", "model.outputs"),
    "SQLAlchemy stays in the store": ("sweeper.text", "sqlalchemy"),
    "Optuna stays in the search, beside the store, and in two corners": ("sweeper.study.pareto", "optuna"),
    "The orchestrator asks torch in three places, and settings never": ("model.config.train", "torch"),
    "Typer stays in the command line": ("sweeper.errors", "typer"),
    "No import leads back to where it came from": ("sweeper.study.space", "sweeper.study.spec"),
    "The trial's process alone imports the trainer": ("sweeper.export.trials", "model.trainer"),
}
"""For each contract an import that it forbids: the module that imports, and what."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("sweeper", "model"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    """Exit code and words of import-linter on a copy of the tree."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_every_contract_breaks_at_an_import_that_it_forbids(copy: Path) -> None:
    assert sorted(PLANTS) == sorted(CONTRACTS)
    for module, imported in PLANTS.values():
        path = copy / (module.replace(".", "/") + ".py")
        path.write_text(path.read_text(encoding="utf-8") + f"\nimport {imported}\n", encoding="utf-8")
    code, said = lint(copy)
    assert code == 1
    assert f"Contracts: 0 kept, {len(CONTRACTS)} broken." in said
    headings = "|".join(map(re.escape, CONTRACTS))
    _, *parts = re.split(rf"\n({headings})\n-+\n", said)
    broken = dict(zip(parts[::2], parts[1::2], strict=True))
    for name, (module, imported) in PLANTS.items():
        assert module.rpartition(".")[2] in broken[name], name
        assert imported.rpartition(".")[2] in broken[name], name


@pytest.mark.parametrize("place", ["sweeper", "sweeper/report", "sweeper/store", "model"])
def test_a_module_that_no_contract_names_breaks_one(copy: Path, place: str) -> None:
    (copy / place / "unnamed.py").write_text("", encoding="utf-8")
    code, said = lint(copy)
    assert code == 1
    assert "unnamed" in said


def test_the_tree_as_it_is_keeps_every_contract(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


def test_few_modules_stand_at_the_top_of_the_house() -> None:
    top = list((ROOT / "sweeper").iterdir())
    assert len([path for path in top if path.suffix == ".py"]) <= 13
    assert len([path for path in top if (path / "__init__.py").exists()]) <= 13


def test_no_file_is_long_no_function_without_a_reason_and_no_class_name_stands_twice() -> None:
    classes: dict[str, Path] = {}
    for path in (path for folder in ("sweeper", "model") for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                assert node.name not in classes, (path, classes[node.name])
                classes[node.name] = path
            if isinstance(node, ast.FunctionDef) and node.name != "train":  # the loop, written out
                assert (node.end_lineno or 0) - node.lineno < 60, (path, node.name)


ACROSS = {"test_golden.py", "test_old_homes.py", "test_statements.py"}
"""Tests of what no module does alone."""


def test_every_test_stands_in_its_module_s_room_and_begins_with_its_name() -> None:
    for package in ("sweeper", "model"):
        folder = ROOT / "tests" / f"{package}_tests"
        for path in folder.rglob("test_*.py"):
            room = ROOT / package / path.parent.relative_to(folder)
            modules = [module.stem for module in room.iterdir() if not module.name.startswith("_")]
            name = path.stem.removeprefix("test_")
            named = any(name == module or name.startswith(f"{module}_") for module in modules)
            assert named or path.name in ACROSS, path
