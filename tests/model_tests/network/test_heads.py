"""Heads against closed forms written in NumPy."""

import math

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from model.network.heads import build_head
from tests.model_tests.made import task


def embeddings(columns: int, rows: int = 7, size: int = 6) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(rows, size, generator=generator) for _ in range(columns)]


def layers(module: nn.Module) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
        for layer in module.modules()
        if isinstance(layer, nn.Linear)
    ]


@pytest.mark.parametrize("pair", [False, True])
def test_linear_head_is_one_layer_on_the_concatenation(pair: bool) -> None:
    head = build_head(task("linear", pair=pair, classes=5), 6, dropout=0.5).eval()
    given = embeddings(2 if pair else 1)
    [(weight, bias)] = layers(head)
    expected = np.concatenate([e.double().numpy() for e in given], axis=1) @ weight.T + bias
    np.testing.assert_allclose(head(*given).detach(), expected, rtol=1e-5, atol=1e-6)


def test_mlp_head_has_two_hidden_relu_layers() -> None:
    head = build_head(task("mlp", pair=False, classes=5), 6, dropout=0.5).eval()
    [given] = embeddings(1)
    (w1, b1), (w2, b2), (w3, b3) = layers(head)
    hidden = np.maximum(given.double().numpy() @ w1.T + b1, 0)
    hidden = np.maximum(hidden @ w2.T + b2, 0)
    np.testing.assert_allclose(head(given).detach(), hidden @ w3.T + b3, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("loss", "scale"), [("mse", 1.0), ("ce", 5.0)])
def test_cosine_head_gives_the_cosine_or_a_scaled_logit(loss: str, scale: float) -> None:
    head = build_head(task("cosine", pair=True, loss=loss), 6, dropout=0.5)
    u, v = embeddings(2)
    a, b = u.double().numpy(), v.double().numpy()
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(head(u, v).detach()[:, 0], scale * cosine, rtol=1e-5)


def test_cosine_scale_is_learned_and_stays_positive() -> None:
    head = build_head(task("cosine", pair=True, loss="ce"), 6, dropout=0.0)
    [scale] = head.parameters()
    with torch.no_grad():
        scale.fill_(-50.0)
    u, _ = embeddings(2)
    assert (head(u, u) > 0).all()
    head(u, u).sum().backward()
    assert scale.grad is not None
    assert math.isfinite(scale.grad.item())


@pytest.mark.parametrize("head", ["linear", "mlp", "sbert"])
def test_dropout_acts_in_training_only(head: str) -> None:
    built = build_head(task(head, pair=True, classes=2), 6, dropout=0.9)
    given = embeddings(2)
    assert not torch.equal(built(*given), built(*given))
    built.eval()
    assert torch.equal(built(*given), built(*given))


@pytest.mark.parametrize("concatenation", [None, "uv", "uv_absdiff", "uv_absdiff_product"])
def test_sbert_head_is_one_layer_on_what_its_concatenation_says(concatenation: str | None) -> None:
    declared = task("sbert", pair=True, classes=2).model_copy(update={"concatenation": concatenation})
    head = build_head(declared, 6, dropout=0.5).eval()
    u, v = embeddings(2)
    a, b = u.double().numpy(), v.double().numpy()
    parts = {"uv": [a, b], "uv_absdiff": [a, b, abs(a - b)], "uv_absdiff_product": [a, b, abs(a - b), a * b]}
    [(weight, bias)] = layers(head)
    expected = np.concatenate(parts[concatenation or "uv_absdiff"], axis=1) @ weight.T + bias
    np.testing.assert_allclose(head(u, v).detach(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("tanh", np.tanh),
        ("gelu", lambda x: x / 2 * (1 + special.erf(x / math.sqrt(2)))),
    ],
)
@pytest.mark.parametrize("head_layers", [1, 3])
def test_hidden_layers_and_activation_can_be_chosen(
    activation: str, formula: object, head_layers: int
) -> None:
    assert callable(formula)
    settings = {"activation": activation, "head_layers": head_layers}
    head = build_head(task("sbert", pair=True, classes=2).model_copy(update=settings), 6, dropout=0.5).eval()
    u, v = embeddings(2)
    a, b = u.double().numpy(), v.double().numpy()
    hidden = np.concatenate([a, b, abs(a - b)], axis=1)
    *inner, (weight, bias) = layers(head)
    assert len(inner) == head_layers
    for w, c in inner:
        hidden = formula(hidden @ w.T + c)
    np.testing.assert_allclose(head(u, v).detach(), hidden @ weight.T + bias, rtol=1e-5, atol=1e-6)
