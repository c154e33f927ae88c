"""What the pages show is true: commands parse, studies load, links lead somewhere, extras exist."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from benchmarks import summary
from sweeper.cli import app
from sweeper.study.load import load_study
from tests.docs_tests.pages import PAGES, ROOT, blocks, commands, text_of

NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
COMMANDS: Any = typer.main.get_command(app)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
UNKNOWN = typer.TyperException


def parse(words: list[str]) -> None:
    """Reads a command as the program would; runs nothing.

    Raises:
        TyperException: If there is no such command, option or value, or one is missing.
    """
    command, path = COMMANDS, ["sweeper"]
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
        path.append(name)
    command.make_context(" ".join(path), words)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_of_a_block_parses(page: Path) -> None:
    for words in commands(page):
        parse(words)


def test_a_wrong_command_would_be_found() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 30
    for wrong in ("run --study x --trails 4", "report --format word", "best a b", "export x --trials"):
        with pytest.raises(UNKNOWN):
            parse(wrong.split())
    with pytest.raises(KeyError):
        parse(["rum"])


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_in_a_sentence_has_its_options(page: Path) -> None:
    groups = [one for one in COMMANDS.commands.values() if hasattr(one, "commands")]
    every = (
        COMMANDS,
        *COMMANDS.commands.values(),
        *(one for group in groups for one in group.commands.values()),
    )
    known = {name for command in every for name in options(command)}
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    for span in re.findall(r"`([^`]+)`", prose):
        if found := re.search(r"\bsweeper (\w+)(?: (\w+))?(?=\s|$)(.*)", span):
            command = COMMANDS.commands[found[1]]
            command = getattr(command, "commands", {}).get(found[2], command)
            assert set(re.findall(r"--[a-z][a-z-]+", found[3])) <= {*options(command), "--help"}, span
        elif span.startswith("--"):
            assert re.match(r"--[a-z-]+", span)[0] in {*known, "--help"}, span  # type: ignore[index]


def options(command: Any) -> list[str]:
    return [name for option in command.params for name in option.opts]


def test_every_study_and_workload_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studies/workloads").mkdir(parents=True)
    found = [
        block for page in PAGES for block in blocks(page, "yaml") if re.search("^name:", block, re.MULTILINE)
    ]
    assert len(found) == 6
    for block in found:
        content = yaml.safe_load(block)
        if "train" in content:
            (tmp_path / "studies/workloads" / f"{content['name']}.yaml").write_text(block, encoding="utf-8")
            load_study("quickstart", content["name"])
        else:
            (tmp_path / "studies" / f"{content['name']}.yaml").write_text(block, encoding="utf-8")
            assert load_study(content["name"]).spec.name == content["name"]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith("https://"):
            continue
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        # An sdist has no reports.
        if (ROOT / "reports") in file.resolve().parents and not (ROOT / "reports").exists():
            continue
        assert file.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", text_of(file), re.MULTILINE)
            anchors = [re.sub(r"[^\w\- ]", "", one).lower().replace(" ", "-") for one in headings]
            assert heading in anchors, target


def test_every_table_of_things_to_add_stands_where_the_page_says() -> None:
    section = text_of(ROOT / "docs/architecture.md").partition("## How to add")[2]
    rows = [re.findall(r"`([^`]+)`", row) for row in re.findall(r"^\| an? .*$", section, re.MULTILINE)]
    assert len(rows) == 14
    for names in rows:
        paths = [ROOT / name for name in names if "/" in name]
        assert all(path.exists() for path in paths), names
        tables = [name for name in names if name.isupper()]
        assert all(re.search(rf"^{name}\b", text_of(paths[1]), re.MULTILINE) for name in tables), names


def test_every_hint_to_install_names_an_extra_of_this_distribution() -> None:
    files = [file for room in ("sweeper", "model", "tests") for file in (ROOT / room).rglob("*.py")]
    hints = [
        (place, hint)
        for place in [*files, *PAGES, ROOT / "Makefile"]
        for hint in re.findall(r"pip\s+install[^`\n]*?'([\w.-]*\\?\[.*?\])'", text_of(place))
    ]
    assert len(hints) > 20
    for place, hint in hints:
        name, _, extras = hint.replace("\\", "").rstrip("]").partition("[")
        assert name in (".", PROJECT["name"]) or "psycopg" in name, (place, hint)
        # `lists` is the extra of a log tool that a test adds.
        known = {*PROJECT["optional-dependencies"], "{tool.extra}", "binary", "lists"}
        assert set(extras.split(",")) <= known, (place, hint)


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = text_of(ROOT / "README.md")
    assert len(readme.splitlines()) <= 150
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in readme


def test_the_table_of_the_benchmarks_is_that_of_their_results() -> None:
    results = json.loads(summary.README.with_name("results.json").read_text(encoding="utf-8"))
    assert summary.table(results) in text_of(summary.README)
