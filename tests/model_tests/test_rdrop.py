"""R-Drop against its formula, and in a step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import entropy

from model.rdrop import two_passes
from model.trainer import train
from tests.model_tests.made import TASKS, TINY, config, metrics

ONE, OTHER = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def passes(task: str, one: torch.Tensor, other: torch.Tensor) -> tuple[list[torch.Tensor], float]:
    outputs, penalty = two_passes(TASKS[task], iter([one, other]).__next__, 0.7)
    return list(outputs), penalty.item()


def test_classes_are_held_together_by_the_mean_of_both_divergences() -> None:
    outputs, penalty = passes("sst", ONE, OTHER)
    p, q = (np.exp(log_softmax(given.numpy(), axis=1)) for given in (ONE, OTHER))
    expected = 0.7 * np.mean([(entropy(a, b) + entropy(b, a)) / 2 for a, b in zip(p, q, strict=True)])
    assert penalty == pytest.approx(expected, rel=1e-9)
    assert outputs[0] is ONE
    assert outputs[1] is OTHER


def test_similarities_by_the_squared_difference() -> None:
    one, other = ONE[:, :1], OTHER[:, :1]
    _, penalty = passes("sts", one, other)
    p, q = (1 / (1 + np.exp(-given.numpy())) for given in (one, other))
    assert penalty == pytest.approx(0.7 * np.mean((p - q) ** 2), rel=1e-9)


def test_equal_passes_cost_nothing() -> None:
    assert passes("sst", ONE, ONE)[1] == 0


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_without_dropout_it_is_the_plain_step(dropout: float, cache: Path, tmp_path: Path) -> None:
    plain = config(epochs=1, steps_per_epoch=3, dropout=dropout, encoder=TINY | {"dropout": dropout})
    doubled = plain.model_copy(update={"r_drop": 2.0})
    one, other = (
        list(train(given, tmp_path / name, data=None, cache=cache))
        for name, given in (("plain", plain), ("doubled", doubled))
    )
    if dropout:
        assert metrics(one) != metrics(other)
        return
    for mine, its in zip(one[0].metrics, other[0].metrics, strict=True):
        assert (mine.name, mine.value) == (its.name, pytest.approx(its.value, abs=2e-3))
