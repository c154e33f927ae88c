"""The search spaces of a study's arms: what varies in all of them, what in one, and where it applies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..text import nearest
from .armspace import ArmSpace
from .cells import Cells
from .conditional import Entry, When, condition_of, holds, plain
from .constraint import Constraint
from .fixed import set_paths, value_of
from .problem import FieldError, FieldPath, field_name
from .settings import field_path, merged, nested
from .space import WORKLOAD, Choice, FloatRange, IntRange, Space
from .spec import StudySpec
from .workload import Workload

LABEL = "{key} of arm {arm}"
"""The name under which an entry of a single arm stands beside those of all arms (`ArmSpace.joint`)."""


def entry_in_force(written: Entry, key: str, workload: Workload) -> Space | None:
    """An entry with the workload's range where it takes that; None where the workload recommends none.

    Args:
        written: What the study says.
        key: The setting.
        workload: Its workload. What stands in its `space` takes the place of any entry.
    """
    own = plain(written)
    for sources, wanted in ((workload.space, True), (workload.ranges, isinstance(own, str))):
        if wanted:
            for name, entry in sources.items():
                if field_path(name) == field_path(key):
                    return entry
    return None if isinstance(own, str) else own


@dataclass(frozen=True)
class Spaces:
    """The search spaces of a study.

    Attributes:
        spec: What the study says.
        workload: What it runs on.
    """

    spec: StudySpec
    workload: Workload

    @cached_property
    def of(self) -> dict[str, ArmSpace]:
        """What varies in each arm, by its name.

        Raises:
            FieldError: If an entry takes a range that the workload has not, depends on itself, or applies
                nowhere.
        """
        spec = self.spec
        common = _in_force(("space",), spec.space, self.workload)
        own = {arm: _in_force(("arms", arm, "space"), spec.own(arm), self.workload) for arm in spec.arms}
        joint = common | {
            LABEL.format(key=key, arm=arm): entry
            for arm, entries in own.items()
            for key, entry in entries.items()
        }
        always = not spec.constraints and not any(condition_of(entry) for _, _, _, entry in spec.entries())
        same = ArmSpace(common, joint=joint, labels={key: key for key in common})
        spaces = {
            arm: same
            if always and not own[arm]
            else _ArmOf(spec, self.workload, arm, common, own[arm]).space(joint)
            for arm in spec.arms
        }
        for path, _, key, entry in spec.entries():
            if not any(key in space.entries for space in spaces.values()):
                when = {
                    name: need if isinstance(need, str) else list(need)
                    for name, need in condition_of(entry).items()
                }
                reason = "holds in no arm, so that this never varies"
                if (
                    "precision" in when
                    and (self.workload.train | nested(spec.base)).get("precision") == "auto"
                ):
                    reason += "; `auto` is decided when the study begins, and no condition can ask for it"
                raise FieldError((*path, key, "when"), reason, when)
        return spaces

    @cached_property
    def joined(self) -> dict[str, Space]:
        """All that varies in any arm; a setting that several arms vary has all values of all of them.

        Raises:
            FieldError: As in `of`, or if one arm varies a setting by choices and another within a range.
        """
        found: dict[str, Space] = {}
        for arm, space in self.of.items():
            for key, entry in space.entries.items():
                known = found.setdefault(key, entry)
                if known != entry:
                    found[key] = join(known, entry, ("arms", arm, "space", key))
        # What stands in `space` comes first, whichever arm has it.
        return {key: found[key] for key in dict.fromkeys([*self.spec.space, *found]) if key in found}

    @cached_property
    def uniform(self) -> bool:
        """Whether all arms have one space, with the same conditions and constraints."""
        first, *others = self.of.values()
        return all(other == first for other in others)

    def entries(self) -> Iterator[tuple[FieldPath, str | None, str, Space]]:
        """Every entry as it is in force: the section that has it, the arm if it is one's, key and entry."""
        for section, arm, key, written in self.spec.entries():
            entry = entry_in_force(written, key, self.workload)
            if entry is not None:
                yield section, arm, key, entry

    def uneven(self) -> Iterator[tuple[FieldPath, str]]:
        """The study's own ranges whose step does not end at `high`: where they stand, and one line."""
        for section, _, key, written in self.spec.entries():
            entry = plain(written)
            if isinstance(entry, FloatRange | IntRange) and entry.highest != entry.high:
                place = (*section, key)
                yield (
                    place,
                    f"{field_name(place)}: in steps of {entry.step} from low = {entry.low}, the highest "
                    f"value is {entry.highest}, not high = {entry.high}",
                )

    @cached_property
    def cells(self) -> dict[str, Cells | None]:
        """The configurations of each arm's space; None where they have no end, or cannot be listed."""
        if self.uniform:
            return dict.fromkeys(self.of, Cells.of_arm(next(iter(self.of.values()))))
        return {arm: Cells.of_arm(space) for arm, space in self.of.items()}

    def unknown(self) -> Iterator[FieldError]:
        """The conditions that name a setting which neither varies nor is set, where they stand."""
        spec = self.spec
        conditional = [one for one in spec.entries() if condition_of(one[-1])]
        if not conditional:
            return
        shared = [*set_paths(self.workload.train), *set_paths(spec.base), *map(field_path, spec.space)]
        arms = {arm: [*set_paths(spec.settings(arm)), *map(field_path, spec.own(arm))] for arm in spec.arms}
        for path, arm, key, entry in conditional:
            known = {*shared, *(one for name, own in arms.items() if arm in (None, name) for one in own)}
            for name in condition_of(entry):
                if field_path(name) not in known:
                    near = nearest(name, [*spec.varied, *(".".join(one) for one in set_paths(spec.base))])
                    reason = f"neither varies nor is set, in `base` or an arm{near}"
                    yield FieldError((*path, key, "when", name), reason)


def join(one: Space, other: Space, path: FieldPath) -> Space:
    """What varies where two entries of one setting are taken together: all values of both.

    Args:
        one: The first.
        other: The second.
        path: Where the second stands.

    Raises:
        FieldError: If the one is a list and the other a range.
    """
    if isinstance(one, Choice) and isinstance(other, Choice):
        return Choice(tuple(one.values) + tuple(v for v in other.values if not holds(one.values, v)))
    if isinstance(one, Choice) or isinstance(other, Choice):
        raise FieldError(path, "is a list here and a range in another arm: write both alike")
    low, high = min(one.low, other.low), max(one.high, other.high)
    log = one.log and other.log
    if isinstance(one, IntRange):
        return IntRange(low=int(low), high=int(high), log=log)
    return FloatRange(low=low, high=high, log=log)


def _in_force(section: FieldPath, entries: Mapping[str, Entry], workload: Workload) -> dict[str, Space]:
    found: dict[str, Space] = {}
    for key, written in entries.items():
        entry = entry_in_force(written, key, workload)
        if entry is None:
            known = ", ".join(workload.ranges) or "nothing"
            reason = f"workload {workload.name!r} recommends no range for it: write one here"
            raise FieldError((*section, key), f"{reason}; it recommends {known}", WORKLOAD)
        found[key] = entry
    return found


@dataclass(frozen=True)
class _ArmOf:
    """An arm, and what its space is made from: the files, the entries of all arms, and its own."""

    spec: StudySpec
    workload: Workload
    arm: str
    common: Mapping[str, Space]
    own: Mapping[str, Space]

    def space(self, joint: Mapping[str, Space]) -> ArmSpace:
        """The space, without what the arm's own settings exclude."""
        entries = {**self.common, **self.own}
        of_field = {field_path(key): key for key in entries}
        when = self._when(of_field)
        kept: dict[str, When] = {}
        for key in self._order(entries, when):
            varying = {name: need for name, need in when[key].items() if name in entries}
            _check_varying(varying, entries, (*self._section(key), key, "when"))
            fixed = [(name, need) for name, need in when[key].items() if name not in entries]
            if varying.keys() <= kept.keys() and all(
                holds(need, value_of(self._settings, name)) for name, need in fixed
            ):
                kept[key] = varying
        constraints = [_named(one, of_field) for one in self.spec.parsed_constraints]
        named = {name for one in constraints for name in one.names}
        label = {key: LABEL.format(key=key, arm=self.arm) if key in self.own else key for key in entries}
        return ArmSpace(
            {key: entry for key, entry in entries.items() if key in kept},
            {key: kept[key] for key in entries if kept.get(key)},
            tuple(one for one in constraints if any(name in kept for name in one.names)),
            {name: value_of(self._settings, name) for name in named if name not in entries},
            joint,
            {key: label[key] for key in entries if key in kept},
        )

    @cached_property
    def _settings(self) -> dict[str, Any]:
        shared = merged(nested(self.workload.train), nested(self.spec.base))
        return merged(shared, nested(self.spec.settings(self.arm)))

    def _when(self, of_field: Mapping[tuple[str, ...], str]) -> dict[str, When]:
        """The conditions of each entry, which call entries as the space does."""
        written = {**self.spec.space, **self.spec.own(self.arm)}
        return {
            key: {
                of_field.get(field_path(name), name): need
                for name, need in condition_of(written[key]).items()
            }
            for key in of_field.values()
        }

    def _order(self, entries: Mapping[str, Space], when: Mapping[str, When]) -> list[str]:
        among = {
            key: {name: need for name, need in needs.items() if name in entries}
            for key, needs in when.items()
        }
        try:
            return ArmSpace(entries, among).order
        except FieldError as problem:
            section = self._section(str(problem.path[0]))
            raise FieldError((*section, *problem.path), problem.reason) from None

    def _section(self, key: str) -> FieldPath:
        return ("arms", self.arm, "space") if key in self.own else ("space",)


def _check_varying(needs: When, entries: Mapping[str, Space], path: FieldPath) -> None:
    """Refuses conditions that no value of the entries fulfils, or of which it is never known."""
    for name, need in needs.items():
        entry = entries[name]
        if isinstance(need, str):
            ends = entry.values if isinstance(entry, Choice) else (entry.low, entry.high)
            if not any(holds(need, end) for end in ends):
                raise FieldError((*path, name), f"is fulfilled by no value of {name}", need)
            continue
        if entry.size is None:
            reason = f"a range without a step hardly ever has one value: compare it, as in '> {need[0]}'"
            raise FieldError((*path, name), reason, list(need))
        for value in need:
            try:
                entry.read(value)
            except FieldError as problem:
                raise FieldError((*path, name), f"{name} {problem.reason}", value) from None


def _named(one: Constraint, of_field: Mapping[tuple[str, ...], str]) -> Constraint:
    """A constraint that calls entries as the space does."""
    left = of_field.get(field_path(one.left), one.left)
    right = of_field.get(field_path(one.right), one.right) if isinstance(one.right, str) else one.right
    return replace(one, left=left, right=right)
