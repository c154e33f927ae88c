"""What the network of own code has to have and to give, and the line that says what it does not."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel

from model.errors import EncoderError, PluginError
from model.heads import HEADS, Head
from model.network.multitask import MultitaskEncoder
from model.network.ownnetwork import check_network, check_noise, states_of
from model.registry import adding
from tests.model_tests.made import TASKS, TINY, config

MASK = torch.ones(4, 7, dtype=torch.long)


class Network(PreTrainedModel):
    config_class = PreTrainedConfig

    def __init__(self, words: nn.Module | None = None, **settings: Any) -> None:
        super().__init__(PreTrainedConfig(**settings))
        self.words = words

    def get_input_embeddings(self) -> Any:
        return super().get_input_embeddings() if self.words is None else self.words

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> None:
        pass


class Embedding(Network):
    def forward(self, attention_mask: Tensor, **more: Tensor) -> None:
        pass


def output(*shape: int, dtype: torch.dtype = torch.float32) -> SimpleNamespace:
    return SimpleNamespace(last_hidden_state=torch.zeros(shape, dtype=dtype))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "is a NoneType, expected a transformers.PreTrainedModel"),
        (nn.Linear(2, 2), "is a Linear, expected a transformers.PreTrainedModel"),
        (Network(), "has a config without hidden_size, the width of its states"),
        (Network(hidden_size=3), r"has no get_input_embeddings that gives its table of words"),
        (Network(nn.ReLU(), hidden_size=3), r"has no get_input_embeddings that gives its table of words"),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_what_is_no_network_of_an_encoder_is_refused(made: object, said: str) -> None:
    with pytest.raises(EncoderError, match=f"encoder.source mine: its network {said}"):
        check_network(made, "mine")


def test_one_with_a_width_and_words_is_taken() -> None:
    network = Network(nn.Embedding(9, 3), hidden_size=3)
    assert check_network(network, "mine") is network


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "a NoneType without a tensor last_hidden_state"),
        ((torch.zeros(4, 7, 3),), "a tuple without a tensor last_hidden_state"),
        (SimpleNamespace(last_hidden_state=(1,)), "a SimpleNamespace without a tensor last_hidden_state"),
        (output(4, 7, 5), r"last_hidden_state \[4, 7, 5\] of float32"),
        (output(4, 3), r"last_hidden_state \[4, 3\] of float32"),
        (output(4, 1, 3), r"last_hidden_state \[4, 1, 3\] of float32"),
        (output(4, 7, 3, dtype=torch.int64), r"last_hidden_state \[4, 7, 3\] of int64"),
    ],
)
def test_what_it_gives_has_its_shape(given: object, said: str) -> None:
    expected = r"\[4, 7, 3\] of floats \(sentences, length, config.hidden_size\)"
    with pytest.raises(EncoderError, match=rf"^encoder.source mine gives {said}, expected {expected}$"):
        states_of(given, MASK, 3, "mine")
    right = output(4, 7, 3)
    assert states_of(right, MASK, 3, "mine") is right.last_hidden_state


def test_smart_needs_one_that_takes_embeddings_of_words() -> None:
    check_noise(Embedding(), "mine")
    with pytest.raises(EncoderError, match=r"^smart.enabled: encoder.source mine takes no inputs_embeds"):
        check_noise(Network(), "mine")


@pytest.mark.parametrize(
    ("shape", "given"),
    [((3,), r"\[3\]"), ((3, 6), r"\[3, 6\]"), ((3, 4), r"\[3, 4\]"), ((1, 5), r"\[1, 5\]"), ((3, 5), None)],
)
def test_a_head_of_own_code_gives_so_many_outputs_for_each_row(
    shape: tuple[int, ...], given: str | None
) -> None:
    """One more than there are classes, and a class would be predicted that there is not."""

    class Shaped(nn.Module):
        def forward(self, *embeddings: Tensor) -> Tensor:
            return torch.zeros(shape)

    with adding("mine.py"):
        HEADS.add("shaped", Head("of a shape", lambda task, size, dropout: Shaped()))
    try:
        tasks = {"sst": TASKS["sst"].model_copy(update={"head": "shaped"}), "para": TASKS["para"]}
        model, ids = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0), torch.ones(3, 4).long()
        assert model("para", 2, ids.repeat(2, 1), ids.repeat(2, 1)).shape == (3, 2)
        if given is None:
            assert model("sst", 1, ids, ids).shape == (3, 5)
        else:
            with pytest.raises(PluginError, match=rf"head shaped gives a tensor {given}, expected \[3, 5\]"):
                model("sst", 1, ids, ids)
    finally:
        HEADS.remove("shaped")
