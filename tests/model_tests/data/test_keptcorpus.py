"""The corpus in the cache: what it holds, when the files are read again, and what is not believed."""

import errno
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.config import EncoderConfig
from model.data import keptcorpus
from model.data.corpus import Corpus, load_corpus
from model.data.datafile import DataFile
from model.data.keptcorpus import kept_corpus
from model.data.tokenizer import SentenceTokenizer, wordpiece
from model.data.tokens import TaskData
from model.encoders import ENCODERS, Encoder
from model.errors import DataError
from model.registry import adding
from model.sources import FilesSource
from tests.model_tests.made import DEMO, TINY, config

ROWS = "".join(
    f"{i}\tfilm number {i % 7} was {word}\t{i % 5}\t{'ab'[i % 2]}\n"
    for i, word in enumerate("abcdefghij" * 3)
)
HEADER = "id\tsentence\tsentiment\tlong\n"


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptcorpus, "SETTLED_SECONDS", -1.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in {"train.tsv": ROWS, "dev.tsv": ROWS[:400], "test.tsv": ROWS[200:500]}.items():
        whole = rows[rows.index("\n") + 1 : rows.rindex("\n") + 1]
        (folder / name).write_text(HEADER + whole)
    return folder


def settings(**given: Any) -> Any:
    task = {
        "train_rows": 20,
        "groups": ("long",),
        "source": FilesSource(train="train.tsv", dev="dev.tsv", test="test.tsv"),
    }
    sst = DEMO["sst"].model_copy(update=task | given.pop("sst", {}))
    return config(
        tasks={"sst": sst}, encoder=TINY | given.pop("encoder", {}), train_sample=7, score_test=True, **given
    )


def is_read(monkeypatch: pytest.MonkeyPatch, given: Any, data: Path, cache: Path) -> bool:
    """Whether a file is opened to make this corpus."""
    opened = []
    found = DataFile.found

    def counted(path: Path) -> DataFile:
        opened.append(path)
        return found(path)

    with monkeypatch.context() as patched:
        patched.setattr(DataFile, "found", counted)
        kept_corpus(given, data, cache)
    return bool(opened)


def assert_equal(one: Corpus, other: Corpus) -> None:
    for field in fields(Corpus):
        mine, yours = getattr(one, field.name), getattr(other, field.name)
        match field.name:
            case "tokenizer":
                assert mine.fingerprint() == yours.fingerprint()
            case "train" | "dev" | "test" | "sample":
                assert mine.keys() == yours.keys()
                for name in mine:
                    assert_equal_rows(mine[name], yours[name])
            case _:
                assert mine == yours, field.name


def assert_equal_rows(one: TaskData, other: TaskData) -> None:
    assert (one.task, one.ids, one.groups, one.kept) == (other.task, other.ids, other.groups, other.kept)
    for mine, yours in (
        (one.labels, other.labels),
        (one.words, other.words),
        (one.sentences.ids, other.sentences.ids),
        (one.sentences.offsets, other.sentences.offsets),
    ):
        assert mine.dtype == yours.dtype
        np.testing.assert_array_equal(mine, yours)


def test_pairs_in_one_sequence_are_what_reading_gives(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FilesSource(train="train.tsv", dev="dev.tsv", test="test.tsv")
    para = {"text": ("sentence", "id"), "label": "long", "labels": ("a", "b"), "train_rows": 20}
    joint = DEMO["para"].model_copy(update=para | {"source": source, "head": "mlp", "pair_encoding": "joint"})
    given = config(tasks={"para": joint}, encoder=TINY | {"max_length": 8}, train_sample=7)
    kept_corpus(given, data, tmp_path / "cache")
    assert not is_read(monkeypatch, given, data, tmp_path / "cache")
    expected = load_corpus(given, data, tmp_path / "other").train["para"]
    found = kept_corpus(given, data, tmp_path / "cache").train["para"]
    assert_equal_rows(found, expected)
    assert found.pairs is not None
    assert expected.pairs is not None
    assert found.pairs.form == expected.pairs.form
    assert np.array_equal(found.pairs.longer, expected.pairs.longer)
    apart = config(tasks={"para": joint.model_copy(update={"pair_encoding": "apart"})}, encoder=given.encoder)
    assert kept_corpus(apart, data, tmp_path / "cache").train["para"].pairs is None


@pytest.mark.parametrize("remove", [False, True])
def test_it_is_what_reading_gives(
    remove: bool, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(remove_dev_rows=remove)
    expected = load_corpus(given, data, tmp_path / "other")
    assert expected.dev["sst"].groups["long"]
    assert expected.sample["sst"].ids
    assert_equal(kept_corpus(given, data, tmp_path / "cache"), expected)
    assert not is_read(monkeypatch, given, data, tmp_path / "cache")
    assert_equal(kept_corpus(given, data, tmp_path / "cache"), expected)


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ({"seed": 5}, False),
        ({"learning_rate": 0.5, "sst": {"weight": 3.0, "head": "linear"}}, False),
        ({"encoder": {"layers": 1}}, False),
        ({"encoder": {"max_length": 5}}, True),
        ({"encoder": {"vocabulary": 101}}, True),
        ({"remove_dev_rows": True}, True),
        ({"sst": {"train_rows": 19}}, True),
        ({"sst": {"missing": ("4",)}}, True),
        ({"sst": {"groups": ()}}, True),
        ({"sst": {"source": FilesSource(train="dev.tsv", dev="dev.tsv", test="test.tsv")}}, True),
    ],
)
def test_it_belongs_to_the_settings_that_decide_the_rows(
    changed: dict[str, Any], again: bool, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_corpus(settings(), data, tmp_path / "cache")
    assert is_read(monkeypatch, settings(**changed), data, tmp_path / "cache") == again


def test_a_changed_file_is_read_again(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the same size to which somebody gave back its time."""
    before = kept_corpus(settings(), data, tmp_path / "cache")
    file = data / "dev.tsv"
    state = file.stat()
    file.write_text(file.read_text().replace("film number 3", "tale number 3"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file.stat().st_size == state.st_size
    after = kept_corpus(settings(), data, tmp_path / "cache")
    assert after.data_fingerprint != before.data_fingerprint
    assert_equal(after, load_corpus(settings(), data, tmp_path / "other"))
    file.unlink()
    with pytest.raises(DataError, match=r"dev\.tsv is missing"):
        kept_corpus(settings(), data, tmp_path / "cache")


def test_a_file_that_may_still_be_written_is_not_believed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writings within a tick of the clock have one time."""
    monkeypatch.setattr(keptcorpus, "SETTLED_SECONDS", 2.0)
    kept_corpus(settings(), data, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("corpora/*"))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 5)
    kept_corpus(settings(), data, tmp_path / "cache")
    assert not is_read(monkeypatch, settings(), data, tmp_path / "cache")


@pytest.mark.parametrize(
    "name", ["corpora/*/corpus.json", "corpora/*/arrays.npz", "corpora/*/sha256.json", "tokens/*/ids.npy"]
)
@pytest.mark.parametrize("damage", ["truncated", "flipped", "removed"])
def test_what_is_damaged_is_made_again(
    name: str, damage: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_corpus(settings(), data, tmp_path / "cache")
    expected = load_corpus(settings(), data, tmp_path / "other")
    for file in (tmp_path / "cache").glob(name):
        content = file.read_bytes()
        if damage == "removed":
            file.unlink()
        elif damage == "truncated":
            file.write_bytes(content[: len(content) // 2])
        else:
            file.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    assert_equal(kept_corpus(settings(), data, tmp_path / "cache"), expected)
    assert not is_read(monkeypatch, settings(), data, tmp_path / "cache")


def test_that_of_other_files_is_not_believed(data: Path, tmp_path: Path) -> None:
    """Whatever its checksums say, which are right."""
    expected = kept_corpus(settings(), data, tmp_path / "cache")
    other = settings(sst={"train_rows": 10})
    kept_corpus(other, data, tmp_path / "other")
    [entry], [foreign] = ([*(tmp_path / at / "corpora").iterdir()] for at in ("cache", "other"))
    for file in foreign.iterdir():
        shutil.copy(file, entry)
    sums = entry / "sha256.json"
    sums.write_text(json.dumps(json.loads(sums.read_text()) | {"content": entry.name}))
    assert_equal(kept_corpus(settings(), data, tmp_path / "cache"), expected)


def test_rows_of_no_file_are_made_anew(tmp_path: Path) -> None:
    kept_corpus(config(), None, tmp_path)
    assert not (tmp_path / "corpora").exists()


def test_what_cannot_be_kept_stops_no_trial(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load_corpus(settings(), data, tmp_path / "other")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/corpora").write_text("in its place")
    assert_equal(kept_corpus(settings(), data, tmp_path / "cache"), expected)


def test_a_cache_that_is_read_only_is_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    kept_corpus(settings(), data, tmp_path / "cache")
    monkeypatch.setattr(os, "utime", refused)
    assert not is_read(monkeypatch, settings(), data, tmp_path / "cache")


def test_rows_of_other_settings_are_not_taken_from_the_cache(data: Path, tmp_path: Path) -> None:
    assert len(kept_corpus(settings(), data, tmp_path).sample["sst"].ids) == 7
    more = settings().model_copy(update={"train_sample": 9})
    assert len(kept_corpus(more, data, tmp_path).sample["sst"].ids) == 9
    # Test rows that are a share of train's file have no file of their own by which to know them.
    source = FilesSource(train="train.tsv", dev="dev.tsv", test={"share": 0.2})
    given = settings(sst={"source": source, "train_rows": None})
    assert kept_corpus(given.model_copy(update={"score_test": False}), data, tmp_path).test == {}
    assert len(kept_corpus(given, data, tmp_path).test["sst"].ids) > 0


def test_a_tokenizer_of_own_code_is_kept_as_it_was_made_from_the_texts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def made(config: EncoderConfig, texts: Sequence[str]) -> SentenceTokenizer:
        seen.append(len(texts))
        return SentenceTokenizer(wordpiece(texts, config.vocabulary + 7), 3, config.max_length)

    with adding("mine.py"):
        ENCODERS.add("mine", Encoder("mine", print, made))
        ENCODERS.add("other", Encoder("other", print, made))
    try:
        mine, other = (settings(encoder={"source": name}) for name in ("mine", "other"))
        first = kept_corpus(mine, data, tmp_path)
        assert not is_read(monkeypatch, mine, data, tmp_path)
        assert_equal(kept_corpus(mine, data, tmp_path), first)
        assert first.tokenizer.pad_id == 3
        assert is_read(monkeypatch, other, data, tmp_path)
        assert seen == [20, 20]
    finally:
        for name in ("mine", "other"):
            ENCODERS.remove(name)
