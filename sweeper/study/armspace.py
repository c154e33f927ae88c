"""What varies in one arm, and which of it applies beside which values."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from .conditional import When, holds
from .constraint import Constraint
from .problem import FieldError
from .space import Choice, Space, Value

TRIES = 1000
"""Configurations that are drawn at most to find one that the constraints allow."""

Params = dict[str, Any]


@dataclass(frozen=True)
class ArmSpace:
    """The search space of an arm.

    Attributes:
        entries: What varies in it, by the keys of the study file.
        when: Conditions on other entries, of those that have some. What conditions say of settings that are
            fixed in the arm is decided already.
        constraints: What every configuration fulfils.
        fixed: Values of the settings that constraints name, and that do not vary in the arm.
        joint: All that varies in the study, by a label: what is drawn blindly is drawn from it, so that
            arms have the same values of what they share.
        labels: The label of each entry in it.
    """

    entries: Mapping[str, Space]
    when: Mapping[str, When] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    fixed: Mapping[str, Value] = field(default_factory=dict)
    joint: Mapping[str, Space] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def plain(self) -> bool:
        """Whether every entry applies always, with every value, and the study has no others."""
        return not (self.when or self.constraints) and list(self.joint) == list(self.entries)

    @cached_property
    def order(self) -> list[str]:
        """The entries, each after those on which it depends.

        Raises:
            FieldError: If an entry depends on itself; the path is its key.
        """
        found: dict[str, None] = {}

        def add(key: str, above: tuple[str, ...]) -> None:
            if key in above:
                ring = " -> ".join([*above[above.index(key) :], key])
                raise FieldError((key, "when"), f"depends on itself: {ring}")
            for needed in self.when.get(key, {}):
                if needed not in found:
                    add(needed, (*above, key))
            found.setdefault(key)

        for key in self.entries:
            add(key, ())
        return list(found)

    def applying(self, params: Mapping[str, Any]) -> Params:
        """Those of the values that apply beside one another, in the order of the entries."""
        return self._applying(params, partial=False)

    def drawn(self, values: Mapping[str, Any]) -> Params:
        """Those of the values of all that varies in the study (see `joint`) that apply in this arm."""
        return self.applying({key: values[label] for key, label in self.labels.items()})

    def part(self, params: Mapping[str, Any]) -> Params:
        """Those of some values that can stand together in a configuration of the arm, with any others."""
        known: Params = {}
        for key, value in params.items():
            try:
                known[key] = self.entries[key].read(value)
            except (KeyError, FieldError):
                continue
        return self._applying(known, partial=True)

    def _applying(self, params: Mapping[str, Any], *, partial: bool) -> Params:
        found: Params = {}
        for key in self.order:
            needs = self.when.get(key, {})
            if key in params and all(
                holds(need, found[other]) if other in found else partial and other not in params
                for other, need in needs.items()
            ):
                found[key] = params[key]
        return {key: found[key] for key in self.entries if key in found}

    def has(self, params: Mapping[str, Any]) -> bool:
        """Whether values are one configuration: of all entries that apply, of no other, and allowed."""
        try:
            read = {key: self.entries[key].read(value) for key, value in params.items()}
        except (FieldError, KeyError):
            return False
        missing = {key: None for key in self.entries if key not in params}
        whole = self._applying({**read, **missing}, partial=False)
        return whole == read and self.allows(whole)

    def spelt(self, params: Mapping[str, Any]) -> Params:
        """Recorded values as the entries spell them, 0.3 for 0.1 + 2 * 0.1; one of no entry as it is."""
        known: Params = dict(params)
        for key in known:
            with suppress(KeyError, FieldError):
                known[key] = self.entries[key].read(known[key])
        return known

    def broken(self, params: Mapping[str, Any]) -> Constraint | None:
        """The first constraint that values do not fulfil. Of what does not apply constraints say nothing."""
        if not self.constraints:
            return None
        values = {**self.fixed, **params}
        return next((one for one in self.constraints if not one.holds(values)), None)

    def allows(self, params: Mapping[str, Any]) -> bool:
        """Whether values fulfil all constraints."""
        return self.broken(params) is None

    @cached_property
    def first(self) -> Params:
        """The first value of each entry that applies; where constraints forbid that, another configuration.

        Raises:
            FieldError: If none of `TRIES` configurations fulfils all constraints.
        """
        for params in self._samples():
            found = self.applying(params)
            if self.allows(found):
                return found
        worst = self.broken(self.applying({key: entry.probes()[0] for key, entry in self.entries.items()}))
        reason = f"of {TRIES} configurations that were drawn none fulfils all of them, first of all {worst}"
        raise FieldError(("constraints",), reason)

    def _samples(self) -> Iterator[Params]:
        """Configurations, applying or not: the lowest values, the highest, then any."""
        random = Random("constraints")  # noqa: S311 - no secret
        for place in (0, -1):
            yield {key: entry.probes()[place] for key, entry in self.entries.items()}
        for _ in range(TRIES):
            yield {key: entry.at(random.random()) for key, entry in self.entries.items()}

    def reach(self, values: Mapping[str, Any]) -> Params | None:
        """A configuration that has some values, with others by which these apply; None if there is none.

        Args:
            values: Values of entries.
        """
        needs: dict[str, list[tuple[Value, ...] | str]] = {}
        waiting, seen = list(values), set(values)
        while waiting:
            for other, need in self.when.get(waiting.pop(), {}).items():
                needs.setdefault(other, []).append(need)
                waiting += [] if other in seen else [other]
                seen.add(other)
        chosen = dict(values)
        for other, all_of in needs.items():
            given = [values[other]] if other in values else self._candidates(other, all_of)
            fitting = [one for one in given if all(holds(need, one) for need in all_of)]
            if not fitting:
                return None
            chosen[other] = fitting[0]
        lowest = {key: entry.probes()[0] for key, entry in self.entries.items()}
        found = self.applying({**lowest, **self.first, **chosen})
        return found if found.items() >= dict(values).items() and self.allows(found) else None

    def around(self, values: Mapping[str, Any]) -> Params:
        """Values in a configuration, whether it is allowed or not: as `reach`, or else beside `first`."""
        return self.reach(values) or {**self.first, **values}

    def _candidates(self, key: str, needs: Iterable[tuple[Value, ...] | str]) -> list[Value]:
        """Values of an entry, among them one that all needs allow if there is any such choice."""
        entry = self.entries[key]
        asked = [
            value for need in needs if not isinstance(need, str) for value in need if _is_of(entry, value)
        ]
        first = [self.first[key]] if key in self.first else []
        known = entry.values if isinstance(entry, Choice) else entry.probes()
        return [*first, *known, *asked, *(entry.at(place / 64) for place in range(64))]

    @cached_property
    def leading(self) -> list[str]:
        """The entries on which others depend, and those that constraints compare, in `order`."""
        asked = {other for when in self.when.values() for other in when}
        asked |= {name for one in self.constraints for name in one.names}
        return [key for key in self.order if key in asked]


def _is_of(entry: Space, value: Value) -> bool:
    try:
        entry.read(value)
    except FieldError:
        return False
    return True
