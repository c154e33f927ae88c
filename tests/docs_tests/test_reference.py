"""The tables of keys and options are those of the program as it is."""

import re
from pathlib import Path

import pytest

from docs.reference import filled
from sweeper.cli.app import GROUPS
from sweeper.study.settings import setting_names
from sweeper.study.spec import StudySpec
from sweeper.study.workload import WorkloadFile
from tests.docs_tests.pages import ROOT, text_of

PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path) -> None:
    assert filled(text_of(page)) == text_of(page), "out of date: python -m docs"


def test_no_key_is_missing() -> None:
    keys = set(re.findall(r"^\| `([\w.]+)` \|", text_of(ROOT / "docs/study-file.md"), re.MULTILINE))
    short = {"sst_head", "paraphrase_head", "sts_head", "sts_loss"}
    wanted = {*setting_names(()), *StudySpec.model_fields, *WorkloadFile.model_fields} - short
    groups = {key for key in wanted if any(other.startswith(f"{key}.") for other in keys)}
    assert groups == {
        *("average", "distillation", "encoder", "encoder.lora", "overall", "smart"),
        *("sampler", "pruner", "resources"),
    }
    assert wanted - groups <= keys


def test_no_command_is_missing() -> None:
    page = text_of(ROOT / "docs/commands.md")
    for name in (*(name for group in GROUPS.values() for name in group), "db copy"):
        assert f"### `sweeper {name}`\n" in page
