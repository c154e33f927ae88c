"""The settings of the encoder. Imports no torch."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from ..encoders import ENCODERS
from ..frozen import Frozen
from ..options import OptionsOf, options_misfit, whole_options
from ..registry import OneOf, described
from ..rule import reads
from .lora import LoraConfig

DROPOUT_LEVELS = 2**16
"""Values of the random number by which a CPU drops values in the encoder: it rounds probabilities to them."""

DROPOUT_BELOW = 1 - 0.5 / DROPOUT_LEVELS
"""Where ``encoder.dropout`` would be rounded to 1, and what is left be scaled by infinity.

A configuration may hold more, as records of earlier versions do; a study file may not.
"""


LAYERS = 48
"""Layers of an encoder at most."""


def _some_layers(freeze: Any) -> Any:
    """What is frozen; of a number that is none of layers it is said what may be, where a union is silent."""
    if isinstance(freeze, int | float) and (type(freeze) is not int or not 1 <= freeze <= LAYERS):
        raise ValueError(f"must be embeddings, all, or a whole number of layers from 1 to {LAYERS}")
    return freeze


_Frozen = Annotated[
    Literal["embeddings", "all"] | Annotated[int, Strict(), Field(ge=1, le=LAYERS)] | None,
    BeforeValidator(_some_layers),
]


class EncoderConfig(Frozen):
    """The shared network under the heads."""

    source: Annotated[str, OneOf(ENCODERS, described)] = "tiny"
    source_options: Annotated[dict[str, Any], OptionsOf(ENCODERS, "source")] = Field(
        {}, description="Of a source that is own code: its own settings, by name."
    )
    name: str | None = Field(None, description="Model name or folder; for source hub only.")
    pooling: Literal["cls", "mean", "max"] = Field(
        "cls", description="How token vectors become one sentence embedding."
    )
    layer_pooling: Literal["last", "weighted"] = Field(
        "last",
        description="Which token vectors become it: last: those of the last layer. weighted: the mean of "
        "those of the embeddings and of all layers, by weights that are learned (Peters et al. 2018).",
    )
    dropout: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Dropout inside the encoder, below 0.99999; null keeps the model's own (BERT: 0.1).",
    )
    max_length: int = Field(128, ge=4, le=512, description="Longest sentence in tokens; the rest is cut.")
    freeze: _Frozen = Field(
        None,
        description="What of the encoder does not learn: its embeddings, with those of relative positions; "
        "these and so many of its first layers; or all of it, which is then without dropout, and embeds each "
        "sentence once for all trials.",
    )
    reinitialize: int = Field(
        0,
        ge=0,
        le=LAYERS,
        description="Top layers of a pretrained encoder whose weights are drawn anew before training, with "
        "those of the layer on [CLS] where there is one (Zhang et al. 2021).",
    )
    lora: LoraConfig = LoraConfig()
    layers: int = Field(2, ge=1, le=LAYERS, description="Layers of the tiny encoder.")
    hidden_size: int = Field(64, ge=8, description="Width of the tiny encoder; a multiple of its heads.")
    attention_heads: int = Field(4, ge=1, description="Attention heads of the tiny encoder.")
    vocabulary: int = Field(
        2000,
        ge=100,
        description="Entries of the WordPiece vocabulary that is built from the training text: all "
        "characters, however many, and up to this number the most frequent words.",
    )

    @property
    def location(self) -> str:
        """Where a hub model is loaded from: its name there, or a folder; ``~`` is the home of who trains."""
        name = str(self.name)
        with suppress(RuntimeError):  # of a user who is not known: loading says that there is no such model
            return str(Path(name).expanduser()) if name.startswith("~") else name
        return name

    def options(self) -> dict[str, Any]:
        """All options of a source that is own code, defaults included, by name; {} of ours."""
        return whole_options(ENCODERS, self.source, self.source_options)

    @model_validator(mode="after")
    @reads("source")
    def _options_of_its_own(self) -> Self:
        if misfit := options_misfit(ENCODERS, self.source, self.source_options):
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    @reads("source", "name")
    def _named(self) -> Self:
        if (self.source == "hub") != (self.name is not None):
            raise ValueError("`name` goes with source hub, and source hub needs it")
        return self

    @model_validator(mode="after")
    @reads("source", "freeze", "reinitialize")
    def _drawn_anew(self) -> Self:
        if self.reinitialize and (self.source == "tiny" or self.freeze is not None):
            reason = "a tiny one is drawn as a whole" if self.source == "tiny" else f"freeze is {self.freeze}"
            raise ValueError(
                f"reinitialize {self.reinitialize} is for a pretrained encoder that learns; {reason}"
            )
        return self

    @model_validator(mode="after")
    @reads("lora.rank", "freeze", "reinitialize")
    def _adapted(self) -> Self:
        for name in ("freeze", "reinitialize"):
            value = getattr(self, name)
            if self.lora.rank and value:
                reason = "adapters learn alone" if name == "freeze" else "what is drawn anew has to learn"
                raise ValueError(
                    f"lora.rank {self.lora.rank} goes without {name}, which is {value}: {reason}"
                )
        return self

    @model_validator(mode="after")
    @reads("layer_pooling", "freeze")
    def _mixed(self) -> Self:
        if self.layer_pooling == "weighted" and self.freeze == "all":
            raise ValueError("layer_pooling weighted needs an encoder that learns; freeze is all")
        return self

    @model_validator(mode="after")
    @reads("hidden_size", "attention_heads")
    def _divided(self) -> Self:
        if self.hidden_size % self.attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is not a multiple of attention_heads {self.attention_heads}"
            )
        return self
