"""The configurations of a space that has finitely many, counted and numbered without making them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .problem import FieldError
from .space import Choice, FloatRange, IntRange, Space, Value


@dataclass(frozen=True)
class Cells:
    """The combinations of a space's values, by number from 0; the last entry changes fastest.

    Attributes:
        space: The space: choices, and ranges of whole numbers or with a step.
        count: How many there are; one of a space without entries.
    """

    space: Mapping[str, Space]
    count: int

    @classmethod
    def of(cls, space: Mapping[str, Space]) -> Self | None:
        """Those of a space; None if a range without a step has no end of them."""
        sizes = [entry.size for entry in space.values()]
        known = [size for size in sizes if size is not None]
        return cls(space, math.prod(known)) if len(known) == len(sizes) else None

    def params(self, number: int) -> dict[str, Value]:
        """The combination of a number from 0."""
        found: dict[str, Value] = {}
        for key, entry in reversed(list(self.space.items())):
            number, position = divmod(number, entry.size or 1)
            found[key] = entry.value(position)
        return {key: found[key] for key in self.space}

    def index(self, params: Mapping[str, Any]) -> int:
        """The number of a combination.

        Raises:
            FieldError: If a value is none of the space.
            KeyError: If a value is missing.
        """
        number = 0
        for key, entry in self.space.items():
            # By its place and not by its digits: 0.1 + 2 * 0.1 is drawn where 0.3 is meant.
            place = _place(entry, params[key])
            number = number * (entry.size or 1) + place
        return number

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two combinations are the same one; False if a value is none of the space."""
        try:
            return self.index(one) == self.index(other)
        except (FieldError, KeyError):
            return False


def _place(entry: Space, value: Value) -> int:
    # Apart, for the types: a choice may be anything, a range has numbers.
    match entry:
        case Choice():
            return entry.position(entry.read(value))
        case FloatRange():
            return entry.position(entry.read(value))
        case IntRange():
            return entry.position(entry.read(value))
