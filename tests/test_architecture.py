"""The tree in docs/architecture.md names every module in its room, and nothing that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

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
        for name in re.findall(r"(?<!\S)[a-z_]+\.py(?!\S)", line):
            yield "".join(folders[:depth]) + name


def test_the_tree_names_every_module_once() -> None:
    modules = [
        str(path.relative_to(ROOT))
        for folder in ("sweeper", "model")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and not path.name.startswith("__")
    ]
    assert sorted(named()) == sorted(modules)
