"""Formats, encodings and packed files: the same rows, or an error that says what the file is."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from model.data import datafile
from model.data.files import file_table
from model.data.table import DataTable
from model.errors import DataError
from model.sources import FilesSource

TEXT = "sentence\tlabel\ncafé – ÿ\t1\n"
LATIN = "sentence\tlabel\ncafé ÿ\t1\n"
ROWS = [("café – ÿ", "1")]

Opened = Callable[..., DataTable]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_table(name: str, content: bytes, **source: Any) -> DataTable:
        (tmp_path / name).write_bytes(content)
        return file_table(FilesSource(train=name, dev=name, **source), "train", tmp_path)

    return open_table


def rows_of(table: DataTable) -> list[tuple[object, ...]]:
    chunks = table.chunks(["sentence", "label"])
    return [row for chunk in chunks for row in zip(*chunk.columns, strict=True)]


def zipped(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


def as_zst(text: bytes) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    packed: bytes = pyarrow.compress(text, "zstd", asbytes=True)
    return packed


def as_parquet(**columns: list[Any]) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), file, row_group_size=2)
    return file.getvalue()


@pytest.mark.parametrize("name", ["t.tsv.gz", "t.tsv"])
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, as_zst, lambda text: zipped(t=text.decode())])
def test_a_packed_file_is_known_by_its_first_bytes(
    opened: Opened, name: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(TEXT.encode())
    table = opened(name, packed)
    assert rows_of(table) == ROWS
    assert table.sha256 == sha256(packed).hexdigest()


def test_a_zip_of_several_files_is_refused_but_not_for_what_macos_adds(opened: Opened) -> None:
    extra = {"folder/": "", "folder/t.tsv": TEXT, ".DS_Store": "x", "__MACOSX/folder/._t.tsv": "x"}
    assert rows_of(opened("t.zip", zipped(**extra))) == ROWS
    with pytest.raises(DataError, match=r"is a zip of 2 files \('a.tsv', 'b.tsv'\); unpack the one"):
        opened("t.zip", zipped(**{"a.tsv": TEXT, "b.tsv": TEXT}))


def test_a_file_packed_otherwise_says_how(opened: Opened) -> None:
    with pytest.raises(DataError, match="is packed by bzip2: pack it as gz"):
        opened("x.tsv.bz2", bz2.compress(TEXT.encode()))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, as_zst, lambda text: zipped(t=text.decode())])
def test_a_packed_file_that_is_cut_is_damaged(opened: Opened, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DataError, match=r"file .*t\.tsv\.gz cannot be unpacked: "):
        rows_of(opened("t.tsv.gz", pack(os.urandom(5000).hex().encode())[:-40]))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_each_encoding_gives_the_same_text(opened: Opened, codec: Any) -> None:
    table = opened("t.tsv", LATIN.encode(codec), encoding=codec.removesuffix("-sig"))
    assert (table.names, rows_of(table)) == (("sentence", "label"), [("café ÿ", "1")])


@pytest.mark.parametrize(
    ("content", "encoding", "problem"),
    [
        (LATIN.encode("latin-1"), "utf-8", r"line 2: byte 18 \(0xe9\) is not UTF-8; .*encoding: latin-1"),
        (TEXT.encode("utf-16"), "utf-8", "is UTF-16; set encoding: utf-16"),
        (TEXT.encode("utf-16-be"), "utf-8", "is UTF-16; set encoding: utf-16"),
        (TEXT.encode(), "utf-16", "is not UTF-16"),
        (codecs.BOM_UTF16_LE + b"a\0b", "utf-16", r"line 1: byte 4 \(0x62\) is not UTF-16"),
        (TEXT.encode() + "café".encode()[:-1], "utf-8", r"line 3: byte 33 \(0xc3\) is not UTF-8"),
        (
            LATIN.encode("latin-1") + b"x\0\t1\n",
            "latin-1",
            "line 3: NUL byte at 25; the file is damaged or no text",
        ),
    ],
)
def test_another_encoding_is_named_with_the_place(
    opened: Opened, content: bytes, encoding: Any, problem: str
) -> None:
    with pytest.raises(DataError, match=problem):
        rows_of(opened("t.tsv", content, encoding=encoding))


def test_json_lines_are_read_by_their_keys(opened: Opened) -> None:
    lines = ['{"label": 1, "sentence": "a\\tb"}', "", '{"sentence": null, "more": []}']
    table = opened("t.jsonl", "\n".join(lines).encode())
    assert table.names == ("label", "sentence", "more")
    assert rows_of(table) == [("a\tb", 1), (None, None)]
    assert [chunk.places for chunk in table.chunks([1])] == [[1, 3]]
    assert rows_of(opened("t.txt", lines[0].encode())) == [("a\tb", 1)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"sentence": "a", "label": 1, "label": 2}', "line 1 is not JSON: key 'label' is there twice"),
        ('{"sentence": "a"}\n{"sentence"', "line 2 is not JSON: .*each line must be one object"),
        ('[{"sentence": "a"}]', "line 1 begins a JSON list: write one object a line"),
        ('[\n {"sentence": "a"}\n]', "line 1 begins a JSON list: write one object a line"),
        ('{"sentence": "\\ud83d"}', "line 1 holds half of a surrogate pair"),
        ("", "t.jsonl has no rows"),
    ],
)
def test_what_is_no_json_line_is_named(opened: Opened, content: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        rows_of(opened("t.jsonl", content.encode()))


def test_a_workbook_is_to_be_saved_as_csv(opened: Opened) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("[Content_Types].xml", "<a/>")
        book.writestr("xl/workbook.xml", "<a/>")
    with pytest.raises(DataError, match=r"t\.xlsx is an Excel file: save it as CSV"):
        opened("t.xlsx", content.getvalue())


@pytest.mark.parametrize("name", ["t.parquet", "t.tsv"])
def test_parquet_is_known_by_its_first_bytes(opened: Opened, name: str) -> None:
    content = as_parquet(label=[0, 1, None], other=[1, 2, 3], sentence=["a", "b", "c"])
    table = opened(name, content)
    assert table.names == ("label", "other", "sentence")
    assert rows_of(table) == [("a", 0), ("b", 1), ("c", None)]
    assert [list(chunk.places) for chunk in table.chunks([3, 3, 1])] == [[1, 2, 3]]
    assert table.sha256 == sha256(content).hexdigest()


def test_a_damaged_parquet_file_is_named(opened: Opened) -> None:
    with pytest.raises(DataError, match=r"t\.parquet is not read as Parquet: "):
        opened("t.parquet", as_parquet(sentence=["a"], label=[1])[:100])


def test_what_means_nothing_for_a_format_is_refused(opened: Opened) -> None:
    with pytest.raises(
        DataError, match=r"t\.jsonl is jsonl; leave out delimiter and skip, for tsv and csv only"
    ):
        opened("t.jsonl", json.dumps({"a": 1}).encode(), delimiter=",", skip=1)


@pytest.mark.parametrize("name", ["t.parquet", "t.tsv"])
def test_without_pyarrow_the_error_names_the_extra(
    opened: Opened, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = as_zst(TEXT.encode()) if name == "t.tsv" else as_parquet(sentence=["a"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        DataError, match=r"needs the package `pyarrow`; pip install 'sentence-sweeper\[parquet\]'"
    ):
        rows_of(opened(name, content))


def test_a_file_that_changes_while_it_is_read_is_an_error(opened: Opened, tmp_path: Path) -> None:
    table = opened("t.tsv", TEXT.encode())
    (tmp_path / "t.tsv").write_text(TEXT * 2)
    with pytest.raises(DataError, match="changed while it was read; run the command again"):
        rows_of(table)


def test_single_precision_is_read_as_it_is_written(opened: Opened) -> None:
    """As wide numbers, .7 and -.1 would be other ones than a workload's."""
    pyarrow = pytest.importorskip("pyarrow")
    for kind in (pyarrow.float32(), pyarrow.float16(), pyarrow.float64()):
        scores = pyarrow.array([0.7, -0.1, None, 2.5], type=pyarrow.float64()).cast(kind)
        content = as_parquet(sentence=["a", "b", "c", "d"], label=scores)
        assert [label for _, label in rows_of(opened("x.parquet", content))] == [0.7, -0.1, None, 2.5]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_needs_no_mark(opened: Opened, codec: str) -> None:
    assert rows_of(opened("x.tsv", TEXT.encode(codec), encoding="utf-16")) == ROWS


def test_utf_8_is_not_taken_for_latin_1(opened: Opened) -> None:
    with pytest.raises(DataError, match=r"is UTF-8; leave encoding out .* with --name NAME"):
        rows_of(opened("x.tsv", TEXT.encode(), encoding="latin-1"))
    assert rows_of(opened("x.tsv", LATIN.encode("latin-1"), encoding="latin-1")) == [("café ÿ", "1")]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_nor_where_its_first_sign_beyond_ascii_comes_late(opened: Opened, encoding: Any) -> None:
    text = "sentence\tlabel\n" + "plain\t1\n" * 10_000 + "café ÿ\t1\n"
    with mock.patch.object(datafile, "BLOCK", 5000):
        with pytest.raises(DataError, match="is UTF-8; leave encoding out"):
            rows_of(opened("x.tsv", text.encode(), encoding=encoding))
        assert rows_of(opened("x.tsv", text.encode(encoding), encoding=encoding))[-1] == ("café ÿ", "1")
        # One sign of Latin-1 says what it is, whatever comes later.
        late = "é\t1\n".encode("latin-1") + text.encode()
        assert rows_of(opened("x.tsv", b"sentence\tlabel\n" + late, encoding="latin-1"))


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_utf_32_is_named(opened: Opened, codec: str, encoding: Any) -> None:
    with pytest.raises(DataError, match="is UTF-32, which is not read here; save it as UTF-8"):
        rows_of(opened("x.tsv", TEXT.encode(codec), encoding=encoding))


def test_windows_1252_is_an_encoding_of_its_own(opened: Opened) -> None:
    text = "sentence\tlabel\n\u201ccaf\u00e9\u201d \u2013 \u20ac\t1\n"
    assert rows_of(opened("x.tsv", text.encode("cp1252"), encoding="cp1252")) == [
        ("\u201ccaf\u00e9\u201d \u2013 \u20ac", "1")
    ]
    with pytest.raises(DataError, match="is UTF-8; leave encoding out"):
        rows_of(opened("x.tsv", text.encode(), encoding="cp1252"))
    with pytest.raises(DataError, match=r"line 2: byte 15 \(0x93\) is not UTF-8; .* cp1252 \(Windows\) or "):
        rows_of(opened("x.tsv", text.encode("cp1252")))
    with pytest.raises(DataError, match=r"line 3: byte 28 \(0x81\) is not CP1252"):
        rows_of(opened("x.tsv", text.encode("cp1252") + b"\x81\t1\n", encoding="cp1252"))


def test_lines_may_end_in_two_carriage_returns(opened: Opened) -> None:
    table = opened("x.tsv", TEXT.replace("\n", "\r\r\n").encode())
    assert table.names == ("sentence", "label")
