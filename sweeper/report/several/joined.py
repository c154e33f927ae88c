"""Several studies as one: their arms side by side, each with the study that it is of. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, combinations
from typing import TypeVar

import pandas as pd

from model.predictions import Predictions
from model.tasks import Task

from ...errors import InputError
from ...study.armspace import ArmSpace
from ...study.problem import FieldError
from ...study.space import Space
from ...study.spaces import join
from ..confirmation import only_leading
from ..results import Results
from ..undefined import Scorable

V = TypeVar("V")

Read = Callable[[int], Mapping[str, Predictions] | None]
"""Gives the dev predictions of a trial by task."""


@dataclass(frozen=True)
class Joined:
    """Several studies as one.

    Attributes:
        results: All of them: an arm is called ``<arm> (<study>)``, and the trials are numbered through, those
            of the first study first.
        first: The number here of each study's trial 0.
    """

    results: Results
    first: tuple[int, ...]


def join_studies(studies: Sequence[Results]) -> Joined:
    """Several studies as one, whose pairs of arms are those of one name.

    Args:
        studies: They, in the order of the report.

    Raises:
        InputError: If their tasks, metrics or formula of `overall` are not the same.
    """
    for other in studies[1:]:
        _check_alike(studies[0], other)
    return _join(studies, [one.name for one in studies])


def _join(studies: Sequence[Results], names: Sequence[str]) -> Joined:
    sizes = [0 if one.trials.empty else int(one.trials["number"].max()) + 1 for one in studies]
    first = (0, *accumulate(sizes))[: len(studies)]
    labels = [{arm: f"{arm} ({name})" for arm in one.arms} for one, name in zip(studies, names, strict=True)]
    grounds = _grounds(studies, names)
    apart = len(set(grounds)) > 1
    spaces = _labelled([_spaces(one) for one in studies], labels)
    # Arms of one name are paired: no accident of a trial's number may decide on what is.
    again = [only_leading(one.confirmation, one) for one in studies if one.confirmation is not None]
    confirmed = [one for one in again if not one.complete.empty]
    top = studies[0]
    results = Results(
        name=" + ".join(one.name for one in studies),
        description=" ".join(_told(studies, [one.description for one in studies])),
        notice=" ".join(_told(studies, [one.notice for one in studies])),
        tasks=top.tasks,
        arms=tuple(label[arm] for one, label in zip(studies, labels, strict=True) for arm in one.arms),
        space=_space(spaces.values()),
        wanted=sum(one.wanted for one in studies),
        trials=_frames([one.trials for one in studies], labels, first),
        epochs=_frames([one.epochs for one in studies], labels, first),
        objectives=top.objectives if len({one.objectives for one in studies}) == 1 else ("overall",),
        pairs=_pairs(studies, labels, grounds),
        predictions=partial(_predictions, [one.predictions for one in studies], first),
        shared_rows={
            which: _labelled([one.shared_rows.get(which, {}) for one in studies], labels)
            for which in dict.fromkeys(which for one in studies for which in one.shared_rows)
        },
        data=_labelled([one.data for one in studies], labels),
        confirmation=_join(confirmed, names).results if len(confirmed) == len(studies) else None,
        overall=top.overall,
        trained=_labelled([one.trained for one in studies], labels),
        spaces=spaces,
        studies={
            label[arm]: (name, arm)
            for name, one, label in zip(names, studies, labels, strict=True)
            for arm in one.arms
        },
        grounds={
            label[arm]: ground
            for one, label, ground in zip(studies, labels, grounds, strict=True)
            for arm in one.arms
        }
        if apart
        else {},
        scorable=_scorable(studies, names, grounds if apart else [""] * len(studies)),
    )
    return Joined(results, first)


def _labelled(by_arm: Sequence[Mapping[str, V]], labels: Sequence[Mapping[str, str]]) -> dict[str, V]:
    """What each study has by arm, by the names of its arms here."""
    return {
        label[arm]: value for own, label in zip(by_arm, labels, strict=True) for arm, value in own.items()
    }


def _check_alike(one: Results, other: Results) -> None:
    tasks = [{name: _scored(task) for name, task in each.tasks.items()} for each in (one, other)]
    both = f"studies {one.name!r} and {other.name!r} cannot stand in one report"
    if tasks[0] != tasks[1]:
        ours, theirs = (
            ", ".join(f"{name} by {scored[0]}" for name, scored in each.items()) for each in tasks
        )
        raise InputError(f"{both}: the tasks of the first are {ours}, of the second {theirs}")
    if one.overall != other.overall:
        raise InputError(f"{both}: of the first {one.formula}; of the second {other.formula}")


def _scored(task: Task) -> tuple[object, ...]:
    """What two studies have in common whose scores mean the same."""
    return task.metric, task.metric_options, task.kind, task.classes, task.range, task.positive


def _told(studies: Sequence[Results], texts: Sequence[str]) -> list[str]:
    """What is said of all of them at once, or of each with its name."""
    if len(set(texts)) == 1:
        return [text for text in texts[:1] if text]
    return [f"{one.name}: {text}" for one, text in zip(studies, texts, strict=True) if text]


def _spaces(one: Results) -> dict[str, ArmSpace]:
    return {arm: one.spaces.get(arm) or ArmSpace(dict(one.space)) for arm in one.arms}


def _space(spaces: Iterable[ArmSpace]) -> dict[str, Space]:
    """What varies in any of them; a setting that is a list in one and a range in another one is left out."""
    found: dict[str, Space] = {}
    unlike = set()
    for space in spaces:
        for key, entry in space.entries.items():
            known = found.setdefault(key, entry)
            if known != entry:
                try:
                    found[key] = join(known, entry, (key,))
                except FieldError:
                    unlike.add(key)
    return {key: entry for key, entry in found.items() if key not in unlike}


def _frames(
    frames: Sequence[pd.DataFrame], labels: Sequence[Mapping[str, str]], first: Sequence[int]
) -> pd.DataFrame:
    """Frames of trials or epochs under each other, their arms and trials as they are called here."""
    moved, drivers = [], 0
    for frame, label, start in zip(frames, labels, first, strict=True):
        own = frame.assign(arm=frame["arm"].map(label), number=frame["number"] + start)
        for column, offset in (("reused_from", start), ("driver", drivers)):
            if column in own:
                own[column] = own[column] + offset
        if "driver" in own and own["driver"].notna().any():
            drivers = int(own["driver"].max())
        moved.append(own)
    there = [frame for frame in moved if not frame.empty]
    return pd.concat(there, ignore_index=True) if there else moved[0]


def _pairs(
    studies: Sequence[Results], labels: Sequence[Mapping[str, str]], grounds: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """The arms of one name in two studies that were scored on the same dev rows."""
    return tuple(
        (label[arm], other_label[arm])
        for (one, label, ground), (other, other_label, other_ground) in combinations(
            zip(studies, labels, grounds, strict=True), 2
        )
        for arm in one.arms
        if arm in other.arms and ground == other_ground
    )


def _predictions(
    reads: Sequence[Read], first: Sequence[int], number: int
) -> Mapping[str, Predictions] | None:
    # A study without trials begins where the next one does, which comes after it.
    place = bisect_right(first, number) - 1
    return reads[place](number - first[place])


def _grounds(studies: Sequence[Results], names: Sequence[str]) -> list[str]:
    """For each study the names of those that were scored on the same dev rows, as predictions show it."""
    groups: list[tuple[Mapping[str, Predictions] | None, list[int]]] = []
    for place, one in enumerate(studies):
        mine = _first_predictions(one)
        for rows, members in groups:
            if mine is not None and rows is not None and _same_rows(rows, mine):
                members.append(place)
                break
        else:
            groups.append((mine, [place]))
    of = {place: ", ".join(names[member] for member in members) for _, members in groups for place in members}
    return [of[place] for place in range(len(studies))]


def _scorable(
    studies: Sequence[Results], names: Sequence[str], grounds: Sequence[str]
) -> dict[str, Scorable]:
    """Whether labels allow a score: dev labels by ground, those of other splits by study."""
    found: dict[str, dict[tuple[str, str], bool]] = {}
    for one, name, ground in zip(studies, names, grounds, strict=True):
        for (task, split), allowed in one.scorable.get("", {}).items():
            found.setdefault(ground if split == "dev" else name, {})[task, split] = allowed
    return {**found}


def _first_predictions(one: Results) -> Mapping[str, Predictions] | None:
    found: dict[str, Predictions] = {}
    for number in one.complete["number"]:
        found = {**(one.predictions(number) or {}), **found}
        if found.keys() >= one.tasks.keys():
            return found
    return found or None


def _same_rows(one: Mapping[str, Predictions], other: Mapping[str, Predictions]) -> bool:
    return one.keys() == other.keys() and all(one[name].same_rows(other[name]) for name in one)
