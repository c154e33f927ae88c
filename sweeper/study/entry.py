"""An entry of a study's search space as it is written, and what is made of it."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from model.config.trainers import settings_in_force

from ..text import nearest
from .problem import FieldError, first_problem
from .settings import declared, field_path, members, names_at, setting_names
from .space import WORKLOAD, Choice, FloatRange, IntRange, Space, Value


def parse_entry(key: str, written: Any) -> Space | Literal["workload"]:
    """Reads one entry of `space`.

    Args:
        key: The field that it varies, as written.
        written: A list of values, a mapping with `low`, `high`, `log`, `step`, or `WORKLOAD`.

    Returns:
        A Choice with its values in the field's own type, the range that fits this type, or `WORKLOAD`.

    Raises:
        FieldError: If the key names no single field or the entry does not fit it. Paths begin below `key`.
    """
    if isinstance(written, Choice | FloatRange | IntRange):
        return written
    path = field_path(key)
    field = declared(key)
    if field is None:
        known = setting_names(path[:-1]) or setting_names(())
        raise FieldError((), f"unknown key{nearest(key if len(path) == 1 else path[-1], known)}")
    if (below := names_at(settings_in_force(), path)) and len(members(field.annotation)) == 1:
        raise FieldError((), f"is a group; name one of its fields, for example {key}.{below[0]}")
    field_type: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    schema = field_type.json_schema()
    options = schema.get("anyOf", [schema])
    if {"object" if "$ref" in one else one.get("type") for one in options} <= {"array", "object", "null"}:
        several = "a group" if below else "a list"
        raise FieldError(
            (), f"takes {several}, and cannot vary within an arm: set it in `arms` or `base`", written
        )
    if isinstance(written, list | tuple):
        return _choice(field_type, written)
    if isinstance(written, Mapping):
        return _range(field.annotation, written)
    if written == WORKLOAD:
        return WORKLOAD
    reason = f"must be a list of choices, a mapping with low and high, or the word {WORKLOAD}"
    raise FieldError((), reason, written)


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
