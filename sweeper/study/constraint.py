"""A comparison of two settings, or of a setting and a number, that every configuration of a study fulfils."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..text import nearest
from .problem import FieldError
from .settings import EARLIER_NAMES, declared, members, setting_names
from .space import Value

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}

_SIGNS = "|".join(OPERATORS)

_COMPARISON = re.compile(rf"\s*([^\s<>=!]+)\s*({_SIGNS})\s*([^\s<>=!]+)\s*\Z")

_BOUND = re.compile(r"\s*(<=|>=|<|>)\s*([^\s<>=!]+)\s*\Z")

_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")


_WHOLE = 1e15
"""Whole numbers below are written with all of their digits."""


@dataclass(frozen=True)
class Bound:
    """A side on which a number lies: ``> 3``.

    Attributes:
        sign: One of <, <=, >, >=.
        number: The number on its right.
    """

    sign: str
    number: float

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """What a text says; None where it is no such comparison."""
        found = _BOUND.match(text) if isinstance(text, str) else None
        number = None if found is None else _number(found[2])
        return None if found is None or number is None else cls(found[1], number)

    def holds(self, value: Value) -> bool:
        """Whether a value lies there; what is no number does not."""
        return _is_number(value) and OPERATORS[self.sign](value, self.number)


@dataclass(frozen=True)
class Constraint:
    """One comparison as a study file has it.

    Attributes:
        left: A setting.
        sign: A key of `OPERATORS`.
        right: Another setting, or a number.
    """

    left: str
    sign: str
    right: str | float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``word_dropout < dropout``.

        Raises:
            FieldError: If it is no comparison of a setting with a number or with another one.
        """
        found = _COMPARISON.match(text)
        if found is None:
            signs = ", ".join(OPERATORS)
            reason = (
                f"must compare two settings, or a setting with a number, by one of {signs}: write 'A < B'"
            )
            raise FieldError((), reason, text)
        left, sign, right = found.groups()
        if _number(left) is not None:
            raise FieldError((), "must have a setting on its left", text)
        number = _number(right)
        for name in (left, *(() if number is not None else (right,))):
            _check_comparable(name, text)
        if left == right:
            raise FieldError((), "compares a setting with itself", text)
        return cls(left, sign, right if number is None else number)

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that it compares."""
        return (self.left, self.right) if isinstance(self.right, str) else (self.left,)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether values fulfil it; of a setting that has none, or null, it says nothing.

        Args:
            values: Those of the settings that it names.
        """
        sides = [values.get(one) if isinstance(one, str) else one for one in (self.left, self.right)]
        return not all(map(_is_number, sides)) or OPERATORS[self.sign](*sides)

    def __str__(self) -> str:
        """As a study file may write it."""
        whole = isinstance(self.right, float) and self.right.is_integer() and abs(self.right) < _WHOLE
        return f"{self.left} {self.sign} {int(self.right) if whole else self.right}"


def _check_comparable(name: str, text: str) -> None:
    if name in EARLIER_NAMES:
        raise FieldError((), f"{name} is called {EARLIER_NAMES[name]} now", text)
    field = declared(name)
    if field is None:
        raise FieldError((), f"{name!r} is no setting{nearest(name, setting_names(()))}", text)
    if not {int, float} & set(members(field.annotation)):
        raise FieldError((), f"compares numbers, and {name} is none", text)


def _number(text: str) -> float | None:
    value = float(text) if _NUMBER.match(text) else math.nan
    return value if math.isfinite(value) else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
