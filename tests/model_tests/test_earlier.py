"""Records of earlier versions are read as what they meant."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from model.config import TrainConfig
from model.earlier import precision_of, renamed
from tests.model_tests.made import DEMO

WORDS = [
    *(True, False, 1, 0, 1.0, 0.0, "1", "0", "on", "off", "t", "f"),
    *("true", "false", "y", "n", "yes", "no", "YES"),
]


@pytest.mark.parametrize("word", WORDS)
def test_words_are_read_as_pydantic_read_them(word: Any) -> None:
    assert precision_of(word) == ("bf16" if TypeAdapter(bool).validate_python(word) else "fp32")


@pytest.mark.parametrize("value", ["", "maybe", 2, None, 0.5, ("x",), {"a": 1}])
def test_what_was_no_switch_stays(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(bool).validate_python(value)
    assert precision_of(value) == value


def test_a_setting_keeps_its_place() -> None:
    given = {"a": 1, "bf16": True, "b": 2}
    assert list(renamed(given).items()) == [("a", 1), ("precision", "bf16"), ("b", 2)]
    assert renamed({"precision": "auto"}) == {"precision": "auto"}
    assert renamed({"precision": "fp32", "bf16": False}) == {"precision": "fp32"}


@pytest.mark.parametrize(("old", "new"), [(True, "fp32"), (False, "bf16"), (True, "auto")])
def test_two_that_contradict_are_refused_in_a_line(old: bool, new: str) -> None:
    said = f"bf16 {str(old).lower()}, the old name of precision .*, contradicts precision {new}: leave it out"
    with pytest.raises(ValidationError, match=said):
        TrainConfig.model_validate({"tasks": DEMO, "bf16": old, "precision": new})


def test_a_switch_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="precision"):
        TrainConfig.model_validate({"tasks": DEMO, "bf16": "maybe"})
