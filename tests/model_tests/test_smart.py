"""SMART against closed forms, finite differences and smart-pytorch."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy.special import expit, rel_entr, softmax
from torch import Tensor, nn

from model.config import TrainConfig
from model.config.smart import SmartConfig, task_weight
from model.data.tokenizer import build_tokenizer
from model.network.cpu.packing import Packing
from model.network.multitask import MultitaskEncoder
from model.smart import Smart, adversarial_noise, divergence, released_divergence
from model.tasks import Task
from tests.model_tests.made import needs_minilm, padded

NAMES = ["sst", "sts", "sts_mse", "para"]
FIRST = ["A man is playing a guitar.", "Why?", "the film is a dull mess that never finds its feet"]
SECOND = ["Someone plays music.", "Why not?", "An utterly charming movie."]


def make_tasks() -> dict[str, Task]:
    source = {"kind": "demo", "task": "sst"}
    one: dict[str, Any] = {"kind": "single", "source": source, "text": ("a",), "label": "y"}
    two = one | {"kind": "pair", "text": ("a", "b")}
    score = two | {"range": (0, 5), "metric": "pearson", "head": "cosine"}
    fields = {
        "sst": one | {"classes": 5, "metric": "accuracy", "head": "mlp"},
        "sts": score,
        "sts_mse": score | {"loss": "mse"},
        "para": two | {"classes": 2, "metric": "accuracy", "head": "sbert"},
    }
    return {name: Task.model_validate(field) for name, field in fields.items()}


TASKS = make_tasks()


def tiny(dropout: float = 0.1) -> MultitaskEncoder:
    torch.manual_seed(0)
    encoder = {"layers": 2, "hidden_size": 16, "attention_heads": 2, "pooling": "mean", "dropout": dropout}
    config = TrainConfig.model_validate({"tasks": TASKS, "encoder": encoder, "dropout": dropout})
    return MultitaskEncoder(config, vocabulary_size=30, pad_id=0)


def tiny_inputs(name: str) -> tuple[str, int, Tensor, Tensor]:
    columns = len(TASKS[name].text)
    ids = torch.randint(5, 30, (4 * columns, 7), generator=torch.Generator().manual_seed(1))
    ids[1, 4:] = ids[2, 2:] = 0
    return name, columns, ids, (ids != 0).long()


@pytest.fixture(scope="module")
def minilm() -> Iterator[MultitaskEncoder]:
    torch.manual_seed(0)
    config = TrainConfig.model_validate(
        {"tasks": TASKS, "encoder": {"source": "minilm", "pooling": "mean"}, "dropout": 0.1}
    )
    tokenizer = build_tokenizer(config.encoder, [])
    yield MultitaskEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id).train()


def sentences(model: MultitaskEncoder, name: str) -> tuple[str, int, Tensor, Tensor]:
    columns = len(TASKS[name].text)
    tokenizer = build_tokenizer(
        TrainConfig.model_validate({"tasks": TASKS, "encoder": {"source": "minilm"}}).encoder, []
    )
    return name, columns, *padded(tokenizer, (FIRST + SECOND)[: 3 * columns])


def smart(model: MultitaskEncoder, total_steps: int = 100, **settings: Any) -> Smart:
    config = SmartConfig.model_validate({"enabled": True, "bregman": 0, **settings})
    return Smart(model, config, TASKS, total_steps, seed=3)


class Spy(nn.Module):
    """Keeps the noise of every pass."""

    def __init__(self, model: MultitaskEncoder) -> None:
        super().__init__()
        self.model = model
        self.encoder = model.encoder
        self.noises: list[Tensor] = []

    def forward(
        self, task: str, columns: int, ids: Tensor, mask: Tensor, noise: Tensor | None = None
    ) -> Tensor:
        if noise is not None:
            self.noises.append(noise.detach().clone())
        outputs: Tensor = self.model(task, columns, ids, mask, noise)
        return outputs


def spied(model: MultitaskEncoder, **settings: Any) -> tuple[Smart, list[Tensor]]:
    spy = Spy(model)
    return smart(spy, **settings), spy.noises  # type: ignore[arg-type]


def symmetric_kl(logits: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    p, q = softmax(logits, axis=1), softmax(others, axis=1)
    return float((rel_entr(p, q) + rel_entr(q, p)).sum(axis=1).mean())


def gradients(loss: Tensor, model: nn.Module) -> dict[str, Tensor]:
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


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
