"""An entry of a study's search space that varies only where other settings have certain values."""

from typing import Any, Literal

from pydantic import SerializationInfo, model_serializer

from model.frozen import Frozen

from ..text import setting
from .constraint import Bound
from .space import Choice, FloatRange, IntRange, Space, Value

When = dict[str, tuple[Value, ...] | str]
"""What must hold, all of it: by setting its values, one of them, or a comparison such as ``> 3``."""

VALUES = "values"
"""The key under which choices, or the word for a workload's range, stand beside a `when`."""


class Conditional(Frozen):
    """An entry with its condition."""

    entry: Choice | FloatRange | IntRange | Literal["workload"]
    when: When

    @model_serializer
    def _as_written(self, info: SerializationInfo) -> dict[str, Any]:
        """As a study file has it, which is what is read again."""
        when = {key: need if isinstance(need, str) else list(need) for key, need in self.when.items()}
        if isinstance(self.entry, FloatRange | IntRange):
            entry = self.entry.model_dump(mode="json", exclude_defaults=bool(info.exclude_defaults))
            return {**entry, "when": when}
        values = self.entry if isinstance(self.entry, str) else list(self.entry.values)
        return {VALUES: values, "when": when}


Entry = Space | Conditional | Literal["workload"]
"""What stands for one key of `space`."""


def plain(entry: Entry) -> Space | Literal["workload"]:
    """An entry without its condition."""
    return entry.entry if isinstance(entry, Conditional) else entry


def condition_of(entry: Entry) -> When:
    """The condition of an entry; nothing where it has none."""
    return entry.when if isinstance(entry, Conditional) else {}


def holds(need: tuple[Value, ...] | str, value: Value) -> bool:
    """Whether a value is what a condition asks for."""
    if isinstance(need, str):
        bound = Bound.parse(need)
        return bound is not None and bound.holds(value)
    # For Python, 1 and True are one value.
    return any(one == value and isinstance(one, bool) is isinstance(value, bool) for one in need)


def when_words(when: When) -> str:
    """A condition in words: ``when optimizer = adamw and layers > 2``; nothing where there is none."""
    said = (
        f"{key} {need}" if isinstance(need, str) else f"{key} = {' or '.join(map(setting, need))}"
        for key, need in when.items()
    )
    return f"when {' and '.join(said)}" if when else ""
