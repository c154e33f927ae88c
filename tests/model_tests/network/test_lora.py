"""Low-rank adapters against W + (alpha / rank) B A by hand, packed and padded, merged and not."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from transformers import AutoModel

from model.config import EncoderConfig
from model.errors import EncoderError
from model.network.encoder import SentenceEncoder
from model.network.lora import merge
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer
from tests.model_tests.made import TINY, config
from tests.model_tests.network.cpu.kinds import (
    LENGTH,
    PAD,
    VOCABULARY,
    assert_checkpointing_changes_no_gradient,
    batch,
    written,
)

KINDS = ["bert", "camembert", "deberta-v2", "distilbert", "electra", "mpnet", "roberta", "xlm-roberta"]
RANK, ALPHA = 3, 12


def encoder(folder: Path, **settings: object) -> SentenceEncoder:
    """With adapters that give something: B is 0 as they are made."""
    lora = {"rank": RANK, "alpha": ALPHA}
    given = {"source": "hub", "name": str(folder), "pooling": "mean", "max_length": LENGTH, "lora": lora}
    torch.manual_seed(0)  # A is drawn
    made = SentenceEncoder(EncoderConfig.model_validate(given | settings), VOCABULARY, PAD).double().eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 10)
    return made


def by_hand(adapted: SentenceEncoder, folder: Path) -> nn.Module:
    """The encoder as it was written, of whose layers each weight is W + (alpha / rank) B A."""
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    state = adapted.bert.state_dict()
    changed = 0
    with torch.no_grad():
        for name, part in plain.named_modules():
            if f"{name}.base_layer.weight" in state:
                low, up = (state[f"{name}.lora_{letter}.default.weight"] for letter in "AB")
                assert low.shape == (RANK, part.in_features)
                part.weight += ALPHA / RANK * up @ low
                changed += 1
    layers = [
        name for name, part in plain.named_modules() if isinstance(part, nn.Linear) and ".layer." in name
    ]
    assert changed == len(layers) > 0
    return plain


def mean(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_it_computes_with_the_sum_of_both_weights(kind: str, grad: bool, tmp_path: Path) -> None:
    ids, mask = batch()
    folder = written(kind, tmp_path)
    adapted = encoder(folder)
    # Without a gradient BERT's widening layer goes another way.
    with torch.set_grad_enabled(grad):
        ours = adapted(ids, mask)
        theirs = mean(by_hand(adapted, folder)(input_ids=ids, attention_mask=mask).last_hidden_state, mask)
    torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("grad", [True, False])
def test_in_single_precision_too(grad: bool, tmp_path: Path) -> None:
    ids, mask = batch()
    adapted = encoder(written("bert", tmp_path))
    with torch.no_grad():
        exact = adapted(ids, mask)
    with torch.set_grad_enabled(grad):
        torch.testing.assert_close(adapted.float()(ids, mask).double(), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_merged_it_is_an_ordinary_encoder_of_the_same_outputs(kind: str, tmp_path: Path) -> None:
    ids, mask = batch()
    adapted = encoder(written(kind, tmp_path / "first"))
    with torch.no_grad():
        before = adapted(ids, mask)
        merge(adapted.bert)
        after = adapted(ids, mask)
    torch.testing.assert_close(after, before, rtol=1e-8, atol=1e-10)
    adapted.bert.save_pretrained(tmp_path / "second")
    assert not [name for name in adapted.bert.state_dict() if "lora" in name or "base_layer" in name]
    plain, info = AutoModel.from_pretrained(
        tmp_path / "second", attn_implementation="eager", output_loading_info=True
    )
    assert not info["unexpected_keys"]
    with torch.no_grad():
        states = plain.double().eval()(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(mean(states, mask), before, rtol=1e-8, atol=1e-10)


def test_only_adapters_learn_and_their_gradients_are_those_of_the_product(tmp_path: Path) -> None:
    ids, mask = batch()
    folder = written("bert", tmp_path)
    adapted = encoder(folder)
    adapted(ids, mask).square().sum().backward()
    learning = {name for name, parameter in adapted.named_parameters() if parameter.requires_grad}
    assert {name for name, p in adapted.named_parameters() if p.grad is not None} == learning
    assert all("lora_" in name for name in learning)
    plain = by_hand(adapted, folder)
    mean(plain(input_ids=ids, attention_mask=mask).last_hidden_state, mask).square().sum().backward()
    parameters = dict(adapted.bert.named_parameters())
    for name, part in plain.named_modules():
        if isinstance(part, nn.Linear) and ".layer." in name:
            low, up = (parameters[f"{name}.lora_{letter}.default.weight"] for letter in "AB")
            assert part.weight.grad is not None
            scaled = ALPHA / RANK * part.weight.grad
            torch.testing.assert_close(low.grad, up.T @ scaled, rtol=1e-6, atol=1e-8)
            torch.testing.assert_close(up.grad, scaled @ low.T, rtol=1e-6, atol=1e-8)


def test_at_first_it_computes_what_the_encoder_did(tmp_path: Path) -> None:
    ids, mask = batch()
    folder = written("bert", tmp_path)
    given = {"source": "hub", "name": str(folder), "max_length": LENGTH}
    plain, adapted = (
        SentenceEncoder(EncoderConfig.model_validate(given | more), VOCABULARY, PAD).eval()
        for more in ({}, {"lora": {"rank": 4}})
    )
    torch.testing.assert_close(adapted(ids, mask), plain(ids, mask))


def test_checkpointed_activations_give_the_same_gradient(tmp_path: Path) -> None:
    folder = written("bert", tmp_path)
    assert_checkpointing_changes_no_gradient(lambda: encoder(folder, dropout=0.0))


@pytest.mark.parametrize("decay", [1.0, 0.5])
def test_the_optimizer_has_what_learns_and_nothing_else(decay: float) -> None:
    given = config(encoder=TINY | {"lora": {"rank": 2}}, layer_decay=decay)
    model = MultitaskEncoder(given, 300, 0)
    groups = build_optimizer(model.encoder, model.above, given).param_groups
    placed = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(placed) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    adapters = sum(p.numel() for n, p in model.named_parameters() if "lora_" in n)
    # Of 32 × 32 there are four a layer, of 32 × 128 two.
    assert adapters == 2 * (4 * (32 + 32) + 2 * (32 + 128))


def test_layers_that_are_shared_have_no_adapters(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"encoder\.lora\.rank 3: in a albert it is not known"):
        encoder(written("albert", tmp_path))


def test_the_package_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.extras.PEFT", "a_package_that_is_not_there")
    given = config(encoder=TINY | {"lora": {"rank": 8}})
    said = r"encoder\.lora\.rank 8 needs the package .*: pip install 'sentence-sweeper\[lora\]'"
    with pytest.raises(EncoderError, match=said):
        MultitaskEncoder(given, 300, 0)
    MultitaskEncoder(config(encoder=TINY), 300, 0)


def test_it_is_imported_where_it_is_used_alone() -> None:
    code = "import sys, model.trainer, model.export; sys.exit('peft' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"freeze": "embeddings"},
            "lora.rank 3 goes without freeze, which is embeddings: adapters",
        ),
        (
            {"source": "minilm", "reinitialize": 1},
            "lora.rank 3 goes without reinitialize, which is 1: what",
        ),
        ({"lora": {"alpha": 8}}, "alpha 8 is for a `rank` above 0, which is 0"),
        ({"lora": {"dropout": 0.1}}, "dropout 0.1 is for a `rank` above 0, which is 0"),
    ],
)
def test_what_goes_without_adapters(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EncoderConfig.model_validate({"lora": {"rank": RANK}} | settings)
    assert said in str(caught.value)
