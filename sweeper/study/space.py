"""The entries of a study's search space: a list of choices, or a range of numbers."""

import math
from decimal import Decimal
from functools import cached_property
from typing import Literal, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from model.frozen import Frozen

from ..text import setting
from .problem import FieldError, as_yaml

Value = str | int | float | bool | None
"""What one setting can be in one configuration."""

WORKLOAD: Literal["workload"] = "workload"
"""In the place of an entry: the range that the workload recommends."""


class Choice(RootModel[tuple[Value, ...]]):
    """A list of values, each as likely as the others."""

    model_config = ConfigDict(frozen=True)

    @property
    def values(self) -> tuple[Value, ...]:
        """The values, in the order of the file."""
        return self.root

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.root)

    def value(self, position: int) -> Value:
        """The value at a position, from 0."""
        return self.root[position]

    def position(self, value: Value) -> int:
        """The position of a value that `read` takes."""
        return self._positions[_key(value)]

    def probes(self) -> tuple[Value, ...]:
        """Values that are tried against TrainConfig before any trial starts."""
        return self.root

    def read(self, value: Value) -> Value:
        """The choice that `value` names.

        Raises:
            FieldError: If it names none.
        """
        position = self._positions.get(_key(value))
        if position is None:
            raise FieldError((), f"must be one of {as_yaml(self.root)}", value)
        return self.root[position]

    @cached_property
    def _positions(self) -> dict[tuple[bool, Value], int]:
        return {_key(value): position for position, value in enumerate(self.root)}

    def at(self, unit: float) -> Value:
        """The value at a point from 0 (included) to 1; equal shares for all."""
        return self.root[_share(unit, len(self.root))]


class FloatRange(Frozen):
    """Real numbers from `low` to `high`, both included."""

    low: float = Field(allow_inf_nan=False, description="Lowest value.")
    high: float = Field(allow_inf_nan=False, description="Highest value.")
    log: bool = Field(False, description="Whether magnitudes, not values, are equally likely.")
    step: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Distance between values; null: any value."
    )
    prior: float | None = Field(
        None, allow_inf_nan=False, description="Value that is thought to be good: tried first, and near it."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.log and self.step is not None:
            raise FieldError(("step",), "a log range has no step", self.step)
        _check_prior(self)
        return self

    @property
    def size(self) -> int | None:
        """How many values there are; None without a step."""
        if self.step is None:
            return None
        # Decimal: in binary, 0.1 + 2 * 0.1 is not 0.3, and the last value could be lost.
        low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
        return int((high - low) / step) + 1

    @property
    def highest(self) -> float:
        """The highest value: `high`, or the last that a step reaches below it."""
        return self.high if self.size is None else self.value(self.size - 1)

    def value(self, position: int) -> float:
        """The value at a position, from 0, of a range with a step."""
        low, step = (Decimal(str(number)) for number in (self.low, self.step or 0))
        return float(low + step * position)

    def position(self, value: float) -> int:
        """The position of a value that `read` takes, in a range with a step."""
        return round((value - self.low) / (self.step or 1))

    def probes(self) -> tuple[float, ...]:
        """Values that are tried against TrainConfig before any trial starts."""
        return (self.low, self.high)

    def read(self, value: Value) -> float:
        """`value` as a real number; of a range with a step as it is spelt there, 0.3 and not 0.1 + 2 * 0.1.

        Raises:
            FieldError: If it is none, or not one of this range.
        """
        number = _number(value, self.low, self.high)
        steps = (number - self.low) / (self.step or 1)
        if self.step is not None and not math.isclose(steps, round(steps), abs_tol=1e-9):
            raise FieldError((), f"must be low = {self.low} plus a multiple of step = {self.step}", value)
        return number if self.step is None else self.value(round(steps))

    def at(self, unit: float) -> float:
        """The value at a point from 0 (included) to 1; equal shares for all values, or for all magnitudes."""
        size = self.size
        if size is not None:
            return self.value(_share(unit, size))
        return min(max(_between(self.low, self.high, unit, self.log), self.low), self.high)

    def unit(self, value: float) -> float:
        """The point of a value, as in `at`; of one that has a share, its middle."""
        size = self.size
        if size is not None:
            return (self.position(value) + 0.5) / size
        return _part(self.low, self.high, value, self.log)


class IntRange(Frozen):
    """Whole numbers from `low` to `high`, both included."""

    low: int = Field(description="Lowest value.")
    high: int = Field(description="Highest value.")
    log: bool = Field(False, description="Whether magnitudes, not values, are equally likely.")
    step: int = Field(1, ge=1, description="Distance between values.")
    prior: int | None = Field(None, description="Value that is thought to be good: tried first, and near it.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log)
        if self.log and self.step != 1:
            raise FieldError(("step",), "a log range has no step", self.step)
        _check_prior(self)
        return self

    @property
    def size(self) -> int:
        """How many values there are."""
        return (self.high - self.low) // self.step + 1

    @property
    def highest(self) -> int:
        """The highest value: `high`, or the last that a step reaches below it."""
        return self.value(self.size - 1)

    def value(self, position: int) -> int:
        """The value at a position, from 0."""
        return self.low + self.step * position

    def position(self, value: int) -> int:
        """The position of a value that `read` takes."""
        return (value - self.low) // self.step

    def probes(self) -> tuple[int, ...]:
        """Values that are tried against TrainConfig before any trial starts."""
        return (self.low, self.high)

    def read(self, value: Value) -> int:
        """`value` as a whole number.

        Raises:
            FieldError: If it is none, or not one of this range.
        """
        number = _number(value, self.low, self.high)
        if number != int(number):
            raise FieldError((), "must be a whole number", value)
        if (int(number) - self.low) % self.step:
            raise FieldError((), f"must be low = {self.low} plus a multiple of step = {self.step}", value)
        return int(number)

    def at(self, unit: float) -> int:
        """The value at a point from 0 (included) to 1; equal shares for all values, or for all magnitudes."""
        if not self.log:
            return self.value(_share(unit, self.size))
        number = round(_between(self.low - 0.5, self.high + 0.5, unit, log=True))
        return min(max(number, self.low), self.high)

    def unit(self, value: int) -> float:
        """The point of a value, as in `at`: the middle of its share."""
        if not self.log:
            return (self.position(value) + 0.5) / self.size
        return _part(self.low - 0.5, self.high + 0.5, value, log=True)


Space = Choice | FloatRange | IntRange
"""One entry of a search space: all that one setting may be. The space itself is a mapping of these."""


def _key(value: Value) -> tuple[bool, Value]:
    # For Python, 1 and True are one value.
    return isinstance(value, bool), value


def words(entry: Space) -> str:
    """What a setting may be: ``one of 0.1, 0.3``, ``1e-5 to 1e-3, log scale``."""
    if isinstance(entry, Choice):
        return f"one of {', '.join(map(setting, entry.values))}"
    step = f", steps of {setting(entry.step)}" if entry.step else ""
    prior = "" if entry.prior is None else f", prior {setting(entry.prior)}"
    return f"{setting(entry.low)} to {setting(entry.high)}{', log scale' if entry.log else step}{prior}"


def _share(unit: float, shares: int) -> int:
    """Which of so many equal shares of the line from 0 to 1 a point lies in."""
    return min(int(unit * shares), shares - 1)


def _between(low: float, high: float, unit: float, log: bool) -> float:
    if log:
        return math.exp(_between(math.log(low), math.log(high), unit, log=False))
    return low + (high - low) * unit


def _part(low: float, high: float, value: float, log: bool) -> float:
    if log:
        return _part(math.log(low), math.log(high), math.log(value), log=False)
    return (value - low) / (high - low)


def _number(value: Value, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError((), "must be a number", value)
    if not low <= value <= high:
        raise FieldError((), f"must be from {low} to {high}", value)
    return float(value)


def _check_range(low: float, high: float, log: bool) -> None:
    if low >= high:
        raise FieldError(("low",), f"must be below high = {high}", low)
    if log and low <= 0:
        raise FieldError(("low",), "must be above 0 in a log range", low)


def _check_prior(entry: FloatRange | IntRange) -> None:
    if entry.prior is None:
        return
    try:
        entry.read(entry.prior)
    except FieldError as problem:
        raise FieldError(("prior",), problem.reason, entry.prior) from None
