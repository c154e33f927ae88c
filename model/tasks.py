"""What a task is: where its rows come from, what its labels are, its head, loss and metric."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .heads import ACTIVATIONS, HEADS, Concatenation, Head
from .losses import LOSSES
from .metrics import METRICS, TaskMetric
from .metrics.metric import Score
from .registry import OneOf, Registry
from .rule import reads


class Frozen(BaseModel):
    """Base of every setting: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DemoSource(Frozen):
    """Rows of the built-in corpus, made by a grammar from a seed."""

    kind: Literal["demo"] = "demo"
    task: Literal["sst", "para", "sts"] = Field(description="Which of the corpus's three tasks.")
    seed: int = Field(7, ge=0, description="Seed of the grammar; the same seed gives the same rows.")


class FilesSource(Frozen):
    """Rows of tab-separated files with a header, read from the folder named by SWEEPER_DATA."""

    kind: Literal["files"] = "files"
    train: str = Field(description="File of the training rows, relative to the data folder.")
    dev: str = Field(description="File of the dev rows, relative to the data folder.")
    test: str | None = Field(
        None, description="File of labelled rows that only confirmed configurations are scored on."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )


class HubSource(Frozen):
    """Rows of a dataset of the Hugging Face hub, read through the ``datasets`` library."""

    kind: Literal["hub"] = "hub"
    path: str = Field(description="Dataset name on the hub, or a local folder that `datasets` can load.")
    subset: str | None = Field(None, description="Configuration of the dataset, such as 'qqp' of GLUE.")
    train: str = Field("train", description="Split of the training rows.")
    dev: str = Field("validation", description="Split of the dev rows.")
    test: str | None = Field(
        None, description="Split with labels that only confirmed configurations are scored on."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )


def _each(registry: Registry[Any]) -> str:
    return " ".join(f"{name}: {entry.description}." for name, entry in registry.items())


def _dev_score(metrics: Registry[TaskMetric]) -> str:
    return f"Dev score: {' or '.join(metric.description for metric in metrics.values())}."


Source = Annotated[DemoSource | FilesSource | HubSource, Field(discriminator="kind")]


class Task(Frozen):
    """One task: its rows, labels, head, loss and metric. The trainer knows no task by name."""

    kind: Literal["single", "pair"] = Field(description="One sentence per row, or two.")
    classes: int | None = Field(None, ge=2, description="Number of classes; labels are 0 … classes - 1.")
    range: tuple[float, float] | None = Field(None, description="Lowest and highest score of a similarity.")
    source: Source
    text: tuple[str, ...] = Field(description="Columns of the text: one for `single`, two for `pair`.")
    label: str = Field(description="Column of the label.")
    groups: tuple[str, ...] = Field(
        (), description="Columns of the dev rows whose values name groups, scored apart in the report."
    )
    metric: Annotated[str, OneOf(METRICS, _dev_score)]
    head: Annotated[str, OneOf(HEADS, _each)] = "linear"
    concatenation: Concatenation | None = Field(
        None,
        description="What head sbert sees of a pair: uv, uv_absdiff (u, v, |u-v|) or uv_absdiff_product (and "
        "u*v); null: uv_absdiff.",
    )
    head_layers: int | None = Field(
        None,
        ge=0,
        le=10,
        description="Hidden layers of head mlp or sbert; null: two for mlp, none for sbert.",
    )
    activation: Annotated[str, OneOf(ACTIVATIONS)] = Field(
        "relu", description="Activation of the hidden layers."
    )
    loss: Annotated[str, OneOf(LOSSES, _each)] = "ce"
    weight: float = Field(1.0, gt=0, description="Factor of the task's loss.")
    train_rows: int | None = Field(None, ge=1, description="Train on a fixed random subset of this size.")
    dev_rows: int | None = Field(None, ge=1, description="Evaluate on a fixed random subset of this size.")

    @model_validator(mode="after")
    @reads("kind", "classes", "range", "text", "metric", "head", "concatenation", "head_layers", "loss")
    def _consistent(self) -> Self:
        if (self.classes is None) == (self.range is None):
            raise ValueError("a task has either `classes` or a `range`")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty: the first number must be the lower one")
        if len(self.text) != (1 if self.kind == "single" else 2):
            raise ValueError(f"a task of kind {self.kind} cannot have {len(self.text)} text columns")
        head = HEADS[self.head]
        if head.pairs_only and self.kind != "pair":
            raise ValueError(f"head {self.head} compares two sentences; kind is {self.kind}")
        if self.concatenation is not None and head.concatenation is None:
            names = _heads_with(lambda one: one.concatenation is not None)
            raise ValueError(f"concatenation {self.concatenation} is for {names}; head is {self.head}")
        if self.head_layers is not None and head.layers is None:
            names = _heads_with(lambda one: one.layers is not None)
            raise ValueError(f"head_layers {self.head_layers} is for {names}; head is {self.head}")
        if head.range_only and self.range is None:
            raise ValueError(f"head {self.head} gives a similarity; the task has classes")
        if LOSSES[self.loss].classes is None and self.range is None:
            raise ValueError(f"loss {self.loss} needs a `range`; the task has classes")
        if METRICS[self.metric].labels != ("range" if self.classes is None else "classes"):
            classes, scores = (
                " or ".join(name for name, metric in METRICS.items() if metric.labels == labels)
                for labels in ("classes", "range")
            )
            raise ValueError(
                f"metric {self.metric} does not fit: {classes} is for classes, {scores} for a range"
            )
        return self

    @property
    def has_test(self) -> bool:
        """Whether there are labelled rows to score once, after all choices are made."""
        return self.source.kind == "demo" or self.source.test is not None

    @property
    def outputs(self) -> int:
        """Size of the head's output: one logit per class, or one for a similarity."""
        return self.classes or 1

    @property
    def hidden_layers(self) -> int:
        """Hidden layers of the head."""
        if self.head_layers is not None:
            return self.head_layers
        return HEADS[self.head].layers or 0

    @property
    def head_concatenation(self) -> Concatenation:
        """What the head sees of a pair."""
        return self.concatenation or HEADS[self.head].concatenation or "uv"


def _heads_with(trait: Callable[[Head], bool]) -> str:
    """The heads that have a trait: ``head sbert``, or ``heads mlp and sbert``."""
    names = [name for name, head in HEADS.items() if trait(head)]
    return f"head{'s' if len(names) > 1 else ''} {' and '.join(names)}"


def overall_score(tasks: Mapping[str, Task], scores: Mapping[str, Score]) -> Score:
    """Mean over the tasks of each dev score put on 0–1 (the paper's `overall`).

    An accuracy is there as it is, a correlation r as (r + 1) / 2 (see `TaskMetric.unit`).

    Args:
        tasks: The tasks.
        scores: Score of each task, or an array of its scores.
    """
    units = (METRICS[task.metric].unit(scores[name]) for name, task in tasks.items())
    return reduce(add, units) / len(tasks)


def overall_formula(tasks: Mapping[str, Task]) -> str:
    """The formula of `overall` in words, for example ``overall = (sst + para + (sts + 1) / 2) / 3``."""
    terms = [METRICS[task.metric].term(name) for name, task in tasks.items()]
    if len(terms) == 1:
        return f"overall = {terms[0]}"
    return f"overall = ({' + '.join(terms)}) / {len(terms)}"
