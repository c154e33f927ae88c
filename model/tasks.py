"""What a task is: where its rows come from, what its labels are, its head, loss and metric."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

HeadName = Literal["linear", "mlp", "sbert", "cosine"]


LossName = Literal["ce", "mse"]


MetricName = Literal["accuracy", "pearson"]


Concatenation = Literal["uv", "uv_absdiff", "uv_absdiff_product"]


Activation = Literal["relu", "gelu", "tanh"]


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
    metric: MetricName = Field(description="Dev score: accuracy (classes) or Pearson's r (range).")
    head: HeadName = Field(
        "linear",
        description="linear: one layer on the embedding, or on (u, v). mlp: two hidden layers with dropout "
        "and ReLU. sbert: W(u, v, |u-v|). cosine: cosine similarity of u and v.",
    )
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
    activation: Activation = Field("relu", description="Activation of the hidden layers.")
    loss: LossName = Field("ce", description="ce: cross-entropy. mse: mean squared error (range only).")
    weight: float = Field(1.0, gt=0, description="Factor of the task's loss.")
    train_rows: int | None = Field(None, ge=1, description="Train on a fixed random subset of this size.")
    dev_rows: int | None = Field(None, ge=1, description="Evaluate on a fixed random subset of this size.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.classes is None) == (self.range is None):
            raise ValueError("a task has either `classes` or a `range`")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty: the first number must be the lower one")
        if len(self.text) != (1 if self.kind == "single" else 2):
            raise ValueError(f"a task of kind {self.kind} cannot have {len(self.text)} text columns")
        if self.head in ("sbert", "cosine") and self.kind != "pair":
            raise ValueError(f"head {self.head} compares two sentences; kind is {self.kind}")
        if self.concatenation is not None and self.head != "sbert":
            raise ValueError(f"concatenation {self.concatenation} is for head sbert; head is {self.head}")
        if self.head_layers is not None and self.head not in ("mlp", "sbert"):
            raise ValueError(
                f"head_layers {self.head_layers} is for heads mlp and sbert; head is {self.head}"
            )
        if self.head == "cosine" and self.range is None:
            raise ValueError("head cosine gives a similarity; the task has classes")
        if self.loss == "mse" and self.range is None:
            raise ValueError("loss mse needs a `range`; the task has classes")
        if (self.metric == "pearson") != (self.range is not None):
            raise ValueError(
                f"metric {self.metric} does not fit: accuracy is for classes, pearson for a range"
            )
        return self

    @property
    def has_test(self) -> bool:
        """Whether there are labelled rows to score once, after all choices are made."""
        return isinstance(self.source, DemoSource) or self.source.test is not None

    @property
    def outputs(self) -> int:
        """Size of the head's output: one logit per class, or one for a similarity."""
        return self.classes or 1

    @property
    def hidden_layers(self) -> int:
        """Hidden layers of the head."""
        if self.head_layers is not None:
            return self.head_layers
        return 2 if self.head == "mlp" else 0

    @property
    def head_concatenation(self) -> Concatenation:
        """What the head sees of a pair."""
        return (self.concatenation or "uv_absdiff") if self.head == "sbert" else "uv"


def unit_score(task: Task, score: float) -> float:
    """Puts a dev score on 0–1: an accuracy as it is, a correlation r as (r + 1) / 2."""
    return (score + 1) / 2 if task.metric == "pearson" else score


def overall_score(tasks: Mapping[str, Task], scores: Mapping[str, float]) -> float:
    """Mean over the tasks of each dev score put on 0–1 (the paper's `overall`)."""
    return sum(unit_score(task, scores[name]) for name, task in tasks.items()) / len(tasks)


def overall_formula(tasks: Mapping[str, Task]) -> str:
    """The formula of `overall` in words, for example ``overall = (sst + para + (sts + 1) / 2) / 3``."""
    terms = [f"({name} + 1) / 2" if task.metric == "pearson" else name for name, task in tasks.items()]
    if len(terms) == 1:
        return f"overall = {terms[0]}"
    return f"overall = ({' + '.join(terms)}) / {len(terms)}"
