import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch.nn import functional

from model.config.encoder import DROPOUT_BELOW, DROPOUT_LEVELS
from model.errors import EncoderError
from model.network.cpu.dropout import Dropout, dropout, remembered, replace_dropout

VALUES = torch.ones(64, 33)


def drawn(seed: int, p: float = 0.3) -> torch.Tensor:
    torch.manual_seed(seed)
    return dropout(VALUES, p)


def test_remembered_choices_are_those_that_would_be_drawn() -> None:
    alone = [drawn(seed, p) for seed in (1, 2) for p in (0.1, 0.3)]
    with remembered():
        twice = [[drawn(seed, p) for seed in (1, 2) for p in (0.1, 0.3)] for _ in range(2)]
    for found in twice:
        assert all(torch.equal(one, other) for one, other in zip(alone, found, strict=True))
    assert not torch.equal(alone[1], alone[3])


def test_random_state_goes_on_as_if_nothing_were_remembered() -> None:
    drawn(1)
    after = torch.get_rng_state()
    with remembered():
        for _ in range(2):
            drawn(1)
            assert torch.equal(torch.get_rng_state(), after)


def test_gradient_passes_where_values_stay() -> None:
    layer = Dropout(0.3)
    with remembered():
        for _ in range(2):
            torch.manual_seed(1)
            values = VALUES.clone().requires_grad_()
            outputs = layer(values)
            outputs.sum().backward()
            assert values.grad is not None
            # Ones went in: what came out is the slope.
            assert torch.equal(values.grad, outputs.detach())
            assert 0 < int((outputs == 0).sum()) < outputs.numel()


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(3)
    values = dropout(torch.ones(500, 401), p)
    zeros = int((values == 0).sum())
    assert binomtest(zeros, values.numel(), p).pvalue > 0.001
    (kept,) = set(values[values != 0].tolist())
    assert kept == pytest.approx(functional.dropout(torch.ones(99), p).max().item(), rel=1 / DROPOUT_LEVELS)
    # Liveness, which share a random word, are dropped independently.
    pairs = (values[:, 1:] == 0) & (values[:, :-1] == 0)
    assert binomtest(int(pairs.sum()), pairs.numel(), p * p).pvalue > 0.001


def test_dropout_repeats_with_torchs_generator_and_has_its_gradient() -> None:
    torch.manual_seed(4)
    values = torch.randn(7, 5, requires_grad=True)
    state = torch.get_rng_state()
    first, second = dropout(values, 0.5), dropout(values, 0.5)
    torch.set_rng_state(state)
    assert torch.equal(dropout(values, 0.5), first)
    assert not torch.equal(first, second)
    first.sum().backward()
    assert values.grad is not None
    np.testing.assert_array_equal(values.grad.numpy(), np.where(first.detach() == 0, 0.0, 2.0))


def test_gradients_of_several_losses_may_be_taken_at_once() -> None:
    """As TorchJD takes them: the gradients come in a batch (vmap), the mask does not."""
    values = torch.randn(40, 8, requires_grad=True)
    dropped = dropout(values, 0.3)
    losses = torch.stack([dropped.sum(), dropped.square().sum(), dropped[0].exp().sum()])
    [together] = torch.autograd.grad(losses, values, torch.eye(3), retain_graph=True, is_grads_batched=True)
    for number, loss in enumerate(losses):
        [alone] = torch.autograd.grad(loss, values, retain_graph=True)
        assert torch.equal(together[number], alone)


def test_every_dropout_of_a_network_is_replaced_and_none_works_in_evaluation() -> None:
    network = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Sequential(torch.nn.Dropout(0.4)))
    replace_dropout(network)
    assert [module.p for module in network.modules() if isinstance(module, Dropout)] == [0.2, 0.4]
    ones = torch.ones(50)
    assert torch.equal(network.eval()(ones), ones)
    assert not torch.equal(network.train()(ones), ones)


def test_a_probability_that_rounds_to_one_is_refused_and_the_one_below_it_works() -> None:
    most = float(np.nextafter(DROPOUT_BELOW, 0))
    ones = torch.ones(4 * DROPOUT_LEVELS)
    torch.manual_seed(5)
    assert set(dropout(ones, most).tolist()) <= {0.0, float(DROPOUT_LEVELS)}
    for p in (DROPOUT_BELOW, 0.999995):
        with pytest.raises(EncoderError, match=rf"dropout {p} is not below 0\.99999.*encoder\.lora\.dropout"):
            dropout(ones, p)
