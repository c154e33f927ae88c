"""Whether a study's sampler, objective and queue agree with its space and its tasks."""

from collections.abc import Collection, Iterator, Mapping

from ..text import nearest
from ..trial import COLUMNS
from .problem import FieldError, FieldPath
from .space import Choice, Space
from .spec import StudySpec


def space_problems(spec: StudySpec, space: Mapping[str, Space]) -> Iterator[tuple[str, FieldError]]:
    """The entries of the space that the sampler cannot search: key, and what is wrong with the entry."""
    name, method = spec.sampler.name, spec.sampler.method
    for key, entry in space.items():
        if method.cells and entry.size is None:
            yield key, FieldError((), f"sampler {name} needs a list of choices or a step")
        # Optuna would draw choices at random and say so in a warning at most.
        if method.ranges_only and isinstance(entry, Choice):
            yield key, FieldError((), f"sampler {name} needs a range with low and high", list(entry.values))


def study_problems(
    spec: StudySpec, space: Mapping[str, Space], tasks: Collection[str]
) -> Iterator[FieldError]:
    """What does not fit in the study file, given its tasks and the space in force."""
    known = ["overall", *tasks]
    for position, name in enumerate(spec.objectives):
        if name not in known:
            path: FieldPath = ("objective",)
            path += () if isinstance(spec.objective, str) else (position,)
            yield FieldError(path, f"is neither overall nor a task{nearest(name, known)}", name)
    for position, params in enumerate(spec.enqueue):
        for key, value in params.items():
            try:
                space[key].read(value)
            except FieldError as problem:
                yield FieldError(("enqueue", position, key), problem.reason, value)


def task_problems(tasks: Collection[str]) -> Iterator[FieldError]:
    """The tasks whose score would stand under the name of another column where trials are listed.

    Asked of files alone: studies were begun with some of these names before they were refused, and go on.
    """
    taken = ", ".join(sorted(COLUMNS))
    for name in tasks:
        if name in COLUMNS:
            reason = f"a task cannot have the name of a column of trials; those are {taken}"
            yield FieldError(("train", "tasks", name), reason, name)
