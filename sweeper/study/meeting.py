"""Values of a space that can meet in one rule between settings, and whether they go together.

Rules stand within groups of settings (``EncoderConfig``, ``SmartConfig``, a ``Task``) and in ``TrainConfig``
itself. Tried are each value by itself, and in pairs those of one group and those at which TrainConfig's own
rules look. Others cannot meet, and so a study loads in time linear in its settings, values, arms and tasks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import isqrt, prod
from types import CodeType
from typing import Any

from pydantic import BaseModel, ValidationError

from model.config import TrainConfig

from .settings import field_path, merged, models, nested
from .space import Choice, Space, Value

TRIED = 75_000
"""Values that are tried at most by themselves, and as many pairs: half a second of each or so."""

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
    config: TrainConfig


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
        try:
            self.model.model_validate(merged(self.settings, change))
        except ValidationError:
            return False
        return True


def refused(
    arms: Iterable[Arm], space: Mapping[str, Space], whole: bool = False
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


def apart(
    arms: Iterable[Arm], many: Sequence[Mapping[str, Value]]
) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Of many combinations of values those that do not go together, each with an arm in which it does not."""
    keys = list(dict.fromkeys(key for params in many for key in params))
    seen: set[object] = set()
    for arm in arms if keys else ():
        around = tuple(_at(arm.config, group) for group in _groups(keys) if group)
        around += _looked_at(arm.config) if any(map(_meets, keys)) else ()
        if around not in seen:
            seen.add(around)
            for params in many:
                if not _check(arm, (), list(params)).goes(params):
                    yield arm.name, params


def _checks(arms: Iterable[Arm], keys: Sequence[str]) -> Iterator[_Check]:
    """What is to be tried, once for all arms that have the same around it."""
    groups = _groups(keys)
    alone = [key for key in groups.pop((), ()) if not _meets(key)]
    met = [key for key in keys if _meets(key)]
    # What a rule says of all tasks, it says of each beside the settings that all share.
    pairs = [pair for pair in combinations(met, 2) if _fields(pair[0]) != _fields(pair[1])]
    seen: set[object] = set()
    for place, arm in enumerate(arms):
        yield from (_check(arm, (), (key,)) for key in alone if not place)
        for group, inside in groups.items():
            around: object = _at(arm.config, group)
            if (group, around) not in seen:
                seen.add((group, around))
                yield from (_check(arm, group, some) for n in (1, 2) for some in combinations(inside, n))
        around = _looked_at(arm.config)
        if met and around not in seen:
            seen.add(around)
            yield from (_check(arm, (), some) for some in (*((key,) for key in met), *pairs))


def _check(arm: Arm, group: Path, keys: Sequence[str]) -> _Check:
    paths = {key: field_path(key)[len(group) :] for key in keys}
    if group:
        return _Check(arm.name, type(_at(arm.config, group)), _at(arm.settings, group), paths)
    # Groups in which nothing changes stay the objects that they are: those are not checked again.
    settings = {name: dict(part) if isinstance(part, Mapping) else part for name, part in arm.config}
    for inner in filter(None, _groups(keys)):
        *above, name = inner
        _at(settings, above)[name] = _at(arm.settings, inner)
    return _Check(arm.name, TrainConfig, settings, paths)


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


def _looked_at(config: TrainConfig) -> tuple[object, ...]:
    """What TrainConfig's own rules can see of a configuration."""
    parts = (getattr(config, name) for name in TrainConfig.model_fields if name in _named())
    return tuple(tuple(part.items()) if isinstance(part, Mapping) else part for part in parts)


def _meets(key: str) -> bool:
    """Whether TrainConfig's own rules look at a setting."""
    return _named().issuperset(_fields(key))


def _fields(key: str) -> Path:
    """The names of fields in the path of a setting; those of tasks are none."""
    path = field_path(key)
    return path[:1] + path[2:] if path[0] == "tasks" else path


@cache
def _named() -> frozenset[str]:
    """Every name in TrainConfig's own rules, and in the properties of its groups that they ask."""
    rules = TrainConfig.__pydantic_decorators__.model_validators.values()
    named = {name for rule in rules for name in _names(rule.func.__code__)}
    properties = [
        (name, part.fget.__code__)
        for group in models(TrainConfig)
        for name, part in vars(group).items()
        if isinstance(part, property) and part.fget
    ]
    asked: set[str] = set()
    while asked != named:
        asked = set(named)
        named |= {name for owner, code in properties if owner in asked for name in _names(code)}
    return frozenset(named)


def _names(code: CodeType) -> set[str]:
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return {*code.co_names}.union(*inner)


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


def _allotted(wanted: Sequence[int]) -> list[int]:
    """How many of those wanted each gets of `TRIED`: those that want few get all of them."""
    found, left = [1] * len(wanted), TRIED
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for rank, place in enumerate(order):
        found[place] = max(1, min(wanted[place], left // (len(order) - rank)))
        left -= found[place]
    return found
