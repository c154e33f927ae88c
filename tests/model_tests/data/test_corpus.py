"""Removal of training rows that stand in dev, and what a trial's data is identified by."""

import hashlib
import random
from pathlib import Path

import pytest

from model.data import corpus
from model.data.corpus import load_corpus, run_fingerprint, sorted_hashes, without_dev_rows
from model.data.hashes import count_common
from model.data.rows import Rows
from model.errors import DataError
from model.inputs import SplitRows
from model.result import Split
from model.sources import FilesSource
from tests.model_tests.made import DEMO, config


def rows(*pairs: tuple[str, str]) -> Rows:
    first, second = zip(*pairs, strict=True)
    return Rows(texts=(first, second), labels=tuple(range(len(pairs))), ids=first, dropped=0)


def test_rows_of_dev_leave_train_in_either_order_and_case() -> None:
    train = rows(("a", "b"), ("B", "A"), ("a", "c"), ("b", "b"))
    kept = without_dev_rows("sts", train, rows(("A", "b"), ("x", "y")))
    assert kept.texts == (("a", "b"), ("c", "b"))
    assert kept.labels == (2, 3)


def test_a_task_that_loses_every_row_is_an_error() -> None:
    with pytest.raises(DataError, match=r"sts: remove_dev_rows leaves no training row"):
        without_dev_rows("sts", rows(("a", "b")), rows(("b", "a")))


def test_the_fingerprint_follows_configuration_and_data(tmp_path: Path) -> None:
    def fingerprint(**settings: object) -> str:
        given = config(**settings)
        return run_fingerprint(given, load_corpus(given, None, tmp_path))

    assert fingerprint() == fingerprint()
    assert len({fingerprint(), fingerprint(dropout=0.2), fingerprint(remove_dev_rows=True)}) == 3


def test_the_data_has_a_fingerprint_of_its_own(tmp_path: Path) -> None:
    def fingerprints(**settings: object) -> tuple[str, str]:
        found = load_corpus(config(**settings), None, tmp_path)
        return found.data_fingerprint, found.rows_fingerprint

    fewer = {**DEMO, "sts": DEMO["sts"].model_copy(update={"train_rows": 49})}
    data, rows = fingerprints()
    assert rows == data
    assert fingerprints(dropout=0.2) == (data, rows)
    assert {data, rows}.isdisjoint(fingerprints(tasks=fewer))
    # A confirmation reads test rows too: its train and dev are those of the search.
    tested = fingerprints(score_test=True)
    assert tested[0] != data
    assert tested[1] == rows


def test_the_scored_training_rows_do_not_depend_on_the_seed(tmp_path: Path) -> None:
    one, other = (load_corpus(config(seed=seed), None, tmp_path) for seed in (1, 2))
    assert {name: split.ids for name, split in one.sample.items()} == {
        name: split.ids for name, split in other.sample.items()
    }
    assert all(len(split) == 40 for split in one.sample.values())


def test_dev_rows_in_train_are_counted_in_either_order_and_case() -> None:
    train = rows(("a", "b"), ("B", "A"), ("a", "c"), ("d", "e"))
    dev = rows(("A", "b"), ("b", "a"), ("C", "A"), ("a", "a"), ("d", "x"))
    # The first two are one pair, the third is a training row turned round.
    found = sorted_hashes({"train": train, "dev": dev})
    assert count_common(found["dev"], found["train"]) == 3


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_dev_rows_in_train_are_as_many_as_sets_of_texts_have(columns: int, seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311
    words = ["a", "A", "b", "B", "a b", "a  b", "A b", "ab", "stra\u00dfe", "STRASSE", "\u00e9", "e\u0301"]
    found: dict[Split, Rows] = {}
    sizes: dict[Split, int] = {"train": 40, "dev": 60}
    for split, size in sizes.items():
        texts = tuple(tuple(chosen.choices(words, k=size)) for _ in range(columns))
        found[split] = Rows(texts, (0.0,) * size, ("",) * size, 0)
    sets = {
        split: [frozenset(map(str.casefold, row)) for row in zip(*part.texts, strict=True)]
        for split, part in found.items()
    }
    expected = sum(one in {*sets["train"]} for one in sets["dev"])
    assert expected > 0
    hashes = sorted_hashes(found)
    assert count_common(hashes["dev"], hashes["train"]) == expected


def test_rows_files_and_labels_are_told(tmp_path: Path) -> None:
    content = {
        "train.csv": "id\tsentence\tsentiment\n1\tA film\t4\n2\tNo label\t\n3\tA plot\t0\n4\tA turn\t4\n",
        "dev.csv": "id\tsentence\tsentiment\n1\ta FILM\t3\n2\tAn end\t0\n",
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    source = FilesSource(train="train.csv", dev="dev.csv", drop_incomplete=True)
    sst = DEMO["sst"].model_copy(update={"source": source})
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in content.items()}
    for remove, labels, both in ((False, {"0": 1, "4": 2}, 1), (True, {"0": 1, "4": 1}, 0)):
        found = load_corpus(config(tasks={"sst": sst}, remove_dev_rows=remove), tmp_path, tmp_path / "cache")
        used = sum(labels.values())
        assert found.rows["sst"] == {
            "train": SplitRows(4, 1, used, "train.csv", digests["train.csv"], labels, {"empty label": 1}),
            "dev": SplitRows(2, 0, 2, "dev.csv", digests["dev.csv"], {"0": 1, "3": 1}),
        }
        assert found.dev_in_train == {"sst": both}


def test_the_span_of_similarities_is_told_and_none_of_classes(tmp_path: Path) -> None:
    found = load_corpus(config(), None, tmp_path)
    for name, splits in found.rows.items():
        assert {part.span is None for part in splits.values()} == {name != "sts"}
    dev = found.rows["sts"]["dev"].span
    assert dev == (min(found.dev["sts"].labels), max(found.dev["sts"].labels))


def test_doubles_shared_rows_and_the_share_that_is_cut_are_told(tmp_path: Path) -> None:
    long = " ".join(["word"] * 30)
    content = {
        "train.csv": ["A film\t4", "a FILM\t4", "A plot\t0", f"{long}\t1"],
        "dev.csv": ["A plot\t0", "An end\t1"],
        "test.csv": ["a film\t4", "an END\t1", "A start\t0", f"{long} more\t2"],
    }
    for name, lines in content.items():
        (tmp_path / name).write_text("\n".join(["sentence\tsentiment", *lines]) + "\n")
    source = FilesSource(train="train.csv", dev="dev.csv", test="test.csv")
    sst = DEMO["sst"].model_copy(update={"source": source})
    encoder = {"max_length": 16}
    found = load_corpus(
        config(tasks={"sst": sst}, encoder=encoder, score_test=True), tmp_path, tmp_path / "cache"
    )
    rows = found.rows["sst"]
    assert [part.doubles for part in rows.values()] == [1, 0, 0]
    assert [part.also_in for part in rows.values()] == [{}, {}, {"train": 1, "dev": 1}]
    assert [part.cut for part in rows.values()] == [0.25, 0.0, 0.25]


@pytest.mark.parametrize("piece", [1, 2, 3, 10_000])
@pytest.mark.parametrize(
    "values",
    [
        ((), ()),
        ((("it's",),), (1.0,)),
        ((("a", 'b"\n'), ("c", "é\U0001f600")), (1.0, 2.5)),
        ((("x",) * 7, ("y",) * 7), (0.0,) * 7),
    ],
)
def test_a_fingerprint_is_that_of_the_whole_text(
    values: tuple[object, ...], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is written in pieces: `repr`, as records of earlier versions have it."""
    monkeypatch.setattr(corpus, "PIECE", piece)
    assert "".join(corpus._written(values)) == repr(values)
