"""The one score of a trial, by which its best epoch, the search and the report judge it."""

from collections.abc import Collection, Mapping
from functools import reduce
from math import isfinite
from operator import add
from typing import Annotated, Literal

from pydantic import Field, field_validator

from .frozen import Frozen
from .metrics import METRICS
from .metrics.metric import Score
from .tasks import Task


class Overall(Frozen):
    """The mean of the tasks' dev scores, by default each put on 0-1 (the paper's `overall`)."""

    formula: Literal["unit", "mean"] = Field(
        "unit",
        description="unit: the mean of the tasks' dev scores, each put on 0 to 1, as docs/metrics.md says. "
        "mean: that of the scores as they are, as the CS224N course of 2023 took it.",
    )
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        {}, description="How much a task counts in the mean, by its name; a task that is not named counts 1."
    )

    @field_validator("weights")
    @classmethod
    def _ordered(cls, weights: dict[str, float]) -> dict[str, float]:
        return dict(sorted(weights.items()))

    def __hash__(self) -> int:
        return hash((self.formula, *self.weights.items()))

    def only(self, names: Collection[str]) -> "Overall":
        """The same form over some of the tasks: that of a trial which trains these alone."""
        weights = {name: weight for name, weight in self.weights.items() if name in names}
        return self.model_copy(update={"weights": weights})

    def misfit(self, tasks: Mapping[str, Task]) -> str | None:
        """Why the mean cannot be taken over these tasks; None if it can."""
        unknown = sorted(self.weights.keys() - tasks.keys())
        if unknown:
            return f"overall.weights names {unknown}; the tasks are {list(tasks)}"
        if not any(self.weight(name) for name in tasks):
            return "overall.weights leaves no task that counts"
        unbounded = [n for n, task in tasks.items() if not all(map(isfinite, METRICS[task.metric].bounds))]
        if self.formula == "unit" and unbounded:
            return (
                f"overall.formula unit puts scores on 0 to 1, and metric {tasks[unbounded[0]].metric} of "
                f"{unbounded[0]} has no finite bounds: give it some, or write formula mean"
            )
        lower = [name for name, task in tasks.items() if not METRICS[task.metric].higher_is_better]
        if self.formula == "mean" and lower:
            return (
                f"overall.formula mean takes scores as they are, and of {', '.join(lower)} the lower one is "
                f"better ({', '.join(tasks[name].metric for name in lower)}): leave the formula out"
            )
        return None

    def score(self, tasks: Mapping[str, Task], scores: Mapping[str, Score]) -> Score:
        """The mean, from one score of each task, or from an array of scores of each, all of one shape.

        Args:
            tasks: The tasks.
            scores: Scores by task, in the units of the tasks' metrics.
        """
        units = (self.weight(name) * self._unit(task, scores[name]) for name, task in tasks.items())
        return reduce(add, units) / sum(map(self.weight, tasks))

    def words(self, tasks: Mapping[str, Task], called: str = "overall") -> str:
        """Its formula, for example ``overall = (sst + para + (sts + 1) / 2) / 3``.

        Args:
            tasks: The tasks.
            called: What the score is called.
        """
        terms, total = [], sum(map(self.weight, tasks))
        for name, task in tasks.items():
            weight = self.weight(name)
            term = task.scorer.term(name) if self.formula == "unit" else name
            if weight:
                terms.append(term if weight == 1 else f"{weight:g} * {term}")
        if len(terms) == 1:
            return f"{called} = {terms[0].removeprefix(f'{total:g} * ')}"
        return f"{called} = ({' + '.join(terms)}) / {total:g}"

    def bounds(self, tasks: Mapping[str, Task]) -> tuple[float, float]:
        """Its lowest and highest value: 0 and 1, or for formula ``mean`` those of the scores as they are."""
        if self.formula == "unit":
            return 0.0, 1.0
        low, high = ({name: task.scorer.bounds[end] for name, task in tasks.items()} for end in (0, 1))
        return self.score(tasks, low), self.score(tasks, high)

    def width(self, tasks: Mapping[str, Task]) -> float:
        """The largest difference that two values of it can have: 1, or for formula ``mean`` perhaps more."""
        low, high = self.bounds(tasks)
        return high - low

    def weight(self, name: str) -> float:
        """What a task counts, by its name; default 1."""
        return self.weights.get(name, 1.0)

    def _unit(self, task: Task, score: Score) -> Score:
        return task.scorer.unit(score) if self.formula == "unit" else score
