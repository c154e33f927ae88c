"""Entries with a `when`: how they are written, stored and said."""

from typing import Any

import pytest

from sweeper.study.conditional import Conditional, condition_of, holds, plain, when_words
from sweeper.study.entry import parse_entry
from sweeper.study.problem import FieldError
from sweeper.study.space import Choice, FloatRange, IntRange

WRITTEN: list[tuple[str, dict[str, Any], Any]] = [
    (
        "dropout",
        {"low": 0.1, "high": 0.3, "when": {"optimizer": "adamw"}},
        Conditional(entry=FloatRange(low=0.1, high=0.3), when={"optimizer": ("adamw",)}),
    ),
    (
        "epochs",
        {"low": 1, "high": 9, "step": 2, "when": {"optimizer": ["adamw", "sgd"], "batch_size": "> 8"}},
        Conditional(
            entry=IntRange(low=1, high=9, step=2), when={"optimizer": ("adamw", "sgd"), "batch_size": "> 8"}
        ),
    ),
    (
        "max_grad_norm",
        {"values": [None, 1], "when": {"smart.enabled": True}},
        Conditional(entry=Choice((None, 1.0)), when={"smart.enabled": (True,)}),
    ),
    (
        "learning_rate",
        {"values": "workload", "when": {"max_grad_norm": None}},
        Conditional(entry="workload", when={"max_grad_norm": (None,)}),
    ),
]


@pytest.mark.parametrize(("key", "written", "read"), WRITTEN, ids=lambda one: str(one)[:20])
def test_what_is_written_is_read_and_stored_as_it_is_written(
    key: str, written: Any, read: Conditional
) -> None:
    found = parse_entry(key, written)
    assert found == read
    stored = read.model_dump(mode="json")
    assert parse_entry(key, stored) == read
    assert parse_entry(key, read.model_dump()) == read
    short = read.model_dump(mode="json", exclude_defaults=True)
    assert parse_entry(key, short) == read
    assert set(short) <= set(written) | {"values"}
    assert plain(read) == read.entry
    assert condition_of(read) == read.when
    assert condition_of(Choice((1,))) == {}


@pytest.mark.parametrize(
    ("written", "path", "reason"),
    [
        ({"low": 0.1, "high": 0.3, "when": {}}, ("when",), "must be a mapping of settings"),
        ({"low": 0.1, "high": 0.3, "when": "adamw"}, ("when",), "must be a mapping of settings"),
        (
            {"low": 0.1, "high": 0.3, "when": {"optimiser": 1}},
            ("when", "optimiser"),
            "did you mean 'optimizer'",
        ),
        ({"low": 0.1, "high": 0.3, "when": {"optimizer": "adma"}}, ("when", "optimizer"), "must be 'adamw'"),
        ({"low": 0.1, "high": 0.3, "when": {"optimizer": []}}, ("when", "optimizer"), "at least one"),
        (
            {"low": 0.1, "high": 0.3, "when": {"epochs": [1, 1]}},
            ("when", "epochs", 1),
            "stands in the list twice",
        ),
        ({"low": 0.1, "high": 0.3, "when": {"optimizer": "> 3"}}, ("when", "optimizer"), "must be 'adamw'"),
        ({"low": 0.1, "high": 0.3, "when": {"encoder": 1}}, ("when", "encoder"), "is a group"),
        ({"low": 0.1, "high": 0.3, "when": {"bf16": True}}, ("when", "bf16"), "is called precision now"),
        ({"low": 0.1, "high": 0.3, "when": {"dropout": 0.1}}, ("when", "dropout"), "is the setting itself"),
        ({"values": [0.1]}, ("values",), "stands beside a `when`"),
        ({"values": [0.1], "low": 1, "when": {"epochs": 1}}, ("low",), "does not go with values"),
        ({"values": {"low": 1}, "when": {"epochs": 1}}, ("values",), "low and high stand beside `when`"),
        ({"values": [2.0], "when": {"epochs": 1}}, ("values", 0), "less than 1"),
        ({"low": 0.1, "when": {"epochs": 1}}, ("high",), "is missing"),
    ],
)
def test_what_is_no_condition_is_one_error(written: Any, path: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(FieldError, match=reason) as caught:
        parse_entry("dropout", written)
    assert caught.value.path == path


def test_one_is_not_true() -> None:
    assert holds((1, 2), 1)
    assert not holds((1, 2), True)
    assert not holds((True,), 1)
    assert holds((None,), None)
    assert holds("> 0.1", 0.2)
    assert not holds("> 0.1", 0.1)


def test_a_condition_in_words() -> None:
    when = {"optimizer": ("adamw", "sgd"), "epochs": "> 3", "max_grad_norm": (None,)}
    assert when_words(when) == "when optimizer = adamw or sgd and epochs > 3 and max_grad_norm = null"
    assert when_words({}) == ""
