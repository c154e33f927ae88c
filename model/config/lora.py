"""The settings of LoRA. Imports no torch."""

from typing import Self

from pydantic import Field, model_validator

from ..frozen import Frozen
from ..rule import reads


class LoraConfig(Frozen):
    """Low-rank adapters of an encoder whose own weights do not learn (model/network/lora.py)."""

    rank: int = Field(
        0,
        ge=0,
        le=1024,
        description="Of the adapter B·A that is added to each linear layer of the encoder's layers; they "
        "learn alone, the encoder's own weights stay (Hu et al. 2022); 0: none. Needs the extra lora.",
    )
    alpha: int | None = Field(
        None, ge=1, description="What an adapter gives is multiplied by alpha / rank; null: by 1."
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout on what goes into an adapter.")

    @model_validator(mode="after")
    @reads("rank", "alpha", "dropout")
    def _of_adapters(self) -> Self:
        for name, value in (("alpha", self.alpha), ("dropout", self.dropout)):
            if value and not self.rank:
                raise ValueError(f"{name} {value:g} is for a `rank` above 0, which is 0")
        return self
