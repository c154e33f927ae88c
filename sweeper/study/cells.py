"""The configurations of a space that has finitely many, counted and numbered without making them."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from .armspace import ArmSpace
from .problem import FieldError
from .space import Choice, FloatRange, IntRange, Space, Value

BLOCKS = 100_000
"""Combinations at most of values on which others depend, or that constraints compare: more are not listed."""


@dataclass(frozen=True)
class _Block:
    """The configurations with the same values of the leading entries.

    Attributes:
        leading: These values, of those that apply.
        free: The other entries that apply with them; each goes with each.
        start: Number of the first.
        count: How many.
    """

    leading: Mapping[str, Value]
    free: tuple[str, ...]
    start: int
    count: int


@dataclass(frozen=True)
class Cells:
    """The configurations of a space, by number from 0; the last entry changes fastest.

    Entries on which others depend, and those that constraints compare, change slowest. A configuration has
    no value for what does not apply in it, and what the constraints forbid is no configuration.

    Attributes:
        space: The entries: choices, and ranges of whole numbers or with a step.
        count: How many there are; one of a space without entries.
        arm: What says which apply, and which are allowed; None where all do, and are.
    """

    space: Mapping[str, Space]
    count: int
    arm: ArmSpace | None = None

    @classmethod
    def of(cls, space: Mapping[str, Space]) -> Self | None:
        """The configurations of a space in which all values go together; None if they are infinitely many."""
        sizes = [entry.size for entry in space.values()]
        known = [size for size in sizes if size is not None]
        return cls(space, math.prod(known)) if len(known) == len(sizes) else None

    @classmethod
    def of_arm(cls, arm: ArmSpace) -> Self | None:
        """The configurations of an arm; None if they are infinitely many, or take over `BLOCKS` to count."""
        whole = cls.of(arm.entries)
        if whole is None or not arm.leading:
            return whole
        if math.prod(arm.entries[key].size or 1 for key in arm.leading) > BLOCKS:
            return None
        found = replace(whole, arm=arm)
        last = found._blocks[-1] if found._blocks else None
        return replace(found, count=0 if last is None else last.start + last.count)

    @cached_property
    def _blocks(self) -> list[_Block]:
        found: list[_Block] = []
        for leading in self._leading({}, 0):
            free = self._free(leading)
            start = found[-1].start + found[-1].count if found else 0
            count = math.prod(self.space[key].size or 1 for key in free)
            found.append(_Block(leading, free, start, count))
        return found

    def _leading(self, chosen: Mapping[str, Value], place: int) -> Iterator[dict[str, Value]]:
        if self.arm is None or place == len(self.arm.leading):
            if self.arm is None or self.arm.allows(chosen):
                yield dict(chosen)
            return
        key = self.arm.leading[place]
        entry = self.space[key]
        values = [entry.value(position) for position in range(entry.size or 1)]
        if key not in self.arm.applying({**chosen, key: values[0]}):
            yield from self._leading(chosen, place + 1)
            return
        for value in values:
            yield from self._leading({**chosen, key: value}, place + 1)

    def _free(self, leading: Mapping[str, Value]) -> tuple[str, ...]:
        if self.arm is None:
            return tuple(self.space)
        others = {key: None for key in self.space if key not in self.arm.leading}
        applying = self.arm.applying({**leading, **others})
        return tuple(key for key in others if key in applying)

    @cached_property
    def _at(self) -> dict[tuple[tuple[str, int], ...], _Block]:
        return {self._leading_key(block.leading): block for block in self._blocks}

    def _leading_key(self, params: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
        leading = self.arm.leading if self.arm else ()
        return tuple((key, _place(self.space[key], params[key])) for key in leading if key in params)

    def params(self, number: int) -> dict[str, Value]:
        """The combination of a number from 0."""
        block = self._blocks[bisect_right(self._blocks, number, key=lambda one: one.start) - 1]
        number -= block.start
        found = dict(block.leading)
        for key in reversed(block.free):
            entry = self.space[key]
            number, position = divmod(number, entry.size or 1)
            found[key] = entry.value(position)
        return {key: found[key] for key in self.space if key in found}

    def index(self, params: Mapping[str, Any]) -> int:
        """The number of a combination; values of what does not apply in it are not looked at.

        Raises:
            FieldError: If a value is none of the space, or the constraints forbid the combination.
            KeyError: If a value is missing.
        """
        if self.arm is not None:
            params = self.arm.applying(params)
        block = self._at.get(self._leading_key(params)) if self.arm else self._blocks[0]
        if block is None:
            raise FieldError((), "is no configuration of the space", dict(params))
        number = 0
        for key in block.free:
            # By its place and not by its digits: 0.1 + 2 * 0.1 is drawn where 0.3 is meant.
            number = number * (self.space[key].size or 1) + _place(self.space[key], params[key])
        return block.start + number

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two combinations are the same one; False if a value is none of the space."""
        try:
            return self.index(one) == self.index(other)
        except (FieldError, KeyError):
            return False

    def having(self, part: Mapping[str, Value]) -> Self | None:
        """The configurations that have some values, numbered among themselves; None as in `of_arm`."""
        fixed: dict[str, Space] = {
            key: Choice((part[key],)) if key in part else entry for key, entry in self.space.items()
        }
        if self.arm is None:
            return self.of(fixed)
        return self.of_arm(replace(self.arm, entries=fixed))


def _place(entry: Space, value: Value) -> int:
    # Apart, for the types: a choice may be anything, a range has numbers.
    match entry:
        case Choice():
            return entry.position(entry.read(value))
        case FloatRange():
            return entry.position(entry.read(value))
        case IntRange():
            return entry.position(entry.read(value))
