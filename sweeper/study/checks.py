"""Whether a study's sampler, objective and queue agree with its space and its tasks."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping

from model.config import Task, TrainConfig
from model.config.trainers import AnyConfig
from model.result import COST

from ..text import is_control, nearest, one_line
from . import limits
from .cells import BLOCKS
from .conditional import plain
from .constraint import Constraint
from .fields import OWN
from .problem import FieldError, FieldPath
from .pruners import PrunerSpec
from .settings import field_path
from .space import WORKLOAD, Choice, FloatRange, IntRange, Space, words
from .spaces import Spaces
from .spec import StudySpec

GAPS = (
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
    *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""Texts that pandas takes for a gap in a CSV file, between quotation marks or not."""


MOST = 10**9
"""Values of a range with a step, and configurations of a grid: one a second takes thirty years."""

EXACT = 2**53
"""Whole numbers up to here are exact as floats."""


JUDGED_BY = (("tasks", "metric"), ("tasks", "positive"))
"""First and last name of the settings of a task by which trials are judged."""


def space_problems(searched: Spaces) -> Iterator[FieldError]:
    """The entries of the space that cannot vary, or that the sampler cannot search."""
    spec = searched.spec
    name, method = spec.sampler.name, spec.sampler.method
    for arm, space in searched.of.items():
        for key in space.when if method.ranges_only else ():
            reason = (
                f"sampler {name} moves one normal distribution over all that varies in an arm, and finds no "
            )
            reason += "place for what applies only beside some values: set them in arms, or take another"
            yield FieldError((*_section(spec, arm, key), key, "when"), reason)
    for section, _, key, entry in searched.entries():
        path, written = (*section, key), _written(spec, section, key)
        taken = written == WORKLOAD
        yield from _fixed_problems(path, key, entry)
        instead = f"; the workload recommends {words(entry)}: write one here instead" if taken else ""
        if method.cells and entry.size is None:
            yield FieldError(path, f"sampler {name} needs a list of choices or a step{instead}")
        # Optuna would draw choices at random and say so in a warning at most.
        if method.ranges_only and isinstance(entry, Choice):
            value = WORKLOAD if taken else list(entry.values)
            yield FieldError(path, f"sampler {name} needs a range with low and high{instead}", value)
        # One that the workload recommends is advice, which a sampler may do without.
        if not (method.priors or taken or isinstance(entry, Choice) or entry.prior is None):
            reason = f"sampler {name} spreads its configurations evenly: leave this out, or take another"
            yield FieldError((*path, "prior"), reason, entry.prior)
    if spec.sampler.peers == "study" and not searched.uniform:
        reason = "gives all arms the same configurations, and not all of these search the same: leave it out"
        yield FieldError(("sampler", "peers"), reason, spec.sampler.peers)


def _section(spec: StudySpec, arm: str, key: str) -> FieldPath:
    return ("arms", arm, OWN) if key in spec.own(arm) else ("space",)


def _written(spec: StudySpec, section: FieldPath, key: str) -> object:
    """What stands for an entry, without its condition."""
    return plain(spec.space[key] if section == ("space",) else spec.own(str(section[1]))[key])


def _fixed_problems(path: FieldPath, key: str, entry: Space) -> Iterator[FieldError]:
    """Why a setting can vary in no study."""
    field = field_path(key)
    if entry.size != 1 and (field[0] == "overall" or (field[0], field[-1]) in JUDGED_BY):
        yield FieldError(path, "says how trials are judged, and cannot vary within a study")
    if field == ("train_tasks",):
        yield FieldError(path, "says which scores there are, and cannot vary within an arm: write arms")
    if entry.size != 1 and (field[0], field[-1]) == ("tasks", "pair_encoding"):
        yield FieldError(path, "makes a track of its own, and cannot vary within an arm: name it in arms")
    if field == ("precision",) and isinstance(entry, Choice) and "auto" in entry.values:
        reason = "auto is one precision for all trials of a study: name those that vary, fp32 and bf16"
        yield FieldError(path, reason, list(entry.values))


def size_problems(entry: Space) -> Iterator[FieldError]:
    """What is wrong with a range that has more values than can be numbered, or than floats tell apart."""
    if isinstance(entry, FloatRange) and (entry.size or 0) > MOST:
        reason = f"leaves more than {MOST:,} values: leave it out, and any value is drawn"
        yield FieldError(("step",), reason, entry.step)
    if isinstance(entry, IntRange) and max(-entry.low, entry.high) > EXACT:
        part = "high" if entry.high > EXACT else "low"
        yield FieldError((part,), f"must be from -{EXACT} to {EXACT}", getattr(entry, part))


def written_problems(searched: Spaces, tasks: Collection[str]) -> Iterator[FieldError]:
    """What studies were begun with before it was refused: a constraint on no task, a grid without end."""
    for place, text in enumerate(searched.spec.constraints):
        for top, *below in map(field_path, Constraint.parse(text).names):
            if top == "tasks" and below[0] not in tasks:
                reason = f"there is no task {below[0]!r}{nearest(below[0], tasks)}"
                yield FieldError(("constraints", place), reason, text)
    yield from _grid_problems(searched)


def _grid_problems(searched: Spaces) -> Iterator[FieldError]:
    """What is wrong with a grid that has more configurations than anyone trains."""
    name = searched.spec.sampler.name
    if not searched.spec.sampler.method.cells:
        return
    for arm in searched.spec.arms:
        cells = searched.cells[arm]
        if cells is None:
            reason = (
                f"cannot list what depends on more than {BLOCKS:,} combinations of other values (arm {arm})"
            )
            yield FieldError(("sampler", "name"), f"{reason}: take fewer values", name)
        elif cells.count > MOST:
            reason = (
                f"would go through more than {MOST:,} configurations: take fewer values, or another sampler"
            )
            yield FieldError(("sampler", "name"), reason, name)


def study_problems(searched: Spaces, arms: Mapping[str, AnyConfig]) -> Iterator[FieldError]:
    """What does not fit in the study file, given a configuration of each arm."""
    spec = searched.spec
    tasks = next(iter(arms.values())).tasks
    ours = all(isinstance(config, TrainConfig) for config in arms.values())
    known = ["overall", *tasks, *[COST] * ours]
    for position, name in enumerate(spec.objectives):
        path: FieldPath = ("objective",) if isinstance(spec.objective, str) else ("objective", position)
        if name not in known:
            yield FieldError(path, f"is neither overall nor a task{nearest(name, known)}", name)
        elif name in tasks and not tasks[name].scorer.higher_is_better:
            reason = f"is raised, and of metric {tasks[name].metric} the lower score is better: name overall"
            yield FieldError(path, reason, name)
    yield from _queue_problems(searched)
    yield from _trained_problems(spec, arms)


def _queue_problems(searched: Spaces) -> Iterator[FieldError]:
    """The values of `enqueue` that the arms that vary them do not have, or that apply in none."""
    for position, params in enumerate(searched.spec.enqueue):
        path: FieldPath = ("enqueue", position)
        for key, value in params.items():
            for space in searched.of.values():
                try:
                    entry = space.entries.get(key)
                    _ = entry is None or entry.read(value)
                except FieldError as problem:
                    yield FieldError((*path, key), problem.reason, value)
        parts = {arm: space.part(params) for arm, space in searched.of.items()}
        for key, value in params.items():
            needed = {
                other
                for arm, part in parts.items()
                if key in part
                for other in searched.of[arm].when.get(key, {})
                if other not in part
            }
            if not any(key in part for part in parts.values()):
                yield FieldError((*path, key), "does not apply beside the others: leave it out", value)
            if needed:
                reason = f"applies only with some values of {', '.join(needed)}: write those here too"
                yield FieldError((*path, key), reason, value)
        for arm, space in searched.of.items():
            if parts[arm] and (broken := space.broken(parts[arm])) is not None:
                yield FieldError(path, f"does not fulfil {broken}", dict(params))


def _trained_problems(spec: StudySpec, arms: Mapping[str, AnyConfig]) -> Iterator[FieldError]:
    """What does not go with the tasks that arms train, where these are not all; `arms` by name."""
    for position, name in enumerate(spec.objectives):
        path: FieldPath = ("objective",) if isinstance(spec.objective, str) else ("objective", position)
        without = next(
            (arm for arm, config in arms.items() if name not in ("overall", COST, *config.trained)), None
        )
        if without is not None:
            yield FieldError(path, f"is no task that arm {without!r} trains: name overall", name)
    if len({frozenset(config.trained) for config in arms.values()}) > 1:
        for section, asked in (("sampler", spec.sampler.peers), ("pruner", spec.pruner.peers)):
            if asked == "study":
                reason = (
                    "compares trials of all arms, and these train other tasks (train_tasks): leave it out"
                )
                yield FieldError((section, "peers"), reason, asked)


def differences(first: AnyConfig, other: AnyConfig) -> Iterator[str]:
    """Why the scores of an arm do not compare with those of the first."""
    if list(first.tasks) != list(other.tasks):
        yield f"has other tasks than the first arm: {list(other.tasks)}"
    elif first.overall != other.overall:
        yield "has another overall than the first arm, so that their scores do not compare"
    else:
        for name, task in first.tasks.items():
            if _judged(task) != _judged(other.tasks[name]):
                yield f"scores task {name} otherwise than the first arm, so that they do not compare"


def _judged(task: Task) -> tuple[object, ...]:
    return task.metric, task.positive, task.scorer.bounds


def task_problems(tasks: Collection[str], space: Collection[str]) -> Iterator[FieldError]:
    """The tasks whose name is none, or that of another column where trials are listed.

    Asked of files alone: studies were begun with some of these names before they were refused, and go on.
    """
    taken = ", ".join(sorted(limits.COLUMNS))
    for name in tasks:
        path = ("train", "tasks", name)
        if name in limits.COLUMNS:
            reason = f"a task cannot have the name of a column of trials; those are {taken}"
            yield FieldError(path, reason, name)
        elif name in space or name in GAPS:
            what = "a setting that varies" if name in space else "a gap in a CSV file, as pandas reads it"
            yield FieldError(path, f"a task cannot have the name of {what}", name)
        elif len(name) > limits.TASK:
            reason = f"a task's name has at most {limits.TASK} characters, this one {len(name)}"
            yield FieldError(path, reason)
        elif not (name.isidentifier() and name.islower()):
            reason = "a task's name has small letters, digits and _ alone, and begins with a letter"
            yield FieldError(path, reason, name)


def file_problems(spec: StudySpec) -> Iterator[FieldError]:
    """What a study file may not hold: arms that print alike, options of another pruner, what is recorded.

    Asked of files alone: studies were begun with such before they were refused, and go on. Of a stored pruner
    it cannot be told which options were written.
    """
    if reason := unconfirmed(spec.name):
        yield FieldError(("name",), reason, spec.name)
    printed: dict[str, str] = {}
    for arm in spec.arms:
        # What is made of two signs, and what is one, look the same.
        shown = unicodedata.normalize("NFC", one_line(arm))
        if shown in printed:
            reason = f"prints as the arm {printed[shown]!a} does: give one of them another name"
            yield FieldError(("arms", arm), reason)
        printed[shown] = arm
    if spec.warm_start is not None and spec.warm_start.configurations is not None:
        reason = "is what was found when a study began, and stands in its record alone: leave this out"
        yield FieldError(("warm_start", "configurations"), reason)
    if spec.code is not None:
        reason = "is what a study was begun with, and stands in its record alone: leave this out"
        yield FieldError(("code",), reason)
    for option in PrunerSpec.model_fields:
        if option in spec.pruner.model_fields_set and option not in spec.pruner.heeded:
            problem = spec.pruner.unheeded(option)
            yield FieldError(("pruner", *problem.path), problem.reason, problem.value)


def unconfirmed(name: str) -> str | None:
    """Why a study of this name could not be confirmed; None if it could. Asked of files, and of `--name`."""
    if len(name) <= limits.STUDY:
        return None
    return f"has {len(name)} characters; NAME-confirm can be a name with at most {limits.STUDY}"


def arm_problems(arms: Collection[str]) -> Iterator[tuple[str, FieldError]]:
    """The arms whose name would command a terminal, be lost in a CSV file, or too long: name, what is wrong.

    Asked of files alone: studies that were begun with such a name go on.
    """
    for name in arms:
        if any(map(is_control, name)):
            reason = "the name of an arm cannot hold line breaks or other control characters"
            yield name, FieldError(("arms", one_line(name)), reason)
        elif len(name) > limits.OWN_ARM:
            reason = f"the name of an arm has at most {limits.OWN_ARM} characters, this one {len(name)}"
            yield name, FieldError(("arms", name), reason)
        elif name in GAPS:
            reason = f"pandas would read an arm {name} in a CSV file as a gap: take another name"
            yield name, FieldError(("arms", name), reason)
