"""Removal of training rows that stand in dev, and what a trial's data is identified by."""

from pathlib import Path

import pytest

from model.data.corpus import load_corpus, without_dev_rows
from model.data.rows import Rows
from model.errors import DataError
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
        return load_corpus(config(**settings), None, tmp_path).fingerprint

    assert fingerprint() == fingerprint()
    assert len({fingerprint(), fingerprint(dropout=0.2), fingerprint(remove_dev_rows=True)}) == 3


def test_the_data_has_a_fingerprint_of_its_own(tmp_path: Path) -> None:
    def fingerprint(**settings: object) -> str:
        return load_corpus(config(**settings), None, tmp_path).data_fingerprint

    fewer = {**DEMO, "sts": DEMO["sts"].model_copy(update={"train_rows": 49})}
    assert fingerprint() == fingerprint(dropout=0.2)
    assert fingerprint() != fingerprint(tasks=fewer)


def test_the_scored_training_rows_do_not_depend_on_the_seed(tmp_path: Path) -> None:
    one, other = (load_corpus(config(seed=seed), None, tmp_path) for seed in (1, 2))
    assert {name: split.ids for name, split in one.sample.items()} == {
        name: split.ids for name, split in other.sample.items()
    }
    assert all(len(split) == 40 for split in one.sample.values())
