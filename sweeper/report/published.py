"""Tables as others printed them, the paper's and a user's own, and which trials of ours count for a row."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, create_model

from model.config.trainers import OURS
from model.frozen import Frozen
from model.heads import HEADS
from model.overall import Overall
from model.tasks import Task

from ..errors import InputError
from ..paths import Home
from ..study.load import PUBLISHED
from ..study.problem import FieldError, FieldPath, first_problem
from ..study.settings import declared, field_path, names_at, setting_names
from ..study.study import Study
from ..study.written import WrittenFile
from ..study.yamlfile import read_yaml
from ..text import nearest

PAPER_METRICS = {"sst": "accuracy", "para": "accuracy", "sts": "pearson"}
"""The paper's tasks, and by what it scored them."""

UNSET = {("gradient",): "sum", ("smart", "enabled"): False}
"""The value that counts for a trial whose configuration has no such setting: it is older than the setting."""


class PublishedRow(Frozen):
    """One row of a table: its label, its dev scores, and the settings that make it."""

    label: str = Field(description="What its first column says.")
    scores: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        min_length=1, description="Score by task, or overall, as printed."
    )
    match: dict[str, Any] = Field({}, description="Settings of ours that make the row, beside the table's.")

    def scored(self, overall: Overall, tasks: Mapping[str, Task]) -> dict[str, float]:
        """The scores; `overall` by a formula that is not the paper's is computed, or left out."""
        if overall == Overall():
            return dict(self.scores)
        if not self.has_all(tasks):
            return {name: value for name, value in self.scores.items() if name != "overall"}
        return self.scores | {"overall": overall.score(tasks, self.scores)}

    def has_all(self, tasks: Mapping[str, Task]) -> bool:
        """Whether it has a score of each of these tasks."""
        return tasks.keys() <= self.scores.keys()


class PublishedTable(Frozen):
    """One table: title, heading of its first column, settings common to its rows, rows, remarks of ours."""

    title: str = Field(description="What stands above it.")
    heading: str = Field("Model", description="Heading of its first column.")
    match: dict[str, Any] = Field({}, description="Settings of ours that all its rows have.")
    rows: tuple[PublishedRow, ...] = Field(min_length=1, description="Its rows.")
    notes: tuple[str, ...] = Field((), description="Remarks under it: where it was published, on which rows.")

    def counts(self, row: PublishedRow, config: Mapping[tuple[str, ...], Any]) -> bool:
        """Whether a trial of this configuration, by field, counts for a row of this table.

        No trial does for a row that has no settings, nor its table.
        """
        wanted = {field_path(key): value for key, value in (self.match | row.match).items()}
        return bool(wanted) and all(_has(config, path, value) for path, value in wanted.items())


def of_paper(tasks: Mapping[str, Task]) -> bool:
    """Whether these are the paper's three tasks, scored by its metrics."""
    return {name: task.metric for name, task in tasks.items()} == PAPER_METRICS


@cache
def published_tables() -> dict[str, PublishedTable]:
    """All tables by key, ``table1`` to ``table7``."""
    text = Path(__file__).with_name("published.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, PublishedTable]).validate_python(yaml.safe_load(text))


def published_beside(study: Study, home: Home | None = None) -> dict[str, PublishedTable]:
    """The published tables beside the file of a study, where that was when it ran; none without a file.

    Args:
        study: The study.
        home: Where a bundle has them, in a file that is empty if it has none: no other is read then.

    Raises:
        InputError: As in `read_published`.
    """
    places: list[Path | None] = [home.root / PUBLISHED] if home else []
    places += [beside_file(study.written.study, study.spec.name, home)] if study.written else []
    path = next((place for place in places if place and place.is_file()), None)
    return read_published(path, study) if path and path.stat().st_size else {}


def beside_file(file: WrittenFile, name: str, home: Home | None = None) -> Path | None:
    """Where the published tables of a study are, if it has some: beside its file; None if that is not found.

    A path that goes from the working folder is looked up there and where the home lies, as `.sweeper` does: a
    report may be typed elsewhere, where another project has a study file of that path.

    Args:
        file: The study's file as it was read.
        name: Name of the study.
        home: Folder of the runs.
    """
    given = Path(file.path)
    folders = [Path()] if home is None or given.is_absolute() else [Path(), home.root.parent]
    named: list[Path] = []
    for place in (folder / given for folder in folders):
        with suppress(InputError):
            now = read_yaml(place)
            if now.text == file.text:
                return place.with_name(PUBLISHED)
            named += [place] if now.data.get("name") in (name, file.data.get("name")) else []
    # It has been changed since, and the name has to do; a path that is whole leads nowhere else.
    found = named or ([given] if given.is_absolute() else [])
    return found[0].with_name(PUBLISHED) if found else None


def read_published(path: Path, study: Study) -> dict[str, PublishedTable]:
    """The published tables of a user's file, by key.

    Args:
        path: The file: tables by their keys, in the form of ours.
        study: The study beside which they are to stand.

    Raises:
        InputError: If it cannot be read, a field is wrong, no trial can have a setting, or a score is no
            share of one; it names the file, line, field and value.
    """
    file = read_yaml(path)
    try:
        found = TypeAdapter(dict[Key, PublishedTable]).validate_python(dict(file.data))
    except ValidationError as error:
        problem = first_problem(error, lambda path: names_at(PublishedTable, path[1:]) if path else ())
        raise InputError(file.explain(problem)) from None
    for problem in _problems(found, study):
        raise InputError(file.explain(problem))
    return found


def _problems(tables: Mapping[str, PublishedTable], study: Study) -> Iterator[FieldError]:
    for key, table in tables.items():
        if key in published_tables():
            yield FieldError((key,), "is the key of a table of the paper")
        elif key in TAKEN:
            yield FieldError((key,), "is the key of a table that every report can have: call it otherwise")
        yield from _unknown((key, "match"), table.match, study)
        for place, row in enumerate(table.rows):
            at = (key, "rows", place)
            yield from _unknown((*at, "match"), row.match, study)
            for name, value in row.scores.items():
                task = study.tasks.get(name)
                if abs(value) > 1 and (task is None or task.scorer.higher_is_better):
                    yield FieldError((*at, "scores", name), "must be a share of one, such as .771", value)


def _unknown(at: FieldPath, match: Mapping[str, Any], study: Study) -> Iterator[FieldError]:
    if study.trainer != OURS:  # whose settings are its own
        return
    for key, value in match.items():
        if (setting := declared(key)) is None:
            yield FieldError((*at, key), f"is no setting of a trial{nearest(key, setting_names(()))}")
            continue
        try:
            kind: Any = setting.annotation
            one: Any = create_model("Match", __config__=_STRICT, value=(kind, setting))
            one.model_validate({"value": value})
        except ValidationError as error:
            problem = first_problem(error, lambda path: ())
            yield FieldError((*at, key), f"{problem.reason}: no trial has it", value)


TAKEN = frozenset(
    ("arms", "best", "comparisons", "by_task", "matched", "budget", "pareto", "confirmed", "slices", "cost")
) | {"failures", "trials", "imported", "ensembles", "studies", "differences"}
"""The keys of a report's own tables."""

_STRICT = ConfigDict(strict=True)

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=64)]


def _has(config: Mapping[tuple[str, ...], Any], path: tuple[str, ...], value: Any) -> bool:
    ours = config.get(path)
    return _equal(ours, value) or (ours is None and _equal(_unset(config, path), value))


def _unset(config: Mapping[tuple[str, ...], Any], path: tuple[str, ...]) -> Any:
    """What a trial does where its configuration has no such setting, or leaves it to the head."""
    head = HEADS.get(config.get((*path[:-1], "head"), ""))
    if head and path[-1] == "concatenation":
        return head.concatenation or "uv"
    if head and path[-1] == "head_layers":
        return head.layers or 0
    return UNSET.get(path)


def _equal(ours: Any, published: Any) -> bool:
    if isinstance(ours, float) and isinstance(published, float):
        # A range with a step reaches 0.3 as 0.1 + 2 * 0.1.
        return math.isclose(ours, published, rel_tol=1e-9)
    return bool(ours == published)
