"""Whether each value of a file is of the kind that its field takes, before anything is made of it."""

import re
from collections.abc import Callable
from functools import lru_cache
from types import NoneType
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from model.config import TrainConfig
from model.registry import OneOf

from ..errors import InputError
from .constraint import Bound
from .problem import NUMBER, SWITCH, TEXT, WHOLE, FieldError, FieldPath, as_yaml, field_name
from .settings import declared, field_at, field_path, members
from .space import WORKLOAD, FloatRange, IntRange
from .yamlfile import WORDS, YamlFile

_KINDS: dict[type, str] = {int: WHOLE, float: NUMBER, bool: SWITCH, str: TEXT, NoneType: "null"}
"""The kinds of a single value, in words."""

_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")

_NUMBER = re.compile(r"(?P<sign>[-+]?)0*(?P<digits>[0-9]+(?P<real>\.[0-9]*)?(?P<power>[eE][-+]?[0-9]+)?)\Z")

_STORED = 2**63
"""Whole numbers below are those that a database keeps."""

_LARGEST = 10**15
"""Whole numbers up to here are exact as floats, and short enough for a message."""


def of_their_kinds(file: YamlFile, model: type[BaseModel], say: Callable[[str], object]) -> dict[str, Any]:
    """The content of a study or workload file, in which every single value is of its field's kind.

    Nothing is converted but the words that YAML 1.1 took for true and false (yes, no, on, off), for a
    switch. What belongs to no field is left for the model to refuse. Records in a database do not come
    here: they were read laxly when their study began, and mean what they meant.

    Args:
        file: The file.
        model: What it is to become.
        say: Is told, in a line, of each such word.

    Raises:
        InputError: If a value is of another kind.
    """

    def read(value: Any, path: FieldPath) -> Any:
        # Of a list, all values are of one kind.
        field = _declared(model, tuple(0 if isinstance(part, int) else part for part in path))
        condition = "when" in path[-3:]
        if condition and Bound.parse(value) is not None:
            return value
        several = condition and isinstance(value, list)
        if isinstance(value, dict | list) and (several or not (field and _types(field) <= _KINDS.keys())):
            if isinstance(value, list):
                return [read(below, (*path, position)) for position, below in enumerate(value)]
            return {key: read(below, (*path, key)) for key, below in value.items()}
        if field is None:
            return value
        written = file.scalars.get(path, "")
        if problem := _too_large(field, value) or _problem(field, value, written, isinstance(path[-1], int)):
            raise InputError(file.explain(FieldError(path, problem, value)))
        if written in WORDS and bool in _types(field):
            truth = as_yaml(WORDS[written])
            say(f"{file.place(path)}: {field_name(path)} = {written} is read as {truth}; write {truth}")
            return WORDS[written]
        return value

    return {key: read(value, (key,)) for key, value in file.data.items()}


@lru_cache(maxsize=1024)
def _declared(model: type[BaseModel], path: FieldPath) -> FieldInfo | None:
    """What a value of a study or workload file is declared to be; None where no field is."""
    match path:
        case ("arms", _, "space", *inside):
            return _declared(model, ("space", *inside))
        case ("space", _, "when", key, *position):
            return _setting([key]) if len(position) < 2 else None
        case ("space", key, "values", int()):
            return _setting([key])
        case ("base" | "train", *keys) | ("arms" | "enqueue", _, *keys):
            return _setting(keys) if keys else None
        case ("space" | "ranges", key, *inside):
            return _setting([key]) if len(inside) == 1 and isinstance(inside[0], int) else _end(key, inside)
    return field_at(model, path)


def _setting(keys: list[str | int]) -> FieldInfo | None:
    first, *below = keys
    if not below:
        return declared(str(first))
    parts = [part for key in below for part in (key.split(".") if isinstance(key, str) else [key])]
    return field_at(TrainConfig, (*field_path(str(first)), *parts))


def _end(key: str | int, inside: list[str | int]) -> FieldInfo | None:
    """A part of a range (`low`, `high`, `log`, `step`), which is of the kind of the setting that varies."""
    field = _setting([key])
    kinds = _types(field) if field else set()
    if not inside or not kinds & {int, float}:
        return None
    return field_at(FloatRange if float in kinds else IntRange, tuple(inside))


def _types(field: FieldInfo) -> set[Any]:
    """The types that a field allows; those of a name in a list of names are that list's affair."""
    if any(isinstance(mark, OneOf) for mark in field.metadata):
        return {OneOf}
    return set(members(field.annotation))


def _problem(field: FieldInfo, value: Any, written: str, item: bool) -> str | None:
    """What is wrong with the kind of a value, and what to write instead; None where nothing is.

    Args:
        field: What it is for.
        value: The value.
        written: As it is written.
        item: Whether it stands in a list.
    """
    types = _types(field)
    if isinstance(value, dict | list):
        return f"must be {_expected(types)}, not a {'list' if isinstance(value, list) else 'mapping'}"
    if item:  # a list within the list, or one value: this is one
        single = {kind for kind in types if get_origin(kind) is not tuple}
        types = single if single - {NoneType} else types
    kind, word = type(value), written in WORDS
    if kind is int and types & {int, float} and _LEADING_ZERO.match(written):
        return f"readers of YAML disagree on a leading zero: write {_instead(types, value, written)}"
    if word and str in types:
        return f"must be {TEXT}: write '{written}'"
    fits = kind in types or (kind is int and float in types) or (word and bool in types)
    # What may be a list or one of some names is refused by the model, which knows them.
    if fits or not types <= _KINDS.keys():
        return None
    if instead := _instead(types, value, written):
        return f"must be {_expected(types)}: write {instead}"
    hint = f", such as {as_yaml(field.default)}" if type(field.default) in types & {int, float} else ""
    if value == WORKLOAD:
        hint = f"; the word {WORKLOAD} stands for a whole entry of `space` alone"
    return f"must be {_expected(types)}{hint}"


def _too_large(field: FieldInfo, value: Any) -> str | None:
    whole = type(value) is int and int in _types(field)
    return None if not whole or -_STORED <= value < _STORED else f"must be from -{_STORED} to {_STORED - 1}"


def _expected(types: set[Any]) -> str:
    return " or ".join(_KINDS[kind] for kind in _KINDS if kind in types)


def _instead(types: set[Any], value: Any, written: str) -> str | None:
    """The value that was probably meant, as it should be written."""
    text = value if isinstance(value, str) else written
    if str in types:
        meant = value is not None or bool in types  # a label may be called null
        return f"'{written}'" if written and meant and not isinstance(value, str) else None
    if bool in types:
        truth = WORDS.get(text, {"true": True, "false": False, "1": True, "0": False}.get(text.lower()))
        return None if truth is None else as_yaml(truth)
    found = _NUMBER.match(text.strip().replace("_", ""))
    if not found:
        return None
    number = found["sign"] + found["digits"]
    if float in types or not (found["real"] or found["power"]):
        return number.removeprefix("+")
    whole = float(number)
    return str(int(whole)) if abs(whole) < _LARGEST and whole.is_integer() else None
