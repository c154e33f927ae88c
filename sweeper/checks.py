"""Whether a study's sampler, objective and queue agree with its space and its tasks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .problem import FieldError, FieldPath, nearest
from .space import Choice

if TYPE_CHECKING:
    from .study import Study


def space_problems(study: "Study") -> Iterator[tuple[str, FieldError]]:
    """The entries of the space that the sampler cannot search: key, and what is wrong with the entry."""
    sampler = study.spec.sampler.name
    for key, entry in study.space.items():
        if sampler == "grid" and entry.cells() is None:
            yield key, FieldError((), "sampler grid needs a list of choices or a step")
        # Optuna would draw choices at random and say so in a warning at most.
        if sampler == "cma-es" and isinstance(entry, Choice):
            yield key, FieldError((), "sampler cma-es needs a range with low and high", list(entry.values))


def study_problems(study: "Study") -> Iterator[FieldError]:
    """What does not fit in the study file, given its tasks and the space in force."""
    known = ["overall", *study.tasks]
    for position, name in enumerate(study.spec.objectives):
        if name not in known:
            path: FieldPath = ("objective",)
            path += () if isinstance(study.spec.objective, str) else (position,)
            yield FieldError(path, f"is neither overall nor a task{nearest(name, known)}", name)
    for position, params in enumerate(study.spec.enqueue):
        for key, value in params.items():
            try:
                study.space[key].read(value)
            except FieldError as problem:
                yield FieldError(("enqueue", position, key), problem.reason, value)
