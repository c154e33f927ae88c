"""SMART's other terms: the released divergence, the averaged weights, the weight by task."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model.config.smart import SmartConfig, task_weight
from model.network.cpu.packing import Packing
from model.network.multitask import MultitaskEncoder
from model.outputs import divergence
from model.smart import Smart, released_divergence
from tests.model_tests.made import TINY as MADE
from tests.model_tests.made import config
from tests.model_tests.smoothed import (
    NAMES,
    TASKS,
    gradients,
    smart,
    spied,
    symmetric_kl,
    tiny,
    tiny_inputs,
)


def test_a_task_may_be_called_as_a_method_of_pytorch_s() -> None:
    penalties = []
    for name in ("sst", "type"):
        torch.manual_seed(0)
        tasks = {name: TASKS["sst"]}
        model = MultitaskEncoder(config(tasks=tasks, encoder=MADE), vocabulary_size=30, pad_id=0).train()
        regulariser = Smart(model, SmartConfig(enabled=True), tasks, 10, seed=3)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1.5)  # away from their average
        penalties.append(regulariser.loss(name, *tiny_inputs("sst")[1:])[1].item())
    assert penalties[0] == penalties[1] > 0


@pytest.mark.parametrize("name", ["sst", "sts", "para"])
@pytest.mark.parametrize("steps", [1, 2])
def test_released_mode_equals_smart_pytorch_on_the_same_noise(name: str, steps: int) -> None:
    package = pytest.importorskip("smart_pytorch", reason="smart-pytorch is not installed")
    model, (_, columns, ids, mask) = tiny(), tiny_inputs(name)
    regulariser, noises = spied(model, mode="released", steps=steps, sigma=1e-5, step_size=1e-3)
    torch.manual_seed(5)
    _, penalty = regulariser.loss(name, columns, ids, mask)
    found = gradients(penalty, model)

    words = model.encoder.bert.get_input_embeddings()(ids)
    packing = Packing(mask)

    def outputs_of(embedded: Tensor) -> Tensor:
        inputs = {"inputs_embeds": packing.pack(embedded), "position_ids": packing.positions}
        states = packing.spread(model.encoder.bert(**inputs, packing=packing).last_hidden_state)
        pooled = (states * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        result: Tensor = model.heads[name](*pooled.chunk(columns))
        return result

    if TASKS[name].range is None:
        losses = {
            "loss_fn": package.kl_loss,
            "loss_last_fn": functools.partial(package.sym_kl_loss, reduction="batchmean"),
        }
    else:
        losses = {"loss_fn": nn.functional.mse_loss}
    reference = package.SMARTLoss(outputs_of, num_steps=steps, step_size=1e-3, noise_var=1e-5, **losses)
    torch.manual_seed(5)
    clean = outputs_of(words)

    def same_noise(like: Tensor, requires_grad: bool) -> Tensor:
        assert like.shape == noises[0].shape
        return (noises[0] / 1e-5).requires_grad_(requires_grad)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", same_noise)
        expected = reference(words, clean)
    torch.testing.assert_close(penalty, expected, rtol=1e-4, atol=1e-9)
    torch.testing.assert_close(found, gradients(expected, model), rtol=1e-3, atol=1e-7)


def test_released_divergence_has_the_value_of_the_symmetric_one() -> None:
    a, b = torch.randn(2, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(released_divergence(TASKS["sst"], a, b), divergence(TASKS["sst"], a, b))


@pytest.mark.parametrize("name", ["sst", "sts_mse"])
def test_the_bregman_term_is_the_divergence_from_the_averaged_weights(name: str) -> None:
    model, inputs = tiny(dropout=0.0).double(), tiny_inputs(name)
    regulariser = smart(model, strength=0, bregman=0.7)
    before = model(*inputs).detach()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    outputs, penalty = regulariser.loss(*inputs)
    a, b = outputs.detach().numpy(), before.numpy()
    expected = symmetric_kl(a, b) if name == "sst" else np.mean((a - b) ** 2)
    assert expected > 1e-5
    np.testing.assert_allclose(penalty.item(), 0.7 * expected, rtol=1e-9)
    constant = gradients(0.7 * divergence(TASKS[name], model(*inputs), before), model)
    torch.testing.assert_close(gradients(penalty, model), constant)


def test_the_average_follows_its_recursion() -> None:
    model = tiny().double()
    regulariser = smart(model, total_steps=100, bregman=1)
    weight = dict(model.named_parameters())["heads.sst.layers.7.bias"]
    expected = weight.detach().numpy().copy()
    for step in range(20):
        with torch.no_grad():
            weight.add_(step + 1)
        decay = 0.99 if step < 10 else 0.999
        expected = decay * expected + (1 - decay) * weight.detach().numpy()
        regulariser.after_step(step)
    average = regulariser.state_dict()["average.heads.sst.layers.7.bias"]
    np.testing.assert_allclose(average, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("train", "dev", "weight"), [(0.95, 0.51, 6.6), (0.5, 0.6, 0.0), (0.6, 0.6, 0.0), (1.0, -1.0, 15.0)]
)
def test_the_dynamic_weight_follows_the_gap(train: float, dev: float, weight: float) -> None:
    config = SmartConfig(weight="dynamic", strength=3, target_gap=0.2)
    assert task_weight(config, train, dev) == pytest.approx(weight)
    assert task_weight(config.model_copy(update={"weight": "static"}), train, dev) == 3


def test_dynamic_weights_change_by_task_after_an_epoch() -> None:
    model = tiny()
    regulariser = smart(model, weight="dynamic", tasks=("sst", "sts"), target_gap=0.5)
    assert regulariser.loss(*tiny_inputs("sst"))[1].item() == 0
    train, dev = {"sst": 0.9, "sts": 0.8, "para": 0.9}, {"sst": 0.5, "sts": 0.9, "para": 0.1}
    assert regulariser.after_epoch(train, dev) == pytest.approx({"sst": 0.8, "sts": 0.0})
    assert regulariser.loss(*tiny_inputs("sst"))[1].item() > 0
    assert regulariser.loss(*tiny_inputs("sts"))[1].item() == 0


def test_a_saved_state_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    def build() -> Smart:
        return smart(model, weight="dynamic", bregman=1)

    model = tiny()
    first = build()
    first.after_epoch(dict.fromkeys(TASKS, 0.9), dict.fromkeys(TASKS, 0.6))
    first.loss(*tiny_inputs("sst"))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.1)
    first.after_step(0)
    save_file(first.state_dict(), tmp_path / "smart.safetensors")
    second = build()
    second.load_state_dict(load_file(tmp_path / "smart.safetensors"))
    penalties = []
    for regulariser in (first, second):
        torch.manual_seed(5)
        penalties.append([regulariser.loss(*tiny_inputs(name))[1].item() for name in NAMES])
    assert penalties[0] == penalties[1]
    assert min(penalties[0]) > 0


def test_what_does_not_learn_is_not_averaged_and_changes_no_number() -> None:
    """Earlier versions averaged it too; their checkpoints are gone on from."""
    model = tiny()
    earlier = smart(model, strength=0, bregman=1)
    model.encoder.bert.embeddings.requires_grad_(requires_grad=False)
    now = smart(model, strength=0, bregman=1)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for step in range(3):
        with torch.no_grad():
            for parameter in learning:
                parameter.add_(0.05 * torch.randn_like(parameter))
        earlier.after_step(step)
        now.after_step(step)
    later = smart(model, strength=0, bregman=1)
    later.load_state_dict(earlier.state_dict())
    found = []
    for regulariser in (earlier, now, later):
        torch.manual_seed(5)
        found.append([regulariser.loss(*tiny_inputs(name))[1].item() for name in NAMES])
    assert found[0] == found[1] == found[2]
    assert min(found[0]) > 0
    averaged = {name for name in now.state_dict() if name.startswith("average.")}
    assert averaged == {f"average.{name}" for name, one in model.named_parameters() if one.requires_grad}
    assert averaged == {name for name in later.state_dict() if name.startswith("average.")}
    assert averaged < {*earlier.state_dict()}
