"""Optimizers against the published update rules; the learning rate against its definition."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn
from transformers import ConvBertConfig, ConvBertModel

from model.config import TrainConfig
from model.optim import build_optimizer, has_wide_biases, learning_rate, set_learning_rate
from tests.model_tests.made import TASKS


def config(**settings: object) -> TrainConfig:
    return TrainConfig.model_validate({"tasks": TASKS, **settings})


def steps(name: str, gradients: torch.Tensor, lr: float, decay: float) -> torch.Tensor:
    """Three updates of a weight matrix of ones, by the formulas, in double precision."""
    weight = torch.ones(2, 2, dtype=torch.float64)
    first, second = torch.zeros_like(weight), torch.zeros_like(weight)
    for t, gradient in enumerate(gradients.double(), start=1):
        g = gradient if name == "adamw" else gradient + decay * weight
        if name == "sgd":
            first = 0.9 * first + g
            weight = weight - lr * first
            continue
        if name == "adamw":
            weight = weight * (1 - lr * decay)
        first = 0.9 * first + 0.1 * g
        second = 0.999 * second + 0.001 * g**2
        corrected = (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
        weight = weight - lr * corrected
    return weight


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_updates_follow_the_published_rule(name: str) -> None:
    layer = nn.Linear(2, 2)
    nn.init.ones_(layer.weight)
    optimizer = build_optimizer(layer, nn.Identity(), config(optimizer=name, weight_decay=0.3))
    set_learning_rate(optimizer, 0.1)
    gradients = torch.randn(3, 2, 2, generator=torch.Generator().manual_seed(0))
    for gradient in gradients:
        layer.weight.grad = gradient.clone()
        optimizer.step()
    torch.testing.assert_close(
        layer.weight.detach().double(), steps(name, gradients, 0.1, 0.3), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("adamw", partial(torch.optim.AdamW, fused=False)),
        ("adam", partial(torch.optim.Adam, fused=False)),
        ("sgd", partial(torch.optim.SGD, momentum=0.9)),
    ],
)
def test_updates_equal_those_of_torch_on_the_same_gradients(
    name: str, peer: Callable[..., torch.optim.Optimizer]
) -> None:
    torch.manual_seed(0)
    encoder, heads = nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5)), nn.Linear(5, 2)
    ours = build_optimizer(
        encoder, heads, config(optimizer=name, weight_decay=0.1, head_learning_rate_scale=5)
    )
    network = [*encoder.parameters(), *heads.parameters()]
    copies = [p.detach().clone().requires_grad_() for p in network]
    decays = [0.1 if p.ndim == 2 else 0.0 for p in network]
    scales = [1, 1, 1, 1, 5, 5]
    theirs = peer([{"params": [p], "weight_decay": d} for p, d in zip(copies, decays, strict=True)])
    for rate in (0.1, 0.05, 0.02, 0.01):
        for group, scale in zip(theirs.param_groups, scales, strict=True):
            group["lr"] = rate * scale
        for parameter, copy in zip(network, copies, strict=True):
            copy.grad = torch.randn_like(copy)
            parameter.grad = copy.grad.clone()
        set_learning_rate(ours, rate)
        ours.step()
        theirs.step()
    for parameter, copy in zip(network, copies, strict=True):
        torch.testing.assert_close(parameter, copy, check_stride=False)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_rate_rises_over_the_warm_up(schedule: str) -> None:
    given = config(learning_rate=1.0, warmup=0.1, schedule=schedule)
    assert [learning_rate(given, step, 100) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])


def test_rate_after_the_warm_up_follows_the_schedule() -> None:
    def at(schedule: str, step: int) -> float:
        return learning_rate(config(learning_rate=1.0, warmup=0.1, schedule=schedule), step, 100)

    for step in (10, 40, 99):
        done = (step - 10) / 90
        assert at("constant", step) == 1.0
        assert at("linear", step) == pytest.approx(1 - done)
        assert at("cosine", step) == pytest.approx(0.5 + 0.5 * math.cos(math.pi * done))


def test_no_warm_up_begins_at_the_peak() -> None:
    assert learning_rate(config(learning_rate=1.0, warmup=0.0), 0, 10) == 1.0


def test_a_bias_of_two_axes_is_not_decayed() -> None:
    """As those of a ConvBERT's convolutions, ``[channels, 1]``."""
    sizes = {"hidden_size": 16, "embedding_size": 16, "num_attention_heads": 4, "intermediate_size": 16}
    model = ConvBertModel(ConvBertConfig(vocab_size=20, num_hidden_layers=1, **sizes))
    groups = build_optimizer(model, nn.Linear(3, 2), config(weight_decay=0.3)).param_groups
    decayed = {id(parameter) for group in groups if group["weight_decay"] for parameter in group["params"]}
    expected = {name: p.ndim >= 2 and not name.endswith(".bias") for name, p in model.named_parameters()}
    assert {name: id(p) in decayed for name, p in model.named_parameters()} == expected
    assert any(p.ndim == 2 and name.endswith(".bias") for name, p in model.named_parameters())
    assert has_wide_biases(model)
    assert not has_wide_biases(nn.Linear(3, 2))
