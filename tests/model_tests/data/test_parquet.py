"""Columns of a Parquet file: of names with dots, which pyarrow takes for parts of others, and of no text."""

from pathlib import Path
from typing import Any

import pytest

from model.data.files import file_table
from model.errors import DataError
from model.sources import FilesSource

pa = pytest.importorskip("pyarrow")


@pytest.mark.parametrize(
    "columns",
    [
        {"label": [1], "text.parse": ["(a)"], "text": ["a"]},
        {"text": ["a"], "text.parse": ["(a)"], "text.parse.tree": ["((a))"], "label": [1]},
        {"text": ["a"], "label": [1], "label.raw": [9], "other": [{"text": "x", "label": 7}]},
        {"other.text": ["y"], "label": [1], "text": ["a"], "other": [{"text": "x"}]},
        {"other": [{"text": "x"}], "other.text": ["y"], "label": [1], "text": ["a"]},
    ],
)
def test_a_column_is_read_by_its_whole_name(columns: dict[str, list[Any]], tmp_path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    table = file_table(FilesSource(train="rows.parquet", dev="rows.parquet"), "train", tmp_path)
    others = [name for name in columns if "." in name]
    for wanted in (["text", "label"], ["label", "text", "label"], [*others, "label"], [*columns]):
        (chunk,) = table.chunks(wanted)
        assert list(chunk.columns) == [columns[name] for name in wanted]


def test_a_text_that_is_not_utf_8_is_told_by_row_and_column(tmp_path: Path) -> None:
    from pyarrow import parquet

    texts = [b"a"] * 5000 + [None, b"caf\xe9", b"\xff"]
    columns = {"y": pa.array(["x"] * 5003), "text": pa.array(texts, pa.binary()).view(pa.string())}
    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    table = file_table(FilesSource(train="rows.parquet", dev="rows.parquet"), "train", tmp_path)
    with pytest.raises(DataError, match=r"rows.parquet, row 5002, column 'text': a text is not UTF-8"):
        list(table.chunks(["y", "text", "y"]))
    assert sum(len(chunk.places) for chunk in table.chunks(["y"])) == 5003
