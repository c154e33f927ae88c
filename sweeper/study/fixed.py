"""What is set of an arm, or left to the trainer's default, where it does not vary."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from model.config import TrainConfig

from .settings import field_at, field_path, nested
from .space import Value


def set_paths(settings: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The fields that settings set, by their paths."""
    return _below(nested(settings), ())


def value_of(settings: Mapping[str, Any], name: str) -> Value:
    """The value that a setting has in an arm in which it does not vary; None where it has none.

    Args:
        settings: What is set, in nested mappings.
        name: The setting.
    """
    path = field_path(name)
    found: Any = settings
    for part in path:
        if not isinstance(found, Mapping) or part not in found:
            return _default(path)
        found = found[part]
    return found if isinstance(found, Value) else None


def reached(found: Any, path: Iterable[str]) -> Any:
    """What lies at a path of nested mappings; None where it leads nowhere."""
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _default(path: tuple[str, ...]) -> Value:
    """The trainer's default of a setting: that of its group, where the whole of it has one."""
    top = field_at(TrainConfig, path[:1])
    found: Any = top.get_default(call_default_factory=True) if top is not None else None
    if isinstance(found, BaseModel):
        for part in path[1:]:
            found = getattr(found, part, None)
    else:
        field = field_at(TrainConfig, path)
        found = None if field is None or field.is_required() else field.get_default(call_default_factory=True)
    return found if isinstance(found, Value) else None


def _below(settings: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _below(value, (*above, key))
        else:
            yield (*above, key)
