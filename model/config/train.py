"""Every setting of a trial, in one frozen object that is checked when it is built. Imports no torch."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import to_json

from ..earlier import renamed
from ..frozen import Frozen
from ..heads import ACTIVATIONS
from ..losses import LOSSES
from ..overall import Overall
from ..penalties import PENALTIES
from ..registry import OneOf
from ..result import TRAINED
from ..rule import reads
from ..sampling import Sampling
from ..tasks import Task
from .average import AverageConfig
from .canonical import canonical
from .distillation import DistillationConfig
from .encoder import EncoderConfig
from .gradient import METHODS, GradientStorage
from .optim import OPTIMIZERS, SCHEDULES
from .part import embedded_once_misfit, part_misfit, parts_of, passes_misfit
from .smart import SmartConfig

__all__ = ["EncoderConfig", "Task", "TrainConfig"]


Precision = Literal["fp32", "bf16", "auto"]


class TrainConfig(Frozen):
    """Every setting of one trial. Two equal configurations on equal data train to equal weights."""

    tasks: dict[str, Task] = Field(min_length=1, description="The tasks, by short name, in report order.")
    train_tasks: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="The tasks that are trained and scored, by name; the others are left out, and a trial "
        "without one of them has no overall: it is judged by the mean of those alone; null: all.",
    )
    overall: Overall = Overall()
    encoder: EncoderConfig = EncoderConfig()
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout before each linear layer of the heads.")
    learning_rate: float = Field(1e-5, gt=0, le=1, description="Peak learning rate.")
    pair_layer: Annotated[str, OneOf(ACTIVATIONS)] | None = Field(
        None,
        description="Activation of one linear layer, as wide as an embedding, that all tasks of pairs share "
        "between the embeddings and their heads; null: there is none.",
    )
    head_learning_rate_scale: float = Field(
        1.0, gt=0, description="Learning rate of what stands above the encoder as a multiple of its own."
    )
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Learning rate of each layer of the encoder as a multiple of that of the layer above it; "
        "the embeddings come below the first, and the top layer has the whole rate (Howard & Ruder 2018).",
    )
    weight_decay: float = Field(0.01, ge=0, le=10, description="Weight decay; none on biases and norms.")
    optimizer: Annotated[str, OneOf(OPTIMIZERS)] = Field(
        "adamw", description="adamw decouples the decay; adam adds it to the gradient; sgd has momentum 0.9."
    )
    batch_size: int = Field(32, ge=1, description="Rows of a task in one step.")
    accumulation: int = Field(
        1, ge=1, description="Parts in which a batch goes through the network, to save memory; same sum."
    )
    sampling: Sampling = Field(
        "joint",
        description="joint: every step takes one batch of each task. round_robin, proportional, square_root, "
        "annealed: every step takes one batch of one task, in turn or at random by the tasks' sizes.",
    )
    gradient: Annotated[str, OneOf(METHODS)] = Field(
        "sum",
        description="How the tasks' gradients become one; sum: no surgery. See model/config/gradient.py.",
    )
    gradient_storage: GradientStorage = Field(
        "fp32",
        description="How gradients wait for the other tasks' under surgery: fp32, bf16, or cpu.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations again in the backward pass instead of keeping them."
    )
    balance: Literal["static", "uncertainty"] = Field(
        "static",
        description="Of the tasks' losses: static: by the tasks' own weights. uncertainty: besides those by "
        "weights that are learned, from how uncertain each task is (Kendall et al. 2018).",
    )
    smart: SmartConfig = SmartConfig()
    r_drop: float = Field(
        0.0,
        ge=0,
        description="Factor of R-Drop: each batch goes through the network twice, with dropout of its own, "
        "and what the passes say should be the same (Liang et al. 2021, whose α is twice this); 0: once.",
    )
    distillation: DistillationConfig = DistillationConfig()
    average: AverageConfig = AverageConfig()
    mask_words: float = Field(
        0.0, ge=0, lt=1, description="Data augmentation: share of the words of training sentences to mask."
    )
    word_dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Data augmentation: share of the words of training sentences to leave out, drawn anew at "
        "each step; never all of a sentence (Iyyer et al. 2015).",
    )
    swap_pairs: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Data augmentation: share of training pairs whose sentences change places, drawn anew at "
        "each step.",
    )
    remove_dev_rows: bool = Field(False, description="Leave out training rows whose texts also stand in dev.")
    precision: Precision = Field(
        "fp32",
        description="Of the products in training and evaluation; weights stay fp32. bf16 needs hardware that "
        "computes it; auto: bf16 where the machine that begins the study does, and for all its trials.",
    )
    epochs: int = Field(10, ge=1, description="Passes over the data, with an evaluation after each.")
    steps_per_epoch: int | None = Field(
        None,
        ge=1,
        description="Steps between evaluations; null: one pass over the largest task, while the others start "
        "over (sampling joint), or as many steps as all tasks have batches.",
    )
    warmup: float = Field(0.1, ge=0, le=1, description="Share of all steps over which the rate rises from 0.")
    schedule: Annotated[str, OneOf(SCHEDULES)] = Field(
        "linear", description="Course of the learning rate after the warm-up; linear and cosine end near 0."
    )
    max_grad_norm: float | None = Field(1.0, gt=0, description="Clip the gradient to this norm; null: never.")
    train_sample: int = Field(
        500, ge=1, description="Training rows of each task, always the same, that are scored at every epoch."
    )
    score_test: bool = Field(
        False, description="Score the tasks' test rows too, at each best epoch; set by `sweeper confirm`."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="auto: the best one present.")
    threads: int | None = Field(
        None, ge=1, description="CPU threads of a trial; null: `resources.cpus`, else its share of the cores."
    )
    seed: int = Field(11711, ge=0, lt=2**32, description="Seed of weights, order and dropout.")

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, settings: Any) -> Any:
        return renamed(settings) if isinstance(settings, Mapping) else settings

    @field_validator("tasks")
    @classmethod
    def _named(cls, tasks: dict[str, Task]) -> dict[str, Task]:
        for name in tasks:
            if not name.isidentifier() or not name.islower() or name == "overall":
                raise ValueError(
                    f"task name {name!r} must be a lower-case identifier, and not overall, the tasks' mean"
                )
            if name == "training":
                raise ValueError(
                    f"task name {name!r} is taken: each part of a network in PyTorch has one so called"
                )
        return tasks

    @model_validator(mode="after")
    @reads("train_tasks", "gradient", "balance", "smart.enabled", "smart.tasks")
    def _named_tasks(self) -> Self:
        wanted = {f"gradient {self.gradient}": self.gradient != "sum", "balance": self.balance != "static"}
        between = [what for what, so in wanted.items() if so]
        misfit = part_misfit(self.train_tasks, self.tasks, between, self.overall, self.smart)
        if misfit:
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    @reads("gradient", "sampling")
    def _tasks_in_a_step(self) -> Self:
        if self.gradient != "sum" and self.sampling != "joint":
            raise ValueError(
                f"gradient {self.gradient} joins the tasks of a step; sampling {self.sampling} has one"
            )
        return self

    @model_validator(mode="after")
    @reads(
        *("encoder.freeze", "mask_words", "word_dropout", "layer_decay", "r_drop", "smart.enabled"),
        *("gradient", "train_tasks"),
        "tasks.*.contrastive",
    )
    def _learning_encoder(self) -> Self:
        wanting = {
            "mask_words": self.mask_words > 0,
            "word_dropout": self.word_dropout > 0,
            "layer_decay": self.layer_decay < 1,
            "r_drop": self.r_drop > 0,
            "smart.enabled": self.smart.enabled,
            f"gradient {self.gradient}": self.gradient != "sum",
            "contrastive": any(task.contrastive for task in self.trained.values()),
        }
        for what, wanted in wanting.items():
            if wanted and self.encoder.freeze == "all":
                raise ValueError(f"{what} needs an encoder that learns; encoder.freeze is all")
        return self

    @model_validator(mode="after")
    @reads("encoder.freeze", "swap_pairs", "tasks.*.pair_encoding", "tasks.*.head")
    def _embedded_once(self) -> Self:
        misfit = embedded_once_misfit(self.tasks, self.swap_pairs)
        if misfit and self.encoder.freeze == "all":
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    @reads("r_drop", "smart.enabled", "smart.weight", "average.name", "tasks.*.penalty", "train_tasks")
    def _beside_smart(self) -> Self:
        if misfit := passes_misfit(self.trained, self.r_drop, smart=self.smart.enabled):
            raise ValueError(misfit)
        if self.average.name != "none" and self.smart.enabled and self.smart.weight == "dynamic":
            raise ValueError(
                "smart.weight dynamic goes by scores of the weights that train, and average "
                f"{self.average.name} scores others"
            )
        return self

    @model_validator(mode="after")
    @reads("accumulation", *(f"tasks.*.{name}" for name in ("loss", "contrastive", "penalty")), "train_tasks")
    def _whole_batches(self) -> Self:
        if self.accumulation > 1 and self.whole_batches:
            raise ValueError(
                f"the loss of {', '.join(self.whole_batches)} compares the rows of a batch, and accumulation "
                f"{self.accumulation} would cut it into parts"
            )
        return self

    @model_validator(mode="after")
    @reads("pair_layer", "tasks.*.kind", "tasks.*.pair_encoding")
    def _pairs_to_share(self) -> Self:
        pairs = [task.pair_encoding for task in self.tasks.values() if task.kind == "pair"]
        if self.pair_layer is not None and "apart" not in pairs:
            why = "all are encoded together (pair_encoding joint)" if pairs else "no task is of kind pair"
            raise ValueError(f"pair_layer {self.pair_layer} is for tasks of pairs; {why}")
        return self

    @model_validator(mode="after")
    @reads("overall.formula", "tasks.*.metric", "tasks.*.loss")
    def _overall_of_tasks(self) -> Self:
        misfit = self.overall.misfit(self.tasks) or self.distillation.misfit(self.tasks)
        if misfit:
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    @reads("score_test", "train_tasks", *(f"tasks.*.source.{n}" for n in ("kind", "test", "split.test")))
    def _rows_to_score(self) -> Self:
        without = [name for name, task in self.trained.items() if not task.has_test]
        if self.score_test and without:
            raise ValueError(f"score_test needs test rows; these tasks name none in their source: {without}")
        return self

    @property
    def whole_batches(self) -> list[str]:
        """The tasks whose batches go through the network in one part: their loss compares the rows."""
        return [name for name, task in self.trained.items() if _compares_rows(task)]

    @property
    def trained(self) -> dict[str, Task]:
        """The tasks that are trained and scored, in report order."""
        chosen = self.train_tasks
        return {name: task for name, task in self.tasks.items() if chosen is None or name in chosen}

    @property
    def objective(self) -> str:
        """The score that judges the trial: ``overall``, or the mean of its tasks where these are not all."""
        return "overall" if len(self.trained) == len(self.tasks) else TRAINED

    def of_trained(self) -> Self:
        """The same trial of a workload that has no other tasks than those that are trained."""
        if self.objective == "overall":
            return self
        parts = parts_of(self.trained, self.overall, self.smart, self.distillation, self.pair_layer)
        return self.model_copy(update=parts)

    @property
    def bf16(self) -> bool | str:
        """The precision as the first fingerprints had it (`canonical`): whether it is bf16, or ``auto``."""
        return self.precision if self.precision == "auto" else self.precision == "bf16"

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal configurations, equal fingerprint, in later versions too."""
        return hashlib.sha256(to_json(canonical(self), inf_nan_mode="null")).hexdigest()


def _compares_rows(task: Task) -> bool:
    penalty = PENALTIES[task.penalty] if task.penalty else None
    return LOSSES[task.loss].ranks or task.contrastive > 0 or (penalty is not None and penalty.ranks)
