from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ValidationError

from model.registry import OneOf, Registry

LETTERS = Registry("letter", {"a": 1, "b": 2})


class Written(BaseModel):
    letter: Annotated[str, OneOf(LETTERS)] = "a"


class Closed(BaseModel):
    letter: Literal["a", "b"] = "a"


@pytest.mark.parametrize("value", ["c", "", 3, None, True, ["a"]])
def test_a_wrong_name_is_refused_in_the_words_of_a_literal(value: object) -> None:
    with pytest.raises(ValidationError) as ours:
        Written.model_validate({"letter": value})
    with pytest.raises(ValidationError) as theirs:
        Closed.model_validate({"letter": value})
    assert ours.value.errors(include_url=False) == theirs.value.errors(include_url=False)


def test_the_schema_and_the_dump_are_those_of_a_literal() -> None:
    ours, theirs = Written.model_json_schema(), Closed.model_json_schema()
    assert ours["properties"] == theirs["properties"]
    assert Written(letter="b").model_dump(mode="json") == {"letter": "b"}


def test_what_was_added_counts_from_then_on_and_only_once() -> None:
    letters = Registry("letter", {"a": 1})

    class Open(BaseModel):
        letter: Annotated[str, OneOf(letters)]

    with pytest.raises(ValidationError):
        Open(letter="b")
    letters.add("b", 2)
    assert Open(letter="b").letter == "b"
    assert dict(letters) == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match="there is a letter 'b' already"):
        letters.add("b", 3)
