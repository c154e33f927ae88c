"""What a study sets or varies although another setting keeps it from being read: its trials are all alike."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .fixed import reached
from .problem import FieldPath, field_name
from .settings import field_path, leaves
from .space import Choice
from .study import Study


@dataclass(frozen=True)
class Switch:
    """Settings that are read beside some values of another one.

    Attributes:
        settings: The settings, by the ends of their paths below `group`; () for all of it but the switch.
        group: The path that they have in common.
        name: The path of the setting that switches them.
        without: Its values beside which they are not read.
    """

    settings: tuple[str, ...]
    group: tuple[str, ...]
    name: tuple[str, ...]
    without: tuple[Any, ...]

    def holds(self, path: tuple[str, ...]) -> bool:
        """Whether a setting is one of these."""
        below = path[len(self.group) :]
        within = path[: len(self.group)] == self.group and path != self.name
        return within and bool(below) and (not self.settings or below[0] in self.settings)


SWITCHES = (
    Switch((), ("smart",), ("smart", "enabled"), (False,)),
    Switch(("target_gap",), ("smart",), ("smart", "weight"), ("static",)),
    Switch(
        ("layers", "hidden_size", "attention_heads", "vocabulary"),
        ("encoder",),
        ("encoder", "source"),
        ("minilm", "hub"),
    ),
    Switch(("gradient_storage",), (), ("gradient",), ("sum",)),
)


def idle(study: Study) -> Iterator[tuple[FieldPath, str]]:
    """What the study itself sets or varies and no trial of it reads: where it stands, and one line."""
    configs: Mapping[str, Any] = {arm.name: arm.config.model_dump() for arm in study.arms()}
    for place, path, arms in _set(study):
        for switch in SWITCHES:
            if not switch.holds(path):
                continue
            values = [value for arm in arms for value in _values(study, arm, configs[arm], switch.name)]
            if all(value in switch.without for value in values):
                said = ", ".join(dict.fromkeys(map(_word, values)))
                yield place, f"{field_name(place)} changes nothing: {'.'.join(switch.name)} is {said}"
                break


def _set(study: Study) -> Iterator[tuple[FieldPath, tuple[str, ...], Iterable[str]]]:
    """What the study's file says of settings: where it stands, the setting, and the arms that it is for."""
    spec = study.spec
    for leaf in leaves(spec.base):
        yield ("base", *leaf.written), leaf.path, spec.arms
    for arm in spec.arms:
        for leaf in leaves(spec.settings(arm)):
            yield ("arms", arm, *leaf.written), leaf.path, [arm]
    for section, own, key, _ in study.searched.entries():
        of = [own] if own is not None else [name for name in spec.arms if key in study.spaces[name].entries]
        yield (*section, key), field_path(key), of


def _values(study: Study, arm: str, config: Mapping[str, Any], name: tuple[str, ...]) -> Iterable[Any]:
    """The values that a setting can have in an arm; None for those of a range, or under a condition."""
    space = study.spaces[arm]
    for key, entry in space.entries.items():
        if field_path(key) == name:
            return entry.values if isinstance(entry, Choice) and key not in space.when else (None,)
    return (reached(config, name),)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
