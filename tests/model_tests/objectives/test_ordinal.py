"""Soft labels of ordered classes against their formula in NumPy, and their limits."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.objectives.ordinal import ordinal

LOGITS = torch.randn(40, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
TARGETS = torch.randint(5, (40,), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("sharpness", [None, 0.3, 1.0, 4.0])
def test_it_is_the_published_formula(sharpness: float | None) -> None:
    logits, targets = LOGITS.numpy(), TARGETS.numpy()
    labels = np.exp(-(sharpness or 1.0) * (np.arange(5) - targets[:, None]) ** 2.0)
    labels /= labels.sum(axis=1, keepdims=True)
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = -(labels * log_softmax).sum(axis=1).mean()
    assert ordinal(LOGITS, TARGETS, sharpness=sharpness).item() == pytest.approx(expected, rel=1e-12)


def test_sharp_labels_are_plain_ones() -> None:
    plain = functional.cross_entropy(LOGITS, TARGETS)
    assert ordinal(LOGITS, TARGETS, sharpness=100.0).item() == pytest.approx(plain.item(), rel=1e-12)


def test_the_middle_of_five_keeps_what_the_settings_say() -> None:
    labels = torch.tensor([-4.0, -1.0, 0.0, -1.0, -4.0]).softmax(dim=0)
    assert [round(value, 2) for value in labels.tolist()][1:4] == [0.21, 0.56, 0.21]
    least = ordinal(labels.log().unsqueeze(0), torch.tensor([2]))
    assert least.item() == pytest.approx(float(-(labels * labels.log()).sum()), rel=1e-6)


def test_a_neighbour_costs_less_than_a_class_far_off() -> None:
    one_hot = 5.0 * torch.eye(5)
    costs = [ordinal(one_hot[[guess]], torch.tensor([0])).item() for guess in range(5)]
    assert costs == sorted(costs)
