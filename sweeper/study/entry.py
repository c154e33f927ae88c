"""An entry of a study's search space as it is written, and what is made of it."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from model.config.trainers import settings_in_force

from ..text import nearest
from .conditional import VALUES, Conditional, Entry, When
from .constraint import Bound
from .problem import FieldError, first_problem
from .settings import EARLIER_NAMES, declared, field_path, members, names_at, setting_names
from .space import WORKLOAD, Choice, FloatRange, IntRange, Space, Value


def parse_entry(key: str, written: Any) -> Entry:
    """Reads one entry of `space`.

    Args:
        key: The field that it varies, as written.
        written: A list of values, a mapping with `low`, `high`, `log`, `step`, or `WORKLOAD`. Of what does
            not always apply a mapping with `when`, in which a list and `WORKLOAD` stand under `VALUES`.

    Returns:
        A Choice with its values in the field's own type, the range that fits this type, or `WORKLOAD`; each
        in a Conditional, where it has a `when`.

    Raises:
        FieldError: If the key names no single field or the entry does not fit it. Paths begin below `key`.
    """
    if isinstance(written, Choice | FloatRange | IntRange | Conditional):
        return written
    if not isinstance(written, Mapping) or not {"when", VALUES} & written.keys():
        return _parse_plain(key, written)
    rest = {name: value for name, value in written.items() if name != "when"}
    if "when" not in written:
        raise FieldError((VALUES,), "stands beside a `when`: without one write what follows it alone")
    if VALUES in rest:
        if len(rest) > 1:
            other = next(name for name in rest if name != VALUES)
            raise FieldError((other,), f"does not go with {VALUES}, which is a list or the word {WORKLOAD}")
        if isinstance(rest[VALUES], Mapping):
            reason = "is a list or the word workload; of a range low and high stand beside `when`"
            raise FieldError((VALUES,), reason, rest[VALUES])
        try:
            entry = _parse_plain(key, rest[VALUES])
        except FieldError as problem:
            raise FieldError((VALUES, *problem.path), problem.reason, problem.value) from None
    else:
        entry = _parse_plain(key, rest)
    return Conditional(entry=entry, when=_parse_when(key, written["when"]))


def _parse_when(key: str, written: Any) -> When:
    if not isinstance(written, Mapping) or not written:
        reason = "must be a mapping of settings to the values that they must have"
        raise FieldError(("when",), f"{reason}: write {{optimizer: adamw}}", written)
    when: When = {}
    for name, value in written.items():
        try:
            if name in EARLIER_NAMES:
                raise FieldError((), f"is called {EARLIER_NAMES[name]} now")
            if field_path(name) == field_path(key):
                raise FieldError((), "is the setting itself")
            when[str(name)] = _parse_need(str(name), value)
        except FieldError as problem:
            raise FieldError(("when", str(name), *problem.path), problem.reason, problem.value) from None
    return when


def _parse_need(name: str, written: Any) -> tuple[Value, ...] | str:
    """The values that a condition allows a setting, or the comparison that it must fulfil."""
    field_type = _checked_type(name, written)
    field = declared(name)
    numeric = field is not None and {int, float} & set(members(field.annotation))
    if numeric and Bound.parse(written) is not None:
        return str(written)
    several = isinstance(written, list | tuple)
    try:
        return _choice(field_type, written if several else [written]).values
    except FieldError as problem:
        raise FieldError(problem.path if several else (), problem.reason, problem.value) from None


def _parse_plain(key: str, written: Any) -> Space | Literal["workload"]:
    """An entry without a condition."""
    field_type = _checked_type(key, written)
    if isinstance(written, list | tuple):
        return _choice(field_type, written)
    if isinstance(written, Mapping):
        field = declared(key)
        return _range(field.annotation if field is not None else None, written)
    if written == WORKLOAD:
        return WORKLOAD
    reason = f"must be a list of choices, a mapping with low and high, or the word {WORKLOAD}"
    raise FieldError((), reason, written)


def _checked_type(key: str, written: Any) -> TypeAdapter[Any]:
    """The type of a setting that is one value.

    Raises:
        FieldError: If there is no such setting, or it is a group or a list.
    """
    path = field_path(key)
    field = declared(key)
    if field is None:
        known = setting_names(path[:-1]) or setting_names(())
        raise FieldError((), f"unknown key{nearest(key if len(path) == 1 else path[-1], known)}")
    if (below := names_at(settings_in_force(), path)) and len(members(field.annotation)) == 1:
        raise FieldError((), f"is a group; name one of its fields, for example {key}.{below[0]}")
    field_type: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    schema = field_type.json_schema()
    options = [_named(one, schema) for one in schema.get("anyOf", [schema])]
    if {one.get("type") for one in options} <= {"array", "object", "null"}:
        several = "a group" if below else "a list"
        raise FieldError(
            (), f"takes {several}, and cannot vary within an arm: set it in `arms` or `base`", written
        )
    return field_type


def _named(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a JSON Schema: of one that refers to a definition that, if it is an enumeration."""
    if "$ref" not in part:
        return part
    found: Mapping[str, Any] = schema.get("$defs", {}).get(part["$ref"].rpartition("/")[2], {})
    return found if "enum" in found else {"type": "object"}


def _choice(field_type: TypeAdapter[Any], written: list[Any] | tuple[Any, ...]) -> Choice:
    if not written:
        raise FieldError((), "must hold at least one choice", [])
    values: list[Value] = []
    seen: set[Value] = set()
    for position, value in enumerate(written):
        try:
            choice = field_type.validate_python(value)
        except ValidationError as error:
            problem = first_problem(error, lambda path: ())
            raise FieldError((position,), problem.reason, value) from None
        choice = choice.value if isinstance(choice, Enum) else choice
        if not isinstance(choice, Value) or (isinstance(choice, float) and not math.isfinite(choice)):
            raise FieldError((position,), "a choice is one finite number, text, true, false or null", value)
        if choice in seen:
            raise FieldError((position,), "stands in the list twice", value)
        values.append(choice)
        seen.add(choice)
    return Choice(tuple(values))


def _range(annotation: Any, written: Mapping[str, Any]) -> FloatRange | IntRange:
    schema = TypeAdapter(annotation).json_schema()
    types = {option.get("type") for option in schema.get("anyOf", [schema])}
    if not types & {"number", "integer"}:
        raise FieldError((), "is not a number: give a list of choices")
    model = FloatRange if "number" in types else IntRange
    try:
        return model.model_validate(dict(written))
    except ValidationError as error:
        raise first_problem(error, lambda path: model.model_fields) from None
