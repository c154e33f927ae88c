"""The network of a trial: one encoder, one head a task, and what heads of pairs may share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from transformers import PreTrainedModel

from ..config import TrainConfig
from ..errors import EncoderError
from ..heads import ACTIVATIONS, HEADS
from ..outputs import fine
from .encoder import SentenceEncoder
from .heads import build_head
from .ownnetwork import outputs_of
from .uncertainty import UncertaintyWeights


class MultitaskEncoder(nn.Module):
    """One encoder under the heads of all declared tasks.

    Args:
        config: The trial.
        vocabulary_size: Entries of the tokenizer.
        pad_id: Id of the padding token.
        pieces: Characters of each entry of the tokenizer, for heads that see the tokens.

    Attributes:
        encoder: The encoder.
        heads: The head of each task, by its name.
        reading: The tasks whose heads see the tokens.
        uncertainty: Learned weights of the tasks' losses; None without them.
        pair_layer: The layer that all tasks of pairs share; None without one.
    """

    def __init__(
        self, config: TrainConfig, vocabulary_size: int, pad_id: int, pieces: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.encoder = SentenceEncoder(config.encoder, vocabulary_size, pad_id)
        if config.gradient_checkpointing:
            _checkpoint(self.encoder.bert)
        self.heads = nn.ModuleDict()
        for name, task in config.tasks.items():
            # Past ModuleDict's own check, which refuses tasks called as one of its methods: `type`, `values`.
            self.heads._modules[name] = build_head(task, self.encoder.embedding_size, config.dropout, pieces)
        self.reading = frozenset(name for name, task in config.tasks.items() if HEADS[task.head].tokens)
        self._own = {
            name: (task.head, task.outputs)
            for name, task in config.tasks.items()
            if task.head in HEADS.foreign
        }
        self.uncertainty = UncertaintyWeights(config.tasks) if config.balance == "uncertainty" else None
        self.pair_layer: nn.Module | None = None
        if config.pair_layer is not None:
            size = self.encoder.embedding_size
            self.pair_layer = nn.Sequential(nn.Linear(size, size), ACTIVATIONS[config.pair_layer]())

    @property
    def above(self) -> nn.Module:
        """What begins untrained, above the encoder: heads, learned weights, the layer of the pairs."""
        parts = (self.heads, self.uncertainty, self.pair_layer, self.encoder.mix)
        return nn.ModuleList(part for part in parts if part is not None)

    @contextmanager
    def holding(self, weights: Mapping[str, Tensor]) -> Iterator[None]:
        """A context in which the network has other weights, of which none learns; nothing is copied.

        `torch.func.functional_call` does not find a head that is called as one of a module's own methods.

        Args:
            weights: Some for `named_parameters`, by their names; the others stay.
        """
        own = [
            (one, one.data, one.requires_grad, weights.get(name, one.data))
            for name, one in self.named_parameters()
        ]
        try:
            for parameter, _, _, other in own:
                # Autocast keeps what it made of a weight that learns, and would take that for the other's.
                parameter.requires_grad_(False).data = other
            yield
        finally:
            for parameter, data, learns, _ in own:
                parameter.data = data
                parameter.requires_grad_(learns)

    def forward(
        self,
        task: str,
        columns: int,
        input_ids: Tensor,
        attention_mask: Tensor,
        noise: Tensor | None = None,
        *,
        token_types: Tensor | None = None,
        seen: Callable[[Tensor], object] = lambda embeddings: None,
    ) -> Tensor:
        """Raw outputs of one task's head.

        Args:
            task: Name of the task.
            columns: Sequences of a row; the first and second sentences of pairs go through in one pass.
            input_ids: Token ids ``[columns · rows, length]``, all first sentences before all second ones.
            attention_mask: 1 for tokens and 0 for padding, same shape.
            noise: Added to the word embeddings, ``[columns · rows, length, word_embedding_size]``.
            token_types: Of pairs in one sequence, same shape as `input_ids`.
            seen: Hears the embeddings that the head sees, ``[columns · rows, size]``.

        Returns:
            ``[rows, outputs]``.
        """
        embeddings = self.encoder(input_ids, attention_mask, noise, token_types=token_types)
        return self.answer(task, columns, embeddings, seen, input_ids)

    def answer(
        self,
        task: str,
        columns: int,
        embeddings: Tensor,
        seen: Callable[[Tensor], object] = lambda embeddings: None,
        input_ids: Tensor | None = None,
    ) -> Tensor:
        """Raw outputs of one task's head for embeddings of the encoder; arguments as in `forward`.

        Those of pairs go through the layer that pairs share first, where there is one; a pair in one sequence
        has one embedding, which does not.

        Args:
            task: Name of the task.
            columns: Sequences of a row.
            embeddings: ``[columns · rows, size]``, all first sentences before all second ones.
            seen: Hears the embeddings that the head sees, same shape.
            input_ids: As in `forward`; for a head that sees the tokens.

        Returns:
            ``[rows, outputs]``.
        """
        if columns == 2 and self.pair_layer is not None:
            # As the encoder hands them on: in bf16 cosines have three digits, and may be above 1.
            embeddings = fine(self.pair_layer(embeddings))
        seen(embeddings)
        tokens = (
            {"tokens": input_ids.chunk(columns)} if input_ids is not None and task in self.reading else {}
        )
        outputs: Tensor = self.heads[task](*embeddings.chunk(columns), **tokens)
        if task in self._own:
            head, size = self._own[task]
            return outputs_of(outputs, (len(embeddings) // columns, size), head)
        return outputs


def _checkpoint(model: PreTrainedModel) -> None:
    if not model.supports_gradient_checkpointing:
        raise EncoderError(f"gradient_checkpointing: a {model.config.model_type} is not made for it")
    model.activation_checkpointing_enable()
