"""Learned loss weights against the closed form of their optimum, and outside gradient surgery."""

import math
from pathlib import Path

import pytest
import torch

from model.network.multitask import MultitaskEncoder
from model.network.uncertainty import UncertaintyWeights
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, config

LOSSES = {"sst": 1.3, "para": 0.4, "sts": 0.09}


def test_at_first_it_is_the_loss_and_half_that_of_a_squared_error() -> None:
    weights = UncertaintyWeights(DEMO)
    found = {name: weights(name, torch.tensor(loss)).item() for name, loss in LOSSES.items()}
    assert found == pytest.approx({"sst": 1.3, "para": 0.4, "sts": 0.045})


def test_for_fixed_losses_the_best_weights_are_one_over_twice_the_loss_or_once() -> None:
    # d/ds of c L exp(-s) + s / 2 is 0 where exp(-s) = 1 / (2 c L): c is 1, and 1/2 for a squared error.
    weights = UncertaintyWeights(DEMO)
    optimizer = torch.optim.LBFGS(weights.parameters(), max_iter=200, tolerance_grad=1e-10)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        total = torch.stack([weights(name, torch.tensor(loss)) for name, loss in LOSSES.items()]).sum()
        total.backward()
        return total

    optimizer.step(closure)  # type: ignore[arg-type]
    expected = {"sst": 1 / 2.6, "para": 1 / 0.8, "sts": 1 / 0.09}
    assert weights.weights() == pytest.approx(expected, rel=1e-3)


def test_the_gradient_of_a_task_s_loss_is_scaled_by_its_weight() -> None:
    weights = UncertaintyWeights(DEMO)
    with torch.no_grad():
        weights.log_variances[0].fill_(math.log(4))
    loss = torch.tensor(1.0, requires_grad=True)
    weights("sst", loss).backward()
    assert loss.grad is not None
    assert loss.grad.item() == pytest.approx(0.25)
    # What is recorded as the weight of a squared error is twice what it is multiplied by.
    with torch.no_grad():
        weights.log_variances[2].fill_(math.log(4))
    error = torch.tensor(1.0, requires_grad=True)
    weights("sts", error).backward()
    assert error.grad is not None
    assert error.grad.item() == pytest.approx(weights.weights()["sts"] / 2) == pytest.approx(0.125)


def test_each_weight_belongs_to_one_task() -> None:
    model = MultitaskEncoder(config(balance="uncertainty", encoder=TINY), 300, 0)
    assert model.uncertainty is not None
    model.uncertainty("para", torch.tensor(1.0)).backward()
    assert [weight.grad is not None for weight in model.uncertainty.log_variances] == [False, True, False]
    assert {id(weight) for weight in model.uncertainty.parameters()} <= {
        id(weight) for weight in model.above.parameters()
    }


def test_what_was_learned_is_recorded(cache: Path, tmp_path: Path) -> None:
    given = config(balance="uncertainty", epochs=1, steps_per_epoch=4, learning_rate=0.01, encoder=TINY)
    (result,) = train(given, tmp_path / "trial", data=None, cache=cache)
    found = {metric.task: metric.value for metric in result.metrics if metric.name == "loss_weight"}
    assert found.keys() == DEMO.keys()
    assert all(value != 1 for value in found.values())
