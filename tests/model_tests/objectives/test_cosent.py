"""CoSENT against sentence-transformers' own, its definition, and finite differences."""

import math
from itertools import permutations

import pytest
import torch
from torch import Tensor, nn

from model.objectives.cosent import cosent


class Given(nn.Module):
    """A model whose embeddings are there already."""

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return features


def made(seed: int, rows: int = 12) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    u, v = (torch.randn(rows, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    return u.requires_grad_(), v.requires_grad_(), torch.randint(4, (rows,), generator=generator) / 3


@pytest.mark.parametrize("seed", range(5))
def test_value_and_gradient_are_those_of_sentence_transformers(seed: int) -> None:
    from sentence_transformers.sentence_transformer.losses import CoSENTLoss

    u, v, targets = made(seed)
    theirs = CoSENTLoss(Given())([{"sentence_embedding": u}, {"sentence_embedding": v}], targets)  # type: ignore[arg-type]
    ours = cosent(torch.cosine_similarity(u, v), targets)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    for mine, its in zip(torch.autograd.grad(ours, (u, v)), torch.autograd.grad(theirs, (u, v)), strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-7, atol=1e-9)


def test_it_is_the_sum_over_pairs() -> None:
    cosines, targets = [0.3, -0.2, 0.9, 0.1], [0.5, 0.0, 0.5, 1.0]
    pairs = [
        math.exp(20 * (cosines[low] - cosines[high]))
        for high, low in permutations(range(4), 2)
        if targets[high] > targets[low]
    ]
    assert len(pairs) == 5
    found = cosent(torch.tensor(cosines, dtype=torch.float64), torch.tensor(targets))
    assert found.item() == pytest.approx(math.log(1 + sum(pairs)), rel=1e-12)


def test_its_gradient_is_that_of_finite_differences() -> None:
    u, v, targets = made(7)
    cosines = torch.cosine_similarity(u, v).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda given: cosent(given, targets), (cosines,))


def test_equal_scores_say_nothing() -> None:
    cosines = torch.tensor([0.1, 0.7], requires_grad=True)
    loss = cosent(cosines, torch.tensor([0.5, 0.5]))
    loss.backward()
    assert loss.item() == 0
    assert cosines.grad is not None
    assert cosines.grad.tolist() == [0, 0]
