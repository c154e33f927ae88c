"""The learned mixture of layers against NumPy over the hidden states that transformers gives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import softmax
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from model.config import EncoderConfig
from model.errors import EncoderError
from model.network.clslayer import activation_of
from model.network.encoder import SentenceEncoder
from model.network.layermix import LayerMix
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer
from tests.model_tests.made import TINY, config
from tests.model_tests.network.cpu.kinds import (
    LENGTH,
    PAD,
    SMALL,
    VOCABULARY,
    assert_checkpointing_changes_no_gradient,
    batch,
    written,
)

ALL = [
    "albert",
    "bert",
    "camembert",
    "deberta-v2",
    "distilbert",
    "electra",
    "mpnet",
    "roberta",
    "xlm-roberta",
]
SCORES = torch.tensor([0.4, -0.9, 1.1])


def encoder(folder: Path, pooling: str = "mean", **settings: object) -> SentenceEncoder:
    given = {"source": "hub", "name": str(folder), "pooling": pooling, "max_length": LENGTH}
    made = SentenceEncoder(
        EncoderConfig.model_validate(given | {"layer_pooling": "weighted"} | settings), VOCABULARY, PAD
    )
    assert made.mix is not None
    with torch.no_grad():
        made.mix.scores.copy_(SCORES)
    return made.double().eval()


def pooled(states: NDArray[np.float64], mask: Tensor, pooling: str) -> NDArray[np.float64]:
    here = mask.numpy()[..., None]
    if pooling == "mean":
        return (states * here).sum(1) / here.sum(1)
    return np.where(here == 1, states, -np.inf).max(1)


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("kind", ALL)
def test_token_vectors_are_the_mixture_of_all_hidden_states(kind: str, pooling: str, tmp_path: Path) -> None:
    ids, mask = batch()
    folder = written(kind, tmp_path)
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    with torch.no_grad():
        output = plain(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        ours = encoder(folder, pooling)(ids, mask)
    states = np.stack([state.numpy() for state in output.hidden_states])
    expected = np.einsum("l,lsto->sto", softmax(SCORES.double().numpy()), states)
    np.testing.assert_allclose(ours.numpy(), pooled(expected, mask, pooling), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", ["albert", "bert", "mpnet", "roberta"])
def test_a_layer_on_cls_is_applied_to_the_mixture(kind: str, tmp_path: Path) -> None:
    ids, mask = batch()
    folder = written(kind, tmp_path)
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    with torch.no_grad():
        output = plain(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        ours = encoder(folder, "cls")(ids, mask)
    states = np.stack([state[:, 0].numpy() for state in output.hidden_states])
    mixed = np.einsum("l,lso->so", softmax(SCORES.double().numpy()), states)
    layer = plain.pooler if kind == "albert" else plain.pooler.dense
    expected = np.tanh(mixed @ layer.weight.detach().numpy().T + layer.bias.detach().numpy())
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", sorted({*ALL} - {"deberta-v2"}))
def test_a_packed_batch_gives_what_a_padded_one_does_and_its_gradients(kind: str, tmp_path: Path) -> None:
    ids, mask = batch()
    made = encoder(written(kind, tmp_path))
    names, parameters = zip(*made.named_parameters(), strict=True)
    found = []
    for packed in (True, False):
        if not packed:
            made.bert.set_attn_implementation("eager")
            made._packed.leave()  # type: ignore[union-attr]
            made._packed = None
        output = made(ids, mask)
        gradients = torch.autograd.grad(output.square().sum(), parameters, allow_unused=True)
        found.append((output, dict(zip(names, gradients, strict=True))))
    (one, mine), (other, theirs) = found
    torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)
    assert mine["mix.scores"].abs().min() > 1e-6
    for name, gradient in mine.items():
        if gradient is not None:
            torch.testing.assert_close(gradient, theirs[name], rtol=1e-6, atol=1e-8, msg=name)


def test_at_first_it_is_the_mean_and_finite_differences_give_its_gradient() -> None:
    mix = LayerMix(3).double()
    states = torch.randn(4, 2, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mix(states.unbind()), states.mean(dim=0))

    def mixed(scores: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(mix, {"scores": scores}, (states.unbind(),))
        return result

    assert torch.autograd.gradcheck(mixed, (torch.randn(4, dtype=torch.float64, requires_grad=True),))


def test_an_encoder_that_shows_other_layers_is_refused() -> None:
    with pytest.raises(
        EncoderError, match=r"layer_pooling weighted: it gives 2 hidden states, expected .* 3 lay"
    ):
        LayerMix(3)([torch.zeros(1, 2, 4)] * 2)


def test_checkpointed_activations_give_the_same_gradient(tmp_path: Path) -> None:
    folder = written("bert", tmp_path)
    assert_checkpointing_changes_no_gradient(lambda: encoder(folder, dropout=0.0))


@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_its_weights_learn_at_the_rate_of_the_heads_and_are_not_decayed(decay: float) -> None:
    given = config(
        encoder=TINY | {"layer_pooling": "weighted"}, head_learning_rate_scale=3.0, layer_decay=decay
    )
    model = MultitaskEncoder(given, 300, 0)
    optimizer = build_optimizer(model.encoder, model.above, given)
    assert model.encoder.mix is not None
    (group,) = [g for g in optimizer.param_groups if any(p is model.encoder.mix.scores for p in g["params"])]
    assert (group["scale"], group["weight_decay"]) == (3.0, 0.0)
    placed = [id(p) for g in optimizer.param_groups for p in g["params"]]
    assert len(placed) == len({*placed}) == len(list(model.parameters()))


def test_an_encoder_that_does_not_learn_has_no_weights_to_learn() -> None:
    with pytest.raises(
        ValidationError, match="layer_pooling weighted needs an encoder that learns; freeze is all"
    ):
        EncoderConfig(layer_pooling="weighted", freeze="all")


def bigbird(folder: Path) -> Path:
    """One whose layer on [CLS] is linear, with its activation beside it, as an ALBERT's."""
    torch.manual_seed(3)
    settings = AutoConfig.for_model("big_bird", attention_type="original_full", sep_token_id=2, **SMALL)
    AutoModel.from_config(settings).save_pretrained(folder)
    return folder


def test_a_bigbird_s_layer_on_cls_is_applied_to_the_mixture(tmp_path: Path) -> None:
    ids, mask = batch()
    plain = AutoModel.from_pretrained(bigbird(tmp_path)).double().eval()
    with torch.no_grad():
        output = plain(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        ours = encoder(tmp_path, "cls")(ids, mask)
    states = np.stack([state[:, 0].numpy() for state in output.hidden_states])
    mixed = np.einsum("l,lso->so", softmax(SCORES.double().numpy()), states)
    weight, bias = (one.detach().numpy() for one in (plain.pooler.weight, plain.pooler.bias))
    np.testing.assert_allclose(ours.numpy(), np.tanh(mixed @ weight.T + bias), rtol=1e-7, atol=1e-9)


def test_what_stands_behind_a_layer_on_cls_is_known_or_refused(tmp_path: Path) -> None:
    assert isinstance(activation_of(encoder(bigbird(tmp_path / "one"), "cls").bert), nn.Tanh)
    assert isinstance(activation_of(encoder(written("albert", tmp_path / "two"), "cls").bert), nn.Tanh)
    with pytest.raises(EncoderError, match="in a bert it is not known what stands behind its layer on"):
        activation_of(encoder(written("bert", tmp_path / "three")).bert)
