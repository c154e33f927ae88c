"""Values of a space that can meet in one rule between settings, and whether they go together.

Rules stand in groups of settings (``EncoderConfig``, a ``Task``) and in ``AnyConfig`` itself, and declare
what they read (`model.rule`). Tried are each value by itself, and in pairs those that one rule reads. Others
cannot meet, and so a study loads in time linear in its settings, values, arms and tasks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import isqrt, prod
from typing import Any

from pydantic import BaseModel, ValidationError

from model.config.trainers import AnyConfig
from model.rule import rules

from .armspace import ArmSpace
from .settings import field_path, merged, nested
from .space import Choice, Space, Value

TRIED = 75_000
"""Values that are tried at most by themselves, and as many pairs: half a second of each or so."""

TRIED_WHOLE = 1000
"""The same where each value takes a whole configuration to be tried."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class Arm:
    """An arm, with one configuration that is valid.

    Attributes:
        name: Its name.
        settings: All that is set of the configuration, in nested mappings.
        config: The configuration.
    """

    name: str
    settings: Mapping[str, Any]
    config: AnyConfig


@dataclass(frozen=True)
class _Check:
    """Entries that are tried together.

    Attributes:
        arm: Name of the arm, or of the first that has the same around them.
        model: What holds their rules: a group of settings, or a whole configuration.
        settings: What is set of it besides.
        paths: Where the entries stand in it, by key.
    """

    arm: str
    model: type[BaseModel]
    settings: Mapping[str, Any]
    paths: Mapping[str, Path]

    def goes(self, params: Mapping[str, Value]) -> bool:
        """Whether values go with one another and with the settings around them."""
        change = nested({".".join(path): params[key] for key, path in self.paths.items()})
        return _is_valid(self.model, merged(self.settings, change))


def refused(
    arms: Sequence[Arm], space: Mapping[str, Space], whole: bool = False
) -> Iterator[tuple[str, dict[str, Value]]]:
    """Values that do not go together: an arm in which they do not, and the values by key.

    Args:
        arms: All arms; the other entries of the space keep the values that they have there.
        space: What varies.
        whole: Whether to try what lies within stepped ranges, and nothing else; by default the ends of
            ranges and all choices are. Of too many values an even sample is tried, with both ends.
    """
    checks = [check for check in _checks(arms, list(space)) if not whole or _stepped(check, space)]
    for number in (1, 2):
        some = [check for check in checks if len(check.paths) == number]
        wanted = [prod(_count(space[key], whole) for key in check.paths) for check in some]
        for check, most in zip(some, _allotted(wanted), strict=True):
            for values in product(*samples([space[key] for key in check.paths], most, whole)):
                params = dict(zip(check.paths, values, strict=True))
                if not check.goes(params):
                    yield check.arm, params


def refused_where(
    arm: Arm, space: ArmSpace, settings: Mapping[str, Any], whole: bool = False
) -> Iterator[dict[str, Value]]:
    """As `refused`, of one arm in whose space not all applies always, or not all is allowed.

    Tried are values that can stand in one configuration, each time in a whole one, and fewer of them.

    Args:
        arm: The arm.
        space: What varies in it.
        settings: What is set of it besides, in nested mappings.
        whole: As in `refused`.

    Yields:
        Values of which a configuration is not valid (see `ArmSpace.reach`).
    """
    checks = [
        check for check in _checks([arm], list(space.entries)) if not whole or _stepped(check, space.entries)
    ]
    wanted = [prod(_count(space.entries[key], whole) for key in check.paths) for check in checks]
    model = type(arm.config)
    for check, most in zip(checks, _allotted(wanted, TRIED_WHOLE), strict=True):
        entries = [space.entries[key] for key in check.paths]
        for values in product(*samples(entries, most, whole)):
            tried = dict(zip(check.paths, values, strict=True))
            params = space.reach(tried)
            if params is not None and not _is_valid(model, merged(settings, nested({**params, "seed": 0}))):
                yield tried


def _is_valid(model: type[BaseModel], settings: Mapping[str, Any]) -> bool:
    try:
        model.model_validate(settings)
    except ValidationError:
        return False
    return True


def apart(
    arms: Sequence[Arm], many: Sequence[Mapping[str, Value]]
) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Of many combinations of values those that do not go together, each with an arm in which it does not."""
    met = list(_rules(arms[0].config, list(dict.fromkeys(key for params in many for key in params))))
    for arm in _differing(arms, lambda arm: tuple(rule.around(arm) for rule in met)):
        for params in many:
            if not _check(arm, (), list(params)).goes(params):
                yield arm.name, params


@dataclass(frozen=True)
class _Rule:
    """A rule that reads some entries.

    Attributes:
        group: What holds it: a group of settings, or () for a whole configuration.
        reads: The fields of the group that it reads; those of each task under ``tasks.*``.
        keys: The entries among them.
    """

    group: Path
    reads: tuple[str, ...]
    keys: Sequence[str]

    def pairs(self) -> Iterable[tuple[str, ...]]:
        """The entries in twos. What a rule says of all tasks, it says of each beside what they share."""
        groups = _groups(self.keys)
        tasks = [groups.pop(group) for group in list(groups) if group[:1] == ("tasks",)]
        shared = [key for inside in groups.values() for key in inside]
        return dict.fromkeys(pair for inside in tasks or [[]] for pair in combinations([*shared, *inside], 2))

    def around(self, arm: Arm) -> object:
        """All that it reads of an arm."""
        whole = _at(arm.config, self.group)
        return tuple(_read(whole, read.split(".")) for read in self.reads)


def _rules(config: AnyConfig, keys: Sequence[str]) -> Iterator[_Rule]:
    """The rules that read entries."""
    for group, inside in {**_groups(keys), (): keys}.items():
        for reads in rules(type(_at(config, group))):
            if some := [key for key in inside if _field(key, group) in reads]:
                yield _Rule(group, reads, some)


def _checks(arms: Sequence[Arm], keys: Sequence[str]) -> Iterator[_Check]:
    """What is to be tried, once for all arms in which a rule reads the same."""
    met = list(_rules(arms[0].config, keys))
    read = {key for rule in met for key in rule.keys}
    for group, inside in _groups(keys).items():
        yield from (_check(arms[0], group, (key,)) for key in inside if key not in read)
    for rule in met:
        together = [*((key,) for key in rule.keys), *rule.pairs()]
        for arm in _differing(arms, rule.around):
            yield from (_check(arm, rule.group, some) for some in together)


def _differing(arms: Sequence[Arm], around: Callable[[Arm], object]) -> Iterable[Arm]:
    """The first of the arms that have the same around what is tried."""
    found: dict[object, Arm] = {}
    for arm in arms:
        found.setdefault(around(arm), arm)
    return found.values()


def _check(arm: Arm, group: Path, keys: Sequence[str]) -> _Check:
    paths = {key: field_path(key)[len(group) :] for key in keys}
    if group:
        return _Check(arm.name, type(_at(arm.config, group)), _at(arm.settings, group), paths)
    # Groups in which nothing changes stay the objects that they are: those are not checked again.
    settings = {name: dict(part) if isinstance(part, Mapping) else part for name, part in arm.config}
    for inner in filter(None, _groups(keys)):
        *above, name = inner
        _at(settings, above)[name] = _at(arm.settings, inner)
    return _Check(arm.name, type(arm.config), settings, paths)


def _groups(keys: Iterable[str]) -> dict[Path, list[str]]:
    """Keys by the group of settings that holds their rules: a task, the encoder; ``()`` for none."""
    found: dict[Path, list[str]] = {}
    for key in keys:
        path = field_path(key)
        found.setdefault(path[: 2 if path[0] == "tasks" else 1] if len(path) > 1 else (), []).append(key)
    return found


def _at(whole: Any, path: Sequence[str]) -> Any:
    for name in path:
        whole = whole.get(name, {}) if isinstance(whole, Mapping) else getattr(whole, name)
    return whole


def _field(key: str, group: Path) -> str:
    """The field of a group that a key names, as rules declare it."""
    path = field_path(key)
    of_task = not group and path[0] == "tasks"
    return ".".join(("tasks", "*", *path[2:]) if of_task else path[len(group) :])


def _read(whole: Any, path: Sequence[str]) -> object:
    for place, name in enumerate(path):
        if name == "*":
            return tuple(_read(each, path[place + 1 :]) for each in whole.values())
        # A source of another kind has other fields.
        whole = whole[name] if isinstance(whole, Mapping) else getattr(whole, name, None)
    return whole


def _stepped(check: _Check, space: Mapping[str, Space]) -> bool:
    entries = [space[key] for key in check.paths]
    return any(entry.size is not None and not isinstance(entry, Choice) for entry in entries)


def _count(entry: Space, whole: bool) -> int:
    return (entry.size if whole else None) or len(entry.probes())


def samples(entries: Sequence[Space], most: int, whole: bool) -> list[list[Value]]:
    """Values of each of one or two entries, not more combinations than so many, or than two values of each.

    Args:
        entries: The entries.
        most: How many combinations.
        whole: Whether from all values of a stepped range; by default from its ends.
    """
    sizes = [_count(entry, whole) for entry in entries]
    small = min(sizes)
    # Of two, one may have more than an equal share where the other has few.
    share = most if len(sizes) == 1 else most // small if small * small < most else isqrt(most)
    return [
        _sample(entry, size, min(size, max(2, share)), whole)
        for entry, size in zip(entries, sizes, strict=True)
    ]


def _sample(entry: Space, size: int, number: int, whole: bool) -> list[Value]:
    ends = entry.probes()
    places = [0] if number == 1 else [(size - 1) * place // (number - 1) for place in range(number)]
    within = whole and entry.size is not None
    return [entry.value(place) if within else ends[place] for place in places]


def _allotted(wanted: Sequence[int], tried: int = TRIED) -> list[int]:
    """How many of those wanted each gets of all that are tried: those that want few get all of them."""
    found, left = [1] * len(wanted), tried
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for rank, place in enumerate(order):
        found[place] = max(1, min(wanted[place], left // (len(order) - rank)))
        left -= found[place]
    return found
