"""The pages that a reader sees, and what stands in their code blocks."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)


def lines(page: Path) -> Iterator[str]:
    """Every line of its shell blocks; one that goes on after a backslash is one."""
    for block in blocks(page, "sh"):
        yield from filter(None, block.replace("\\\n", " ").splitlines())


def commands(page: Path) -> Iterator[list[str]]:
    """The words after ``sweeper`` of each command in its shell blocks."""
    for line in lines(page):
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words and words[0].endswith("sweeper"):
            yield words[1 : words.index(">") if ">" in words else None]
