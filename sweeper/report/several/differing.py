"""What several studies are, and in what they differ, as tables. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any, Protocol

from ...errors import InputError
from ...study.rowsread import versions
from ...study.settings import field_path, flat, overlap
from ...study.space import Space
from ...study.study import Study
from ...text import NONE, one_line, setting
from ...trial import RunState
from ..document import Cell, Column, Table
from ..results import Results, in_state
from ..tables.cells import count_cell, duration_cell, numeric

ALL = "all"
"""In the place of an arm: of the study, or alike in all arms."""

SHOWN = 200
"""Rows of differences at most."""


class Told(Protocol):
    """A study as it stands."""

    @property
    def study(self) -> Study:
        """What it says."""

    @property
    def results(self) -> Results:
        """Its trials."""


def studies_table(studies: Sequence[Told]) -> Table:
    """One row a study: how far it is, what it searched, and on which data."""
    read = [versions(chain(*each.results.data.values())) for each in studies]
    data = list(dict.fromkeys(chain(*read)))
    rows = []
    for each, known in zip(studies, read, strict=True):
        results, spec = each.results, each.study.spec
        own = results.trials[results.trials["reused_from"].isna()]
        rows.append(
            (
                Cell(one_line(results.name)),
                Cell(f"{len(in_state(results.trials, RunState.COMPLETE))} of {results.wanted}"),
                count_cell(len(results.arms)),
                count_cell(len(results.configurations)),
                Cell(", ".join(map(str, spec.seeds))),
                Cell(spec.sampler.name),
                Cell(", ".join(str(data.index(rows) + 1) for rows in known) or NONE),
                duration_cell(float(own["seconds"].sum())),
            )
        )
    columns = (
        Column("study"),
        Column("complete", numeric=True),
        *numeric("arms", "configurations"),
        Column("training seeds"),
        Column("sampler"),
        Column("data"),
        *numeric("time"),
    )
    notes = ["data: the same number means the same rows, train, dev and encoder text, by their SHA-256."]
    return Table("studies", "Studies", columns, tuple(rows), tuple(notes) if data else ())


def other_code(studies: Sequence[Told]) -> list[str]:
    """What is to be said of own metrics that some studies have from other versions of their code.

    Raises:
        InputError: If one name stands for metrics with other bounds, or another direction.
    """
    found: list[str] = []
    for one, other in combinations(studies, 2):
        ours, theirs = _own_metrics(one.study), _own_metrics(other.study)
        for name in [name for name in ours if name in theirs]:
            both = f"{one.results.name!r} and {other.results.name!r}"
            (digest, was), (other_digest, now) = ours[name], theirs[name]
            for trait in sorted(was.keys() | now.keys()):
                if was.get(trait) != now.get(trait):
                    raise InputError(
                        f"studies {both} cannot stand in one report: metric {name} is own code, whose "
                        f"{trait} is {_written(was.get(trait))} in the first, and "
                        f"{_written(now.get(trait))} in the second"
                    )
            if digest != other_digest:
                found.append(
                    f"Metric {name} is own code, of which {one_line(both)} have other versions: their scores "
                    "compare only where both compute the same."
                )
    return found


def _own_metrics(study: Study) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """The own metrics of its tasks by name, with the SHA-256 of their code and what is recorded of them."""
    code = study.spec.code
    entries = code.entries.get("metric", {}) if code else {}
    return {
        name: (code.files.get(traits["plugin"]), {key: traits[key] for key in traits if key != "plugin"})
        for name, traits in entries.items()
        if code and name in {task.metric for task in study.tasks.values()}
    }


def differences_table(studies: Sequence[Told]) -> Table | None:
    """One row a setting that is not the same in all studies; None where all are the same.

    Arms are compared by name; where no name is in all studies, the first arm of each.
    """
    shared = [
        arm for arm in studies[0].study.spec.arms if all(arm in each.study.spec.arms for each in studies[1:])
    ]
    found = list(chain(_of_studies(studies), _of_arms(studies, shared)))
    if not found:
        return None
    rows = [
        (Cell(one_line(name)), Cell(one_line(arm)), *(Cell(one_line(value)) for value in values))
        for name, arm, values in found[:SHOWN]
    ]
    columns = (Column("setting"), Column("arm"), *(Column(one_line(each.results.name)) for each in studies))
    which = "Arms are compared by name." if shared else "No arm has one name in all: the first of each."
    notes = [f"Defaults included. {which}"]
    if len(found) > SHOWN:
        notes.append(f"{len(found) - SHOWN} more differences are left out.")
    return Table("differences", "In what the studies differ", columns, tuple(rows), tuple(notes))


Difference = tuple[str, str, list[str]]
"""Name of a setting, the arm or `ALL`, and its value in each study."""


def _of_studies(studies: Sequence[Told]) -> Iterator[Difference]:
    facts = [_facts(each.study) for each in studies]
    for name in facts[0]:
        values = [own[name] for own in facts]
        if len(set(values)) > 1:
            yield name, ALL, values


def _facts(study: Study) -> dict[str, str]:
    spec = study.spec
    return {
        "workload": study.workload.name,
        "training seeds": ", ".join(map(str, spec.seeds)),
        "objective": ", ".join(spec.objectives),
        "sampler": json.dumps(spec.sampler.model_dump(mode="json")),
        "pruner": json.dumps(spec.pruner.model_dump(mode="json")),
    }


def _of_arms(studies: Sequence[Told], shared: Sequence[str]) -> Iterator[Difference]:
    """Of settings that differ alike in all arms, one row; of others one for each arm."""
    arms = shared or [""]
    by_arm = {
        arm: [_settings(each.study, arm or next(iter(each.study.spec.arms))) for each in studies]
        for arm in arms
    }
    names = dict.fromkeys(name for every in by_arm.values() for own in every for name in own)
    for name in names:
        values = {arm: [own.get(name, NONE) for own in every] for arm, every in by_arm.items()}
        differing = {arm: own for arm, own in values.items() if len(set(own)) > 1}
        if len(differing) == len(arms) and len({tuple(own) for own in differing.values()}) == 1:
            yield name, ALL, next(iter(differing.values()))
        else:
            yield from ((name, arm, own) for arm, own in differing.items())


def _settings(study: Study, arm: str) -> dict[str, str]:
    """What an arm is trained with, by dotted names; of what varies the values that it can have."""
    entries: Mapping[str, Space] = study.spaces[arm].entries
    varied = [field_path(key) for key in entries]
    config: Any = study.config(arm, study.first_of(arm), study.spec.seeds[0]).model_dump(mode="json")
    fixed = {
        ".".join(path): _written(value)
        for path, value in flat(config).items()
        if path != ("seed",) and not any(overlap(path, own) for own in varied)
    }
    space = {
        ".".join(path): _written(entry.model_dump(mode="json", exclude_none=True))
        for path, entry in zip(varied, entries.values(), strict=True)
    }
    return fixed | space


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else setting(value)
