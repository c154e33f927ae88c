"""Rules between settings, tried over whole ranges of a space before anything starts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import isqrt
from typing import Any

from pydantic import BaseModel, ValidationError

from model.config import TrainConfig

from ..text import setting
from .problem import FieldError
from .settings import field_path
from .space import Choice, Space, Value
from .study import SettingError, Study

TRIED = 150_000
"""Combinations that are tried at most, most of them on one group of settings: a second or so in all."""

WHOLE = 8
"""How many times as long as a group of settings a whole configuration takes."""


@dataclass(frozen=True)
class _Check:
    """A group of settings, of one arm or several that have the same, and the entries that vary in it."""

    arm: str
    group: tuple[str, ...]
    model: BaseModel
    keys: tuple[str, ...]


def check_rules(study: Study) -> None:
    """Refuses a space in which a value of a range does not go with another setting, in one arm at least.

    Tried are all values of each stepped range, by itself and with all of each other entry; where these are
    too many, an even sample with both ends. Asked of files alone, as it takes a while.

    Raises:
        SettingError: If there is such a value: it names both settings.
    """
    checks = list(_checks(study))
    most = TRIED // max(1, sum(1 if check.group else WHOLE for check in checks))
    for check in checks:
        entries = [study.space[key] for key in check.keys]
        settings = check.model.model_dump()
        paths = [field_path(key)[len(check.group) :] for key in check.keys]
        for values in product(*_samples(entries, most)):
            for path, value in zip(paths, values, strict=True):
                _put(settings, path, value)
            try:
                type(check.model).model_validate(settings)
            except ValidationError:
                _refuse(study, check.arm, dict(zip(check.keys, values, strict=True)))


def _checks(study: Study) -> Iterator[_Check]:
    """What is to be tried; what a study tries anyway, choices with choices, is left out."""
    single = [(key,) for key in study.space]
    varied = [
        keys
        for keys in (*single, *combinations(study.space, 2))
        if not all(isinstance(study.space[key], Choice) for key in keys)
    ]
    seen: set[tuple[object, ...]] = set()
    for arm in study.spec.arms:
        config = study.config(arm, _first(study), study.spec.seeds[0])
        written: dict[tuple[str, ...], str] = {}
        for keys in varied:
            group = _group(config, keys)
            for around in (group, ()) if group and len(keys) == 1 else (group,):
                model: BaseModel = _at(config, around)
                text = written.get(around) or written.setdefault(around, model.model_dump_json())
                if (keys, around, text) not in seen:
                    seen.add((keys, around, text))
                    yield _Check(arm, around, model, keys)


def _first(study: Study) -> dict[str, Value]:
    return {key: entry.probes()[0] for key, entry in study.space.items()}


def _group(config: TrainConfig, keys: Sequence[str]) -> tuple[str, ...]:
    """The innermost group of settings that holds all of these."""
    paths = [field_path(key)[:-1] for key in keys]
    shared = next(n for n in range(len(paths[0]), -1, -1) if len({path[:n] for path in paths}) == 1)
    return paths[0][:shared] if isinstance(_at(config, paths[0][:shared]), BaseModel) else ()


def _at(config: TrainConfig, path: Sequence[str]) -> Any:
    found: Any = config
    for name in path:
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return found


def _samples(entries: Sequence[Space], most: int) -> list[list[Value]]:
    """Values of each entry, so that there are not more combinations than so many."""
    sizes = [entry.size or 2 for entry in entries]
    small = min(sizes)
    # Of two, one may have more than an equal share where the other has few.
    share = most if len(sizes) == 1 else most // small if small * small < most else isqrt(most)
    return [_sample(entry, min(size, max(2, share))) for entry, size in zip(entries, sizes, strict=True)]


def _sample(entry: Space, number: int) -> list[Value]:
    size = entry.size
    if size is None:
        return list(entry.probes())
    if number == 1:
        return [entry.value(0)]
    return [entry.value((size - 1) * place // (number - 1)) for place in range(number)]


def _put(settings: dict[str, Any], path: Sequence[str], value: Value) -> None:
    *groups, name = path
    for group in groups:
        settings = settings[group]
    settings[name] = value


def _refuse(study: Study, arm: str, params: Mapping[str, Value]) -> None:
    """Says what is wrong with some values, as of any other configuration, and names all of them."""
    try:
        study.config(arm, {**_first(study), **params}, study.spec.seeds[0])
    except SettingError as error:
        problem, (*_, blamed) = error.problem, error.problem.path
        words = re.findall(r"\w+", problem.reason)
        others = [
            f"{key} = {setting(value)}"
            for key, value in params.items()
            if key != blamed and field_path(key)[-1] not in words
        ]
        beside = f", with {' and '.join(others)}" if others else ""
        reason = f"{problem.reason}{beside}; every value of the space must go with every other"
        where = f"study {study.name!r}, arm {arm!r}"
        raise SettingError(error.document, FieldError(problem.path, reason, problem.value), where) from None
