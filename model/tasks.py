"""What a task is: its rows, what its labels are, its head, loss and metric."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .frozen import Frozen
from .heads import ACTIVATIONS, HEADS, Concatenation, heads_with
from .label import Label, class_names_of, labels_misfit
from .losses import LOSSES
from .metrics import METRICS, TaskMetric
from .metrics.own import score_of
from .options import OptionsOf, options_misfit, whole_options
from .penalties import PENALTIES
from .predictions import Predictions
from .registry import OneOf, Registry, described
from .rule import reads
from .sources import Column, Source, has_test


def _dev_score(metrics: Registry[TaskMetric]) -> str:
    named = ", ".join(f"{name} ({metric.labels})" for name, metric in metrics.items())
    return f"Dev score, for the labels in brackets: {named}; see docs/metrics.md."


class Task(Frozen):
    """One task: its rows, labels, head, loss and metric. The trainer knows no task by name."""

    kind: Literal["single", "pair"] = Field(description="One sentence per row, or two.")
    classes: int | None = Field(
        None, ge=2, description="Number of classes; labels are 0 … classes - 1, unless `labels` names them."
    )
    range: tuple[float, float] | None = Field(None, description="Lowest and highest score of a similarity.")
    labels: tuple[Label | tuple[Label, ...], ...] | None = Field(
        None,
        min_length=2,
        description="The classes as the files name them, by names or numbers, in their order; a list in it: "
        "several names of one class. `classes` may then be left out.",
    )
    threshold: float | None = Field(
        None,
        description="Makes two classes of a score: 0 below, 1 from it on. `classes` may then be left out.",
    )
    missing: tuple[Label, ...] = Field(
        (),
        description="Values of the label's column that are no label, such as '-' or -1; their rows are left "
        "out and counted.",
    )
    source: Source = Field(description="Where its rows are: files, the hub, or the built-in corpus.")
    text: tuple[Column | tuple[Column, ...], ...] = Field(
        description="Columns of the text, by name or position: one for `single`, two for `pair`. Several in "
        "brackets are joined into one text, with a blank between."
    )
    label: Column = Field(description="Column of the label, by name or position.")
    groups: tuple[str, ...] = Field(
        (), description="Columns of the dev rows whose values name groups, scored apart in the report."
    )
    metric: Annotated[str, OneOf(METRICS, _dev_score)]
    metric_options: Annotated[dict[str, Any], OptionsOf(METRICS, "metric")] = Field(
        {}, description="Of a metric that is own code: its own settings, by name."
    )
    positive: int | None = Field(
        None, ge=0, description="Number of the class whose F1 metric f1 is, from 0; null: class 1 of two."
    )
    pair_encoding: Literal["apart", "joint"] = Field(
        "apart",
        description="Of pairs: apart: each sentence goes through the encoder by itself, and has an embedding "
        "of its own. joint: both in one sequence, as in a cross-encoder; for head linear or mlp.",
    )
    head: Annotated[str, OneOf(HEADS, described)] = "linear"
    head_options: Annotated[dict[str, Any], OptionsOf(HEADS, "head")] = Field(
        {}, description="Of a head that is own code: its own settings, by name."
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
    activation: Annotated[str, OneOf(ACTIVATIONS)] = Field(
        "relu", description="Activation of the hidden layers."
    )
    loss: Annotated[str, OneOf(LOSSES, described)] = "ce"
    loss_options: Annotated[dict[str, Any], OptionsOf(LOSSES, "loss")] = Field(
        {}, description="Of a loss that is own code: its own settings, by name."
    )
    penalty: Annotated[str, OneOf(PENALTIES)] | None = Field(
        None, description="What own code adds to the loss, by name; null: nothing."
    )
    penalty_options: Annotated[dict[str, Any], OptionsOf(PENALTIES, "penalty")] = Field(
        {}, description="Of that penalty: its own settings, by name."
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of a label that loss ce spreads evenly over all classes (Szegedy et al. 2016).",
    )
    sharpness: float | None = Field(
        None,
        gt=0,
        le=100,
        description="Of loss ordinal: soft labels are softmax(-sharpness * distance^2); null: 1.",
    )
    contrastive: float = Field(
        0.0,
        ge=0,
        description="Factor of a loss on the embeddings of pairs of two classes, added to that of the head: "
        "multiple negatives ranking, of each positive pair's second sentence among all of the batch "
        "(Henderson et al. 2017); 0: none.",
    )
    contrastive_scale: float | None = Field(
        None, gt=0, le=1000, description="Of `contrastive`: factor of the cosines; null: 20."
    )
    weight: float = Field(1.0, gt=0, description="Factor of the task's loss.")
    train_rows: int | None = Field(None, ge=1, description="Train on a fixed random subset of this size.")
    dev_rows: int | None = Field(None, ge=1, description="Evaluate on a fixed random subset of this size.")

    @model_validator(mode="before")
    @classmethod
    @reads()  # what it looks at, `_consistent` reads
    def _count_classes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("classes") is not None:
            return given
        if isinstance(labels := given.get("labels"), list | tuple) and len(labels) > 1:
            return {**given, "classes": len(labels)}
        return given if given.get("threshold") is None else {**given, "classes": 2}

    @model_validator(mode="after")
    @reads(
        *("kind", "classes", "range", "labels", "threshold", "missing", "text", "head", "pair_encoding"),
        *("concatenation", "head_layers", "loss", "label_smoothing", "sharpness"),
        *("contrastive", "contrastive_scale"),
    )
    def _consistent(self) -> Self:
        if misfit := labels_misfit(self.classes, self.range, self.labels, self.threshold, self.missing):
            raise ValueError(misfit)
        if (self.classes is None) == (self.range is None):
            raise ValueError("a task has either `classes` or a `range`")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty: the first number must be the lower one")
        if len(self.text) != (1 if self.kind == "single" else 2):
            raise ValueError(f"a task of kind {self.kind} cannot have {len(self.text)} text columns")
        if () in self.text:
            raise ValueError("text: brackets without a column")
        head = HEADS[self.head]
        if head.pairs_only and self.kind != "pair":
            raise ValueError(f"head {self.head} compares two sentences; kind is {self.kind}")
        self._check_pair_encoding()
        if self.concatenation is not None and head.concatenation is None:
            names = heads_with(lambda one: one.concatenation is not None)
            raise ValueError(f"concatenation {self.concatenation} is for {names}; head is {self.head}")
        if self.head_layers is not None and head.layers is None:
            names = heads_with(lambda one: one.layers is not None)
            raise ValueError(f"head_layers {self.head_layers} is for {names}; head is {self.head}")
        if head.range_only and self.range is None:
            raise ValueError(f"head {self.head} gives a similarity; the task has classes")
        self._check_loss()
        return self

    @model_validator(mode="after")
    @reads("classes", "metric", "positive")
    def _metric_of_labels(self) -> Self:
        metric = METRICS[self.metric]
        if metric.labels != ("range" if self.classes is None else "classes"):
            classes, scores = (
                ", ".join(name for name, one in METRICS.items() if one.labels == labels)
                for labels in ("classes", "range")
            )
            raise ValueError(
                f"metric {self.metric} does not fit: for classes there are {classes}; for a range {scores}"
            )
        if metric.two_classes and self.classes != 2:
            raise ValueError(f"metric {self.metric} is for two classes; the task has {self.classes}")
        if self.positive is not None and not metric.of_one_class:
            raise ValueError(f"positive {self.positive} is for metric f1; metric is {self.metric}")
        if metric.of_one_class and self.positive is None and self.classes != 2:
            raise ValueError(f"metric {self.metric} of {self.classes} classes needs `positive`, one of them")
        if self.classes is not None and (self.positive or 0) >= self.classes:
            raise ValueError(f"positive {self.positive} is no class; those are 0 to {self.classes - 1}")
        return self

    @model_validator(mode="after")
    @reads("metric", "head", "loss", "penalty")
    def _options_of_their_own(self) -> Self:
        for registry, name, options in self._own_options():
            if misfit := options_misfit(registry, name, options):
                raise ValueError(misfit)
        return self

    def _own_options(self) -> tuple[tuple[Registry[Any], str | None, dict[str, Any]], ...]:
        return (
            (HEADS, self.head, self.head_options),
            (LOSSES, self.loss, self.loss_options),
            (METRICS, self.metric, self.metric_options),
            (PENALTIES, self.penalty, self.penalty_options),
        )

    def options(self, kind: str) -> dict[str, Any]:
        """All options of its ``head``, or another kind, defaults included, by name; {} of ours."""
        chosen = (one for one in self._own_options() if one[0].kind == kind)
        return whole_options(*next(chosen))

    def _check_pair_encoding(self) -> None:
        """Whether there are pairs to encode together, and the head takes the one embedding that they have."""
        if self.pair_encoding == "apart":
            return
        if self.kind != "pair":
            raise ValueError(f"pair_encoding joint is for pairs; kind is {self.kind}")
        said = "compares two embeddings, and a pair has one under pair_encoding joint"
        if HEADS[self.head].pairs_only:
            fit = " or ".join(name for name, one in HEADS.items() if not one.pairs_only)
            raise ValueError(f"head {self.head} {said}: write head {fit}")
        if self.contrastive:
            raise ValueError(f"contrastive {self.contrastive:g} {said}")

    def _check_loss(self) -> None:
        """Whether the loss goes with the labels, the head and the settings that are of some losses alone."""
        loss = LOSSES[self.loss]
        if loss.classes is None and self.range is None:
            raise ValueError(f"loss {self.loss} needs a `range`; the task has classes")
        if loss.similarity is None and self.range is not None:
            raise ValueError(f"loss {self.loss} needs classes; the task has a `range`")
        if loss.ranks and self.range is not None and not HEADS[self.head].nonnegative:
            raise ValueError(f"loss {self.loss} is of cosines, for head cosine; head is {self.head}")
        for name in ("label_smoothing", "sharpness"):
            value = getattr(self, name)
            if value and (self.range is not None or name not in loss.settings):
                those = ", ".join(other for other, one in LOSSES.items() if name in one.settings)
                raise ValueError(f"{name} {value:g} is for classes under loss {those}; loss is {self.loss}")
        if self.contrastive and (self.kind != "pair" or self.classes != 2):
            labels = "a `range`" if self.classes is None else f"{self.classes} classes"
            wrong = f"the task has {labels}" if self.kind == "pair" else f"kind is {self.kind}"
            raise ValueError(f"contrastive {self.contrastive:g} is for pairs of two classes; {wrong}")
        if self.contrastive_scale is not None and not self.contrastive:
            raise ValueError(
                f"contrastive_scale {self.contrastive_scale:g} is for a `contrastive` above 0, which is 0"
            )

    @property
    def class_names(self) -> tuple[str, ...]:
        """What to call each class: the first of its names, else its number; none of a range."""
        return class_names_of(self.classes, self.labels, self.threshold)

    @property
    def positive_class(self) -> int:
        """The class of two that counts as the positive one: `positive`, else class 1."""
        return 1 if self.positive is None else self.positive

    @property
    def scorer(self) -> TaskMetric:
        """The metric, with what it has to know of the task."""
        return METRICS[self.metric].of(self)

    def score(self, predictions: Predictions) -> float:
        """The score of predictions by the metric."""
        scorer = self.scorer
        return score_of(scorer, scorer.given(predictions), predictions.labels)

    @property
    def has_test(self) -> bool:
        """Whether there are labelled rows to score once, after all choices are made."""
        return has_test(self.source)

    @property
    def text_columns(self) -> tuple[tuple[Column, ...], ...]:
        """The columns of each text; it has several where they are joined into one."""
        return tuple(columns if isinstance(columns, tuple) else (columns,) for columns in self.text)

    @property
    def columns(self) -> int:
        """Sequences of a row that go through the encoder, and embeddings that its head sees."""
        return 1 if self.pair_encoding == "joint" else len(self.text)

    @property
    def outputs(self) -> int:
        """Size of the head's output: one logit per class, or one for a similarity."""
        return self.classes or 1

    @property
    def hidden_layers(self) -> int:
        """Hidden layers of the head."""
        return (HEADS[self.head].layers or 0) if self.head_layers is None else self.head_layers

    @property
    def head_concatenation(self) -> Concatenation:
        """What the head sees of a pair."""
        return self.concatenation or HEADS[self.head].concatenation or "uv"
