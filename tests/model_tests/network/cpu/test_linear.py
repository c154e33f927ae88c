import pytest
import torch
from torch import nn
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertIntermediate

from model.network.cpu import linear
from model.network.cpu.linear import Intermediate, Linear, replace_linear

pytestmark = pytest.mark.skipif(not linear.AVAILABLE, reason="this build of torch has no oneDNN")


@pytest.fixture(autouse=True)
def _by_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    """It multiplies, be it the faster on this machine or not."""
    monkeypatch.setattr(linear, "FASTER", True)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(7, 24), (1, 130, 24), (3, 5, 24)])
def test_outputs_and_gradients_are_those_of_torchs_layer(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(0)
    theirs = nn.Linear(24, 40, bias=bias)
    ours = Linear(24, 40, bias=bias)
    ours.load_state_dict(theirs.state_dict())
    values = torch.randn(shape)
    gradient = torch.randn(*shape[:-1], 40)
    found = []
    for layer in (theirs, ours):
        given = values.clone().requires_grad_()
        outputs = layer(given)
        outputs.backward(gradient)
        found.append([outputs, given.grad, *(parameter.grad for parameter in layer.parameters())])
    for one, other in zip(*found, strict=True):
        assert other.shape == one.shape
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not linear.BRIEF, reason="this processor does not multiply bf16")
@pytest.mark.parametrize("shape", [(7, 24), (1, 130, 24)])
def test_in_bf16_outputs_and_gradients_are_within_its_rounding(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    exact, ours = nn.Linear(24, 40).double(), Linear(24, 40)
    ours.load_state_dict(exact.state_dict())
    values = torch.randn(shape)
    gradient = torch.randn(*shape[:-1], 40)
    given = [values.double().requires_grad_(), values.clone().requires_grad_()]
    wanted = exact(given[0])
    wanted.backward(gradient.double())
    with torch.autocast("cpu", torch.bfloat16):
        outputs = ours(given[1])
    assert outputs.dtype == torch.bfloat16
    outputs.backward(gradient)
    pairs = [(wanted, outputs), (given[0].grad, given[1].grad)]
    pairs += [
        (one.grad, other.grad) for one, other in zip(exact.parameters(), ours.parameters(), strict=True)
    ]
    for one, other in pairs:
        assert one is not None
        assert other is not None
        assert other.dtype == (torch.bfloat16 if other is outputs else torch.float32)
        # Eight bits of each factor and of the result; errors of the summands mostly cancel.
        assert float((other - one).detach().norm() / one.detach().norm()) < 2**-7


@pytest.mark.skipif(not linear.BRIEF, reason="this processor does not multiply bf16")
def test_in_bf16_a_layer_is_the_one_that_autocast_makes_of_torchs() -> None:
    torch.manual_seed(0)
    theirs, ours = nn.Linear(24, 40), Linear(24, 40)
    ours.load_state_dict(theirs.state_dict())
    values = torch.randn(64, 24)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(ours(values), theirs(values), rtol=2**-7, atol=2**-7)


def test_slope_is_that_of_finite_differences() -> None:
    torch.manual_seed(0)
    layer = Linear(6, 4)
    values, way = torch.randn(5, 6, requires_grad=True), torch.randn(5, 6)
    layer(values).square().sum().backward()
    step = 1e-2
    with torch.no_grad():
        change = layer(values + step * way).square().sum() - layer(values - step * way).square().sum()
    assert values.grad is not None
    # The function is a square: central differences are exact but for rounding.
    assert float(change / (2 * step)) == pytest.approx(float((values.grad * way).sum()), rel=1e-3)


def test_weights_that_do_not_learn_get_no_gradient() -> None:
    layer = Linear(6, 4).requires_grad_(False)
    values = torch.randn(5, 6, requires_grad=True)
    layer(values).sum().backward()
    assert values.grad is not None
    assert layer.weight.grad is None


def test_double_precision_and_autocast_are_left_to_torch() -> None:
    layer, values = Linear(6, 4), torch.randn(5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(values).dtype == torch.bfloat16
    assert layer.double()(values.double()).dtype == torch.float64


def test_replacing_shares_the_parameters_of_plain_layers_alone() -> None:
    class Special(nn.Linear):
        """A layer of somebody's own."""

    network = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 2)), Special(2, 2))
    before = list(network.parameters())
    replace_linear(network)
    assert [type(module) for module in network.modules() if isinstance(module, nn.Linear)] == [
        Linear,
        Linear,
        Special,
    ]
    assert all(one is other for one, other in zip(before, network.parameters(), strict=True))


def test_gelu_without_gradients_is_that_of_the_layer_with_them() -> None:
    torch.manual_seed(0)
    layer = nn.Sequential(BertIntermediate(BertConfig(hidden_size=24, intermediate_size=96)))
    values = torch.randn(3, 5, 24)
    with torch.no_grad():
        theirs = layer(values)
        replace_linear(layer)
        assert type(layer[0]) is Intermediate
        torch.testing.assert_close(layer(values), theirs, rtol=1e-5, atol=1e-5)
    outputs = layer(values)
    torch.testing.assert_close(outputs, theirs, rtol=1e-5, atol=1e-5)
    assert outputs.requires_grad


def test_other_activations_stay() -> None:
    layer = nn.Sequential(BertIntermediate(BertConfig(hidden_act="gelu_new")))
    replace_linear(layer)
    assert type(layer[0]) is BertIntermediate
