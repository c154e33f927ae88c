"""SMART against closed forms, finite differences and smart-pytorch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import Tensor

from model.config import TrainConfig
from model.config.smart import SmartConfig
from model.data.tokenizer import build_tokenizer
from model.network.multitask import MultitaskEncoder
from model.outputs import divergence
from model.smart import adversarial_noise
from tests.model_tests.made import needs_minilm
from tests.model_tests.smoothed import (
    NAMES,
    TASKS,
    gradients,
    sentences,
    smart,
    spied,
    symmetric_kl,
    tiny,
    tiny_inputs,
)


@pytest.fixture(scope="module")
def minilm() -> Iterator[MultitaskEncoder]:
    torch.manual_seed(0)
    config = TrainConfig.model_validate(
        {"tasks": TASKS, "encoder": {"source": "minilm", "pooling": "mean"}, "dropout": 0.1}
    )
    tokenizer = build_tokenizer(config.encoder, [])
    yield MultitaskEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id).train()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_the_divergence_follows_its_closed_form(scale: float) -> None:
    numbers = np.random.default_rng(0)
    for _ in range(20):
        a, b = scale * numbers.normal(size=(2, 6, 5))
        found = divergence(TASKS["sst"], torch.tensor(a), torch.tensor(b))
        np.testing.assert_allclose(found, symmetric_kl(a, b), rtol=1e-9)
        a, b = scale * numbers.normal(size=(2, 6, 1))
        found = divergence(TASKS["sts"], torch.tensor(a), torch.tensor(b))
        np.testing.assert_allclose(found, np.mean((expit(a) - expit(b)) ** 2), rtol=1e-9)
        found = divergence(TASKS["sts_mse"], torch.tensor(a), torch.tensor(b))
        np.testing.assert_allclose(found, np.mean((a - b) ** 2), rtol=1e-12)


def test_the_divergence_of_nearby_logits_keeps_its_digits_in_fp32() -> None:
    logits = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    others = logits + 1e-4 * torch.randn(8, 5, generator=torch.Generator().manual_seed(1))
    exact = symmetric_kl(logits.double().numpy(), others.double().numpy())
    np.testing.assert_allclose(divergence(TASKS["sst"], logits, others), exact, rtol=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_divergence_is_computed_in_fp32(name: str) -> None:
    outputs = torch.randn(4, TASKS[name].outputs).bfloat16()
    assert divergence(TASKS[name], outputs, outputs + 0.5).dtype == torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_noise_none_and_zero_noise_give_the_same_outputs(name: str) -> None:
    model, inputs = tiny().eval(), tiny_inputs(name)
    zero = torch.zeros(*inputs[2].shape, model.encoder.word_embedding_size)
    assert torch.equal(model(*inputs), model(*inputs, zero))


@needs_minilm
@pytest.mark.parametrize("settings", [{"sigma": 0, "steps": 0}, {"sigma": 0, "steps": 2}, {"epsilon": 0}])
@pytest.mark.parametrize("name", ["sst", "sts"])
def test_without_noise_the_regulariser_is_exactly_zero(
    minilm: MultitaskEncoder, name: str, settings: dict[str, Any]
) -> None:
    _, penalty = smart(minilm, **settings).loss(*sentences(minilm, name))
    assert penalty.item() == 0


@needs_minilm
def test_the_bregman_term_is_zero_while_the_weights_are_their_average(minilm: MultitaskEncoder) -> None:
    _, penalty = smart(minilm, strength=0, bregman=1).loss(*sentences(minilm, "sst"))
    assert penalty.item() < 1e-10


@needs_minilm
@pytest.mark.parametrize("name", ["sst", "sts"])
def test_noise_stays_in_the_ball_and_off_the_padding_at_every_step(
    minilm: MultitaskEncoder, name: str
) -> None:
    inputs = sentences(minilm, name)
    regulariser, noises = spied(minilm, epsilon=1e-2, sigma=1e-2, step_size=5e-3, steps=3)
    regulariser.loss(*inputs)
    assert len(noises) == 4
    for noise in noises:
        assert 5e-3 < noise.abs().max() <= 1e-2
        assert not noise[inputs[3] == 0].any()
        assert noise[inputs[3] == 1].all()


@needs_minilm
@pytest.mark.parametrize("name", ["sst", "sts", "para"])
def test_ascent_beats_random_signs_of_the_same_size(minilm: MultitaskEncoder, name: str) -> None:
    inputs = sentences(minilm, name)
    before = torch.get_rng_state()
    outputs, penalty = smart(minilm, epsilon=1e-2).loss(*inputs)
    signs = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(8):
        draw = torch.randn(*inputs[2].shape, 384, generator=signs).sign() * inputs[3].unsqueeze(-1)
        torch.set_rng_state(before)
        with torch.no_grad():
            losses.append(divergence(TASKS[name], minilm(*inputs, 1e-2 * draw), outputs).item())
    factor = penalty.item() / np.mean(losses)
    print(f"{name}: adversarial / random = {factor:.0f}")
    assert factor > 10


def test_an_ascent_step_has_the_documented_size() -> None:
    model, inputs = tiny(), tiny_inputs("sts")
    regulariser, noises = spied(model, epsilon=10, sigma=1e-2, step_size=0.5)
    regulariser.loss(*inputs)
    first, second = noises
    for step, mask in zip(second - first, inputs[3].bool(), strict=True):
        assert step[mask].square().mean().sqrt().item() == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_ascent_follows_the_gradient_for_the_noise_alone(name: str) -> None:
    model, inputs = tiny().double(), tiny_inputs(name)
    state = torch.get_rng_state()

    def perturbed(noise: Tensor) -> Tensor:
        torch.set_rng_state(state)
        outputs: Tensor = model(*inputs, noise)
        return outputs

    start = 0.01 * torch.randn(*inputs[2].shape, 16, dtype=torch.float64) * inputs[3].unsqueeze(-1)
    outputs = perturbed(torch.zeros_like(start))
    config = SmartConfig(epsilon=1.0, step_size=1e-3)
    found = adversarial_noise(TASKS[name], outputs, perturbed, start.clone(), inputs[3], config=config)
    assert all(parameter.grad is None for parameter in model.parameters())
    moved = found - start
    for coordinate in [(0, 0, 0), (1, 2, 5), (3, 1, 7)]:
        # The ratio to another coordinate of the sentence does not depend on the normalisation.
        reference = (coordinate[0], 0, 3)
        slopes = []
        for place in (coordinate, reference):
            shift = torch.zeros_like(start)
            shift[place] = 1e-5
            up, down = (
                divergence(TASKS[name], perturbed(start + s * shift), outputs).item() for s in (1, -1)
            )
            slopes.append(up - down)
        expected = slopes[0] / slopes[1]
        assert (moved[coordinate] / moved[reference]).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_finite_difference_with_the_noise_held(name: str) -> None:
    model, inputs = tiny().double(), tiny_inputs(name)
    regulariser, noises = spied(model, epsilon=0.1, steps=2, strength=3)
    state = torch.get_rng_state()
    _, penalty = regulariser.loss(*inputs)
    assert all(parameter.grad is None for parameter in model.parameters())
    found = gradients(penalty, model)
    noise = noises[-1]

    @torch.no_grad()
    def value() -> float:
        torch.set_rng_state(state)
        outputs = model(*inputs)
        torch.set_rng_state(state)
        return 3 * divergence(TASKS[name], model(*inputs, noise), outputs).item()

    numbers = np.random.default_rng(0)
    for key, parameter in model.named_parameters():
        if key not in found:
            continue
        place = int(numbers.integers(parameter.numel()))
        flat = parameter.data.view(-1)
        kept, width = flat[place].item(), 1e-5
        values = []
        for shift in (width, -width):
            flat[place] = kept + shift
            values.append(value())
        flat[place] = kept
        expected = (values[0] - values[1]) / (2 * width)
        assert found[key].view(-1)[place].item() == pytest.approx(expected, rel=1e-4, abs=1e-10), key


@pytest.mark.parametrize("settings", [{}, {"bregman": 1}, {"steps": 3}])
def test_dropout_goes_on_as_after_a_plain_pass(settings: dict[str, Any]) -> None:
    model, inputs = tiny(), tiny_inputs("sst")
    regulariser = smart(model, **settings)
    torch.manual_seed(5)
    plain = model(*inputs)
    expected = torch.get_rng_state()
    torch.manual_seed(5)
    outputs, _ = regulariser.loss(*inputs)
    assert torch.equal(torch.get_rng_state(), expected)
    assert torch.equal(outputs, plain)


def test_checkpointed_activations_change_nothing() -> None:
    found = []
    for checkpointing in (False, True):
        model = tiny()
        if checkpointing:
            model.encoder.bert.activation_checkpointing_enable()
        torch.manual_seed(5)
        outputs, penalty = smart(model, bregman=1).loss(*tiny_inputs("sst"))
        found.append(gradients(outputs.square().sum() + penalty, model))
        found[-1]["penalty"] = penalty.detach()
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-8)


def test_tasks_that_are_not_chosen_are_left_alone() -> None:
    model = tiny()
    regulariser, noises = spied(model, tasks=("sst",))
    torch.manual_seed(5)
    plain = model(*tiny_inputs("para"))
    torch.manual_seed(5)
    outputs, penalty = regulariser.loss(*tiny_inputs("para"))
    assert torch.equal(outputs, plain)
    assert penalty.item() == 0
    assert not noises
