"""Multiple negatives ranking against sentence-transformers' own, NumPy, and finite differences."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch import Tensor, nn

from model.objectives.mnrl import mnrl


class Given(nn.Module):
    """A model whose embeddings are there already."""

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return features


def made(seed: int, rows: int = 9) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    u, v = (torch.randn(rows, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    return u.requires_grad_(), v.requires_grad_()


def reference(u: Tensor, v: Tensor, rows: list[tuple[str, str, bool]], scale: float) -> float:
    """The mean over anchors, one candidate after the other, by the texts themselves."""
    a, b = (given.detach().numpy() for given in (u, v))
    cosine = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    pairs = {(first, second) for first, second, positive in rows if positive}
    losses = []
    for i, (first, _, positive) in enumerate(rows):
        if not positive:
            continue
        known = [second == first or (first, second) in pairs for _, second, _ in rows]
        candidates = [j for j in range(len(rows)) if j == i or not known[j]]
        losses.append(logsumexp(scale * cosine[i, candidates]) - scale * cosine[i, i])
    return float(np.mean(losses))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [20.0, 5.0])
def test_of_positive_pairs_it_is_that_of_sentence_transformers(seed: int, scale: float) -> None:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    u, v = made(seed)
    peer = MultipleNegativesRankingLoss(Given(), scale=scale)  # type: ignore[arg-type]
    theirs = peer([{"sentence_embedding": u}, {"sentence_embedding": v}], torch.empty(0))
    ours = mnrl(u, v, torch.ones(9, dtype=torch.bool), torch.arange(18), scale)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    for mine, its in zip(torch.autograd.grad(ours, (u, v)), torch.autograd.grad(theirs, (u, v)), strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-7, atol=1e-9)


def test_one_hard_negative_for_each_anchor_is_sentence_transformers_third_column() -> None:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    (u, v), (_, hard) = made(0, 4), made(1, 4)
    peer = MultipleNegativesRankingLoss(Given())  # type: ignore[arg-type]
    theirs = peer([{"sentence_embedding": one} for one in (u, v, hard)], torch.empty(0))
    positive = torch.arange(8) < 4
    ours = mnrl(torch.cat([u, u]), torch.cat([v, hard]), positive, torch.arange(16), 20.0)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_labelled_negatives_and_repeated_texts_are_those_of_the_formula(seed: int) -> None:
    # Few texts: many stand in several rows, behind several others, and with both labels.
    drawn = np.random.default_rng(seed)
    u, v = made(seed, 12)
    first, second = ([f"text {n}" for n in drawn.integers(8, size=12)] for _ in range(2))
    positive = (drawn.random(12) < 0.6).tolist()
    numbers = torch.tensor([int(text.split()[1]) for text in (*first, *second)])
    found = mnrl(u, v, torch.tensor(positive), numbers, 20.0)
    rows = list(zip(first, second, positive, strict=True))
    assert found.item() == pytest.approx(reference(u, v, rows, 20.0), rel=1e-12)


def test_its_gradient_is_that_of_finite_differences() -> None:
    u, v = made(3, 6)
    positive = torch.tensor([True, False, True, True, False, True])
    texts = torch.tensor([0, 1, 0, 2, 3, 4, 5, 6, 7, 7, 8, 9])
    assert torch.autograd.gradcheck(lambda one, other: mnrl(one, other, positive, texts, 5.0), (u, v))


def test_without_a_positive_pair_there_is_nothing_to_learn() -> None:
    u, v = made(4, 5)
    loss = mnrl(u, v, torch.zeros(5, dtype=torch.bool), torch.arange(10), 20.0)
    loss.backward()
    assert loss.item() == 0
    for given in (u, v):
        assert given.grad is not None
        assert given.grad.unique().tolist() == [0]


def test_a_batch_of_one_text_has_no_negatives() -> None:
    u, v = made(5, 3)
    loss = mnrl(u, v, torch.ones(3, dtype=torch.bool), torch.zeros(6, dtype=torch.long), 20.0)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert v.grad is not None
    assert v.grad.isfinite().all()
