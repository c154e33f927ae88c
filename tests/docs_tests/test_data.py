"""The public sets of the page on data: what stands there reads files of their form."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from model.data.rows import Rows, read_splits
from model.sources import share_of
from model.tasks import Task
from tests.docs_tests.made_files import Row
from tests.docs_tests.pages import ROOT, blocks
from tests.docs_tests.public_sets import made

TASKS: dict[str, Any] = {
    name: task
    for block in blocks(ROOT / "docs" / "data.md", "yaml")
    for name, task in yaml.safe_load(block)["tasks"].items()
}


def rows_of(rows: Rows) -> list[Row]:
    return list(zip(*rows.texts, rows.labels, strict=True))


@pytest.mark.parametrize("name", TASKS)
def test_a_public_set_is_read_whole_and_as_it_is(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    files, expected = made()[name]
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    task = Task.model_validate(TASKS[name])
    found = {
        split: rows_of(rows) for split, rows in read_splits(name, task, ["train", "dev"], tmp_path).items()
    }
    if share_of(task.source, "dev"):
        assert found["dev"]
        assert sorted([*found["train"], *found["dev"]]) == sorted(expected)
    else:
        assert found["train"] == found["dev"] == expected


def test_there_are_more_than_twenty_and_each_has_its_files() -> None:
    assert TASKS.keys() == made().keys()
    assert len(TASKS) > 25
