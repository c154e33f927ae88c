"""What the label of a row means: a class by number or name, a score, a score made a class, or none."""

import math
import unicodedata
from collections.abc import Iterable, Mapping

from ..label import key_of, names_of, shown, strict_number
from ..tasks import Task

SHOWN = 12
"""Labels that a message lists at most."""

LISTED = 100
"""Classes that a message lists at most, and signs of a label there."""

KEPT = 100_000
"""Different labels whose meaning is kept, so that scores of many digits do not fill the memory."""


class LabelReader:
    """Reads the labels of a task; each different one is looked at once.

    Args:
        task: The task.
        no_label: The number that stands for a missing label in its source, unless the task allows it.
    """

    def __init__(self, task: Task, no_label: float | None = None) -> None:
        self._task = task
        self._classes = {
            key_of(name): number for number, names in enumerate(names_of(task.labels)) for name in names
        }
        self._missing = frozenset(map(key_of, task.missing))
        self._known: dict[object, float | None] = {}
        self._no_label = None if no_label is None or self._allows(no_label) else no_label

    def __call__(self, value: object) -> float | None:
        """The label as a number that the task allows; None where it is empty, NaN where declared missing.

        Raises:
            ValueError: If it is no label of the task; the message says why not.
        """
        try:
            return self._known[type(value), value]
        except (KeyError, TypeError):  # TypeError: a list, for example
            pass
        found = self._read(value)  # which refuses what cannot be looked up
        if len(self._known) < KEPT:
            self._known[type(value), value] = found
        return found

    def _read(self, value: object) -> float | None:
        if _holds_several(value):
            raise ValueError(f"label {shown(value)} holds {_kind(value)}: name a column of single values")
        if self._missing and key_of(value) in self._missing:
            return math.nan
        if value is None or (self._no_label is not None and strict_number(value) == self._no_label):
            return None
        return self._number(value)

    def _number(self, value: object) -> float:
        if self._classes:
            return self._named(value)
        number = strict_number(value)
        if number is None:
            raise ValueError(f"label {shown(value)} is not a number; {self._permitted()}")
        if not math.isfinite(number):
            raise ValueError(f"label {shown(value)} is not finite; {self._permitted()}")
        if self._task.threshold is not None:
            return float(number >= self._task.threshold)
        if self._task.classes is not None and not number.is_integer():
            raise ValueError(f"label {shown(value)} is not a whole number; {self._permitted()}")
        if not self._allows(number):
            raise ValueError(f"label {shown(value)} is out of range; {self._permitted()}")
        return number

    def _named(self, value: object) -> float:
        found = self._classes.get(key_of(value))
        if found is None:
            composed = unicodedata.normalize("NFC", key_of(value))
            for name in self._classes:
                if unicodedata.normalize("NFC", name) == composed:
                    raise ValueError(
                        f"label {value!a} looks like {name!a} and is spelt otherwise (Unicode NFC, NFD): add "
                        "it to `labels` as a further name of that class"
                    )
            names = self._task.class_names
            listed = ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
            raise ValueError(
                f"label {shown(value)} is none of the task's: {listed}; add it to `labels`, or to `missing` "
                "to leave its rows out"
            )
        return float(found)

    def _allows(self, number: float) -> bool:
        if self._classes:
            return key_of(number) in self._classes
        lowest, highest = self._bounds()
        return lowest <= number <= highest

    def _bounds(self) -> tuple[float, float]:
        if self._task.threshold is not None:
            return -math.inf, math.inf
        return self._task.range or (0, (self._task.classes or 1) - 1)

    def _permitted(self) -> str:
        lowest, highest = self._bounds()
        if self._task.threshold is not None:
            return f"the task makes classes of scores, by threshold {self._task.threshold:g}"
        if self._task.classes is not None:
            return f"the task has classes 0 to {highest:g}"
        return f"the task's range is {lowest:g} to {highest:g}"


def _holds_several(value: object) -> bool:
    return isinstance(value, list | tuple | Mapping)


def _kind(value: object) -> str:
    return "a mapping" if isinstance(value, Mapping) else "a list"


def way_out(task: Task, values: Iterable[object]) -> str:
    """What to write into a task so that its labels can be read, from all that stand in the column."""
    listed = list(values)
    if any(map(_holds_several, listed)):
        return ""
    found = sorted({key_of(value) for value in listed if value is not None})
    if task.classes is None or task.threshold is not None:
        return "; `missing` names values that are no label"
    if len(found) > SHOWN or task.labels:
        return ""
    there = ", ".join(value if len(value) < LISTED else shown(value) for value in found)
    return (
        f"; the column has {there}: give `labels` all that are one in the order of the classes, "
        "and `missing` those that are none"
    )
