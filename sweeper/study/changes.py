"""What changed in a study since it was begun: what can be taken up, and what would mix unlike trials."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from model.config.trainers import AnyConfig

from ..errors import InputError
from .conditional import VALUES, When, condition_of, plain
from .constraint import Bound
from .digest import UNDIGESTED
from .fields import OWN
from .problem import FieldError, FieldPath
from .settings import field_path, flat
from .space import WORKLOAD, Choice, Space, Value
from .spec import StudySpec
from .study import Study

Field = tuple[str, ...]


COMPARED = ("baseline", "compare")
"""The fields that declare what is compared."""

SEEDS = "seeds"
"""The field of the training seeds."""


@dataclass(frozen=True)
class Change:
    """The differences between two versions of a study, one line each: ``field: before -> after``.

    Attributes:
        additions: What leaves every old trial as it would be today, and can be taken up.
        conflicts: What would mix trials that do not compare, or that were searched in different ways.
    """

    additions: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def compare(old: Study, new: Study) -> Change:
    """Judges a changed study, whatever trials it has so far.

    Taken up are more choices, wider ranges, more seeds, new arms, `enqueue` entries after those that there
    were, the words and tables of the report, the resources of a trial, another order, and settings that are
    written otherwise but give each arm the configuration that it had. All else is a conflict: a removed or
    altered arm, another base, training or space, a removed choice, and another sampler, pruner or objective,
    by whose rules the trials so far were not searched or ended.

    Args:
        old: The study as stored.
        new: The study as it is now.
    """
    shared = old.spec.arms.keys() & new.spec.arms.keys()
    before, after = _fields(old, shared), _fields(new, shared)
    additions: list[str] = []
    conflicts: list[str] = []
    for field in dict.fromkeys([*before, *after]):
        was, now = _shown(before, field), _shown(after, field)
        if was != now and not _same(field, old, new):
            lines = additions if _may_change(field, old, new) else conflicts
            lines.append(f"{'.'.join(field)}{_whose(field, old, new)}: {was} -> {now}")
    # The default follows the first arm, whatever else moves it.
    if not set(old.spec.pairs) <= set(new.spec.pairs) and not any(
        line.startswith(COMPARED) for line in additions
    ):
        additions.append(f"compare: {json.dumps(old.spec.pairs)} -> {json.dumps(new.spec.pairs)}")
    return Change(tuple(additions), tuple(conflicts))


def added_arm(change: str) -> str | None:
    """The arm that a line of `Change.additions` adds; None of another line."""
    was, absent, _ = change.partition(": absent -> {")
    return was.removeprefix("arms.") if absent and was.startswith("arms.") else None


def as_begun(old: Study, new: Study) -> Study:
    """A study with the values that it was begun with for the keys that its files leave out.

    Today's default may be another than that of the version that began it. Mappings that the user fills
    (`base`, `arms`, `space`) have no default to speak of: what they leave out is not there. What changes no
    trial, such as `tables`, is as the files have it. Where a workload took the place of the study's own
    ranges, as workloads once did, it still does as long as the study's file says what it said.

    Args:
        old: The study as stored.
        new: The study as its files have it.
    """
    spec, workload = _kept(old.spec, new.spec), _kept(old.workload, new.workload)
    workload = workload.model_copy(update={"space": still_forced(old, new.spec)})
    if (spec, workload) == (new.spec, new.workload):
        return new
    try:
        spec, workload = (type(part).model_validate(part.model_dump()) for part in (spec, workload))
        return replace(new, spec=spec, workload=workload)
    except (ValidationError, InputError):
        return new  # What does not go together with the rest was changed with it, which is told as a change.


def kept_fields(new: Study, begun: Study) -> list[str]:
    """The keys that the files of a study leave out and whose value today's default would have changed."""
    today, then = (
        flat(each.spec.model_dump() | {"workload": each.workload.model_dump(exclude={"space"})})
        for each in (new, begun)
    )
    return [".".join(field) for field, value in then.items() if today.get(field) != value]


def still_forced(old: Study, spec: StudySpec) -> dict[str, Space]:
    """The workload's entries that take the place of the study's, where its file says what it said.

    Workloads did so once, before there were `ranges`: a study that was begun so goes on so.

    Args:
        old: The study as stored.
        spec: Its file as it is now.
    """
    kept = {}
    for name, entry in old.workload.space.items():
        for key, was in old.spec.space.items():
            if field_path(key) == field_path(name) and was == spec.space.get(key):
                kept[name] = entry
    return kept


def _kept(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {key: _kept(old[key], value) if key in old else value for key, value in new.items()}
    if not isinstance(new, BaseModel) or type(new) is not type(old):
        return new
    written = new.model_fields_set
    if "name" in written and getattr(new, "name", None) != getattr(old, "name", None):
        return new  # Another sampler has other options.
    kept = [name for name in type(new).model_fields if name not in UNDIGESTED]
    values = {name: (getattr(old, name), getattr(new, name)) for name in kept}
    return new.model_copy(
        update={
            name: was if name not in written and not isinstance(was, Mapping) else _kept(was, now)
            for name, (was, now) in values.items()
        }
    )


def _fields(study: Study, shared: Collection[str]) -> dict[Field, Any]:
    """Everything that a study and its workload say, by field.

    Args:
        study: The study.
        shared: Arms that the other version has too: they have a field for each setting, others one in all.
    """
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    others = spec.keys() - {"base", "arms", "space", "code"}
    fields: dict[Field, Any] = {(name,): spec[name] for name in others}
    if study.spec.code is not None:
        fields |= {("plugins", name): sha256 for name, sha256 in study.spec.code.files.items()}
    fields |= {("workload", name): workload[name] for name in workload.keys() - {"train", "space", "ranges"}}
    fields = dict(sorted(fields.items()))
    fields |= _under(("base",), flat(spec["base"]))
    for arm, settings in spec["arms"].items():
        own = {key: value for key, value in settings.items() if key != OWN}
        fields |= _under(("arms", arm), flat(own) if arm in shared else {(): settings})
    fields |= {
        (*map(str, section), key): _with_condition(entry, study.spec, section, key)
        for section, arm, key, entry in study.searched.entries()
        if arm is None or arm in shared
    }
    fields |= _under(("workload", "train"), flat(workload["train"]))
    return fields | {("order of tasks",): list(study.tasks)}


def _with_condition(entry: Space, spec: StudySpec, section: FieldPath, key: str) -> Any:
    """An entry in force, fit for JSON, with the condition under which it applies."""
    dumped, when = entry.model_dump(mode="json"), _condition(spec, section, key)
    if not when:
        return dumped
    said = {name: need if isinstance(need, str) else list(need) for name, need in when.items()}
    return (dumped if isinstance(dumped, dict) else {VALUES: dumped}) | {"when": said}


def _condition(spec: StudySpec, section: FieldPath, key: str) -> When:
    entries = spec.space if section == ("space",) else spec.own(str(section[1]))
    return condition_of(entries[key])


def _whose(field: Field, old: Study, new: Study) -> str:
    """Who has an entry of the space, where it is not the study's file; of seeds, that none is new."""
    if field == (SEEDS,) and {*old.spec.seeds} == {*new.spec.seeds}:
        return " in another order"
    taken = (
        field[0] == "space" and field[-1] in new.spec.space and plain(new.spec.space[field[-1]]) == WORKLOAD
    )
    return f" (ranges of workload {new.workload.name})" if taken else ""


def _under(section: Field, fields: Mapping[Field, Any]) -> dict[Field, Any]:
    return {(*section, *field): value for field, value in fields.items()}


def _shown(fields: Mapping[Field, Any], field: Field) -> str:
    return json.dumps(fields[field], ensure_ascii=False) if field in fields else "absent"


def _same(field: Field, old: Study, new: Study) -> bool:
    """Whether what is compared, or forbidden, is written otherwise and is what it was."""
    if field == ("constraints",):
        return {*old.spec.parsed_constraints} == {*new.spec.parsed_constraints}
    return field[0] in COMPARED and old.spec.pairs == new.spec.pairs


def _may_change(field: Field, old: Study, new: Study) -> bool:
    """Whether what differs in a field leaves every old trial as it was, and as likely to be proposed."""
    match field:
        case ("base", *_) | ("workload", "train", *_):
            return all(_alike(arm, old, new) for arm in old.spec.arms if arm in new.spec.arms)
        case ("space", key) | ("arms", _, "space", key):
            return _wider(field[:-1], key, old, new)
        case ("arms", arm, *_):
            return arm not in old.spec.arms or (arm in new.spec.arms and _alike(arm, old, new))
        case ("seeds",):
            return set(old.spec.seeds) <= set(new.spec.seeds)
        case ("enqueue",):
            return new.spec.enqueue[: len(old.spec.enqueue)] == old.spec.enqueue
        case _:
            return field[-1] in UNDIGESTED


def _wider(section: FieldPath, key: str, old: Study, new: Study) -> bool:
    """Whether an entry has all values that it had, and applies where it did."""
    was, now = (
        next(
            (entry for place, _, name, entry in each.searched.entries() if (place, name) == (section, key)),
            None,
        )
        for each in (old, new)
    )
    if was is None or now is None:
        return False
    before, after = (_meant(_condition(each.spec, section, key)) for each in (old, new))
    return before == after and _holds(now, was)


def _meant(when: When) -> dict[FieldPath, Bound | frozenset[tuple[bool, Value]] | None]:
    """A condition, however it is written: its values in another order are the same ones."""
    return {
        field_path(key): Bound.parse(need)
        if isinstance(need, str)
        else frozenset((isinstance(value, bool), value) for value in need)
        for key, need in when.items()
    }


def _alike(arm: str, old: Study, new: Study) -> bool:
    """Whether an arm's configuration is what it was, however it is written now."""
    first = old.first_of(arm)
    # Where an entry does not apply, the setting has the value of the base, which the entry hides elsewhere.
    conditional = {
        key
        for section, whose, key, _ in old.searched.entries()
        if whose in (None, arm) and _condition(old.spec, section, key)
    }
    bare = {key: value for key, value in first.items() if key not in conditional}
    return all(_configured(old, arm, params) == _configured(new, arm, params) for params in (first, bare))


def _configured(study: Study, arm: str, params: Mapping[str, Value]) -> tuple[AnyConfig, list[str]] | None:
    """A configuration and the order of its tasks, as each draws its batches by its place; None if invalid."""
    try:
        config = study.config(arm, params, 0)
    except InputError:
        return None
    return config, list(config.tasks)


def _holds(wider: Space, entry: Space) -> bool:
    """Whether a space has every value of another, and draws them alike: on one scale, with one prior."""
    if isinstance(wider, Choice):
        size = entry.size  # of a range more than there are choices, or none: it has others
        return size is not None and size <= wider.size and _reads(wider, *map(entry.value, range(size)))
    if isinstance(entry, Choice):
        return False
    alike = (wider.log, wider.step, wider.prior) == (entry.log, entry.step, entry.prior)
    return alike and wider.high >= entry.high and _reads(wider, entry.low)


def _reads(space: Space, *values: Value) -> bool:
    try:
        for value in values:
            space.read(value)
    except FieldError:
        return False
    return True
