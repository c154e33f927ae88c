"""One encoder under the heads of all tasks."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.func import functional_call

from model.gradients.surgery import GradientSurgery
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer
from tests.model_tests.made import TASKS, TINY, config, same, task

NAMES = sorted(
    name for name in dir(nn.ModuleDict()) if name.isidentifier() and name.islower() and name[0] != "_"
)
NAMES.remove("training")  # which a task may not be called


def test_a_task_may_be_called_as_anything_of_pytorch_s() -> None:
    assert {"type", "values", "train", "keys"} <= {*NAMES}
    tasks = dict.fromkeys(NAMES, TASKS["sst"])
    model = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0).eval()
    ids = torch.ones(2, 3, dtype=torch.long)
    assert all(model(name, 1, ids, torch.ones_like(ids)).shape == (2, 5) for name in NAMES)
    assert {key.split(".")[1] for key in model.state_dict() if key.startswith("heads.")} == {*NAMES}
    other = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0)
    other.load_state_dict(model.state_dict())
    assert len(list(model.heads.parameters())) == 2 * len(NAMES)
    assert not any(head.training for head in model.heads.children())


def test_it_holds_other_weights_for_a_while_as_torch_does_it() -> None:
    torch.manual_seed(0)
    model = MultitaskEncoder(config(tasks=TASKS, encoder=TINY | {"freeze": "embeddings"}), 300, 0).train()
    ids, mask = batch()
    others = {name: one.detach() + torch.randn_like(one) for name, one in model.named_parameters()}
    own = {name: (one.detach().clone(), one.requires_grad) for name, one in model.named_parameters()}
    before = torch.get_rng_state()
    plain, again = model("sst", 1, ids, mask), torch.get_rng_state()
    given = functional_call(model, others, ("sst", 1, ids, mask))
    torch.set_rng_state(again)
    with model.holding(others):
        held = model("sst", 1, ids, mask)
        assert not held.requires_grad
    assert torch.equal(held, given)
    assert not torch.equal(held, plain)
    assert all(torch.equal(one, own[name][0]) for name, one in model.named_parameters())
    assert all(one.requires_grad == own[name][1] for name, one in model.named_parameters())
    plain.sum().backward()
    found = {name: one.grad for name, one in model.named_parameters() if one.grad is not None}
    model.zero_grad()
    torch.set_rng_state(before)
    model("sst", 1, ids, mask).sum().backward()
    assert same(found, {name: one.grad for name, one in model.named_parameters() if one.grad is not None})


def test_weights_are_held_of_heads_that_are_called_as_a_method_of_pytorch_s() -> None:
    tasks = dict.fromkeys(NAMES, TASKS["sst"])
    model = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0).eval()
    ids, mask = batch()
    with model.holding({name: torch.zeros_like(one) for name, one in model.named_parameters()}):
        assert not any(model(name, 1, ids, mask).any() for name in NAMES)
    assert all(model(name, 1, ids, mask).any() for name in NAMES)


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(5, 300, (8, 6), generator=torch.Generator().manual_seed(seed))
    return ids, torch.ones_like(ids)


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", nn.ReLU()), ("gelu", nn.GELU()), ("tanh", nn.Tanh())]
)
def test_pairs_share_one_layer_and_single_sentences_have_none(activation: str, function: nn.Module) -> None:
    model = MultitaskEncoder(config(tasks=TASKS, encoder=TINY, pair_layer=activation), 300, 0).eval()
    ids, mask = batch()
    embeddings = model.encoder(ids, mask)
    by_hand = nn.Linear(32, 32)
    assert model.pair_layer is not None
    by_hand.load_state_dict(model.pair_layer[0].state_dict())  # type: ignore[index]
    shared = function(by_hand(embeddings))
    for name in ("para", "sts"):
        heard: list[torch.Tensor] = []
        found = model(name, 2, ids, mask, seen=heard.append)
        torch.testing.assert_close(found, model.heads[name](*shared.chunk(2)))
        torch.testing.assert_close(heard, [shared])
    torch.testing.assert_close(model("sst", 1, ids, mask), model.heads["sst"](embeddings))


@torch.no_grad()
def test_in_bf16_cosines_of_what_the_layer_gives_are_computed_in_fp32() -> None:
    tasks = {"sts": task("cosine", pair=True, loss="mse")}
    model = MultitaskEncoder(config(tasks=tasks, encoder=TINY, pair_layer="tanh"), 300, 0).eval()
    embeddings = torch.randn(400, 32, generator=torch.Generator().manual_seed(0))
    embeddings[200:] = embeddings[:200] + 0.1 * embeddings[200:]
    heard: list[torch.Tensor] = []
    with torch.autocast("cpu", torch.bfloat16):
        found = model.answer("sts", 2, embeddings, heard.append)[:, 0].numpy()
    u, v = heard[0].double().numpy().reshape(2, 200, 32)
    expected = (u * v).sum(1) / np.sqrt((u * u).sum(1) * (v * v).sum(1))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert len(np.unique(found)) > 150


def test_the_gradient_of_the_shared_layer_is_that_of_finite_differences() -> None:
    model = MultitaskEncoder(config(tasks=TASKS, encoder=TINY, pair_layer="tanh"), 300, 0).double().eval()
    embeddings = torch.randn(4, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert model.pair_layer is not None
    weight = model.pair_layer[0].weight  # type: ignore[index]

    def loss() -> torch.Tensor:
        return torch.stack(
            [model.answer(name, 2, embeddings).square().sum() for name in ("para", "sts")]
        ).sum()

    (found,) = torch.autograd.grad(loss(), [weight])
    for row, column in ((0, 0), (3, 17), (31, 5)):
        with torch.no_grad():
            sides = []
            for step in (1e-6, -1e-6):
                weight[row, column] += step
                sides.append(loss().item())
                weight[row, column] -= step
        assert found[row, column].item() == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5)


def test_surgery_joins_both_tasks_gradients_of_it_and_no_third_one_s() -> None:
    model = MultitaskEncoder(config(tasks=TASKS, encoder=TINY, pair_layer="tanh"), 300, 0).eval()
    assert model.pair_layer is not None
    parameters = list(model.parameters())
    place = next(n for n, p in enumerate(parameters) if p is model.pair_layer[0].weight)  # type: ignore[index]
    surgery = GradientSurgery(parameters, list(TASKS), "sum")
    ids, mask = batch()
    alone = {}
    for name, declared in TASKS.items():
        model(name, len(declared.text), ids, mask).square().mean().backward()
        gradient = parameters[place].grad
        alone[name] = None if gradient is None else gradient.clone()
        surgery.collect(name)
    assert alone["sst"] is None
    assert alone["para"] is not None
    assert alone["sts"] is not None
    gram = surgery.combine()
    torch.testing.assert_close(parameters[place].grad, alone["para"] + alone["sts"])
    # The matrix has the layer: without it the two tasks' product is that of the encoder alone.
    by_hand = (alone["para"] * alone["sts"]).sum().item()
    bare = GradientSurgery([p for n, p in enumerate(parameters) if n != place], list(TASKS), "sum")
    for parameter in parameters:
        parameter.grad = None
    for name, declared in TASKS.items():
        model(name, len(declared.text), ids, mask).square().mean().backward()
        bare.collect(name)
    assert (gram - bare.combine())[1, 2].item() == pytest.approx(by_hand, rel=1e-3, abs=1e-9)


def test_it_learns_at_the_rate_of_the_heads_and_is_drawn_after_them() -> None:
    given = config(tasks=TASKS, encoder=TINY, head_learning_rate_scale=3.0)
    torch.manual_seed(0)
    plain = MultitaskEncoder(given, 300, 0)
    torch.manual_seed(0)
    model = MultitaskEncoder(given.model_copy(update={"pair_layer": "relu"}), 300, 0)
    states = model.state_dict()
    assert all(torch.equal(tensor, states[name]) for name, tensor in plain.state_dict().items())
    assert states.keys() - plain.state_dict().keys() == {"pair_layer.0.weight", "pair_layer.0.bias"}
    optimizer = build_optimizer(model.encoder, model.above, given)
    assert model.pair_layer is not None
    for parameter in model.pair_layer.parameters():
        (scale,) = [g["scale"] for g in optimizer.param_groups if any(p is parameter for p in g["params"])]
        assert scale == 3.0


def test_without_pairs_there_is_nothing_to_share() -> None:
    with pytest.raises(ValidationError, match="pair_layer tanh is for tasks of pairs; no task is"):
        config(tasks={"sst": TASKS["sst"]}, pair_layer="tanh")
