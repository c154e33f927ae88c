"""The methods that try every set of tasks, and IMTL-G, against rational arithmetic and plain geometry."""

import math
from collections.abc import Sequence

import pytest
import torch

from model.config.gradient import METHODS
from tests.model_tests.gradients.exact import REFERENCES, worst


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Other tests use the other cores."""
    torch.set_num_threads(1)


def combined(method: str, rows: Sequence[Sequence[float]]) -> list[float]:
    gradients = torch.tensor(rows, dtype=torch.float64)
    gram = gradients @ gradients.T
    vector: list[float] = (METHODS[method].weighting()(gram / gram.trace()) @ gradients).tolist()
    return vector


@pytest.mark.parametrize("method", REFERENCES)
def test_gram_matrices_give_the_exact_vectors(method: str) -> None:
    """The first 250 of the thousands of ``python -m tests.model_tests.gradients.exact``."""
    largest, asked = worst(method, 250, seed=0)
    assert largest < 1e-10  # asked for is 1e-6
    assert asked > 230


OBTUSE = [[1, 0], [-0.003, 0.004]]
"""Norms 200 to 1, cosine -.6."""
CASES = [
    # (1, 0) is projected onto the line (4, 3); (-.003, .004) onto the line (0, 1): half of both.
    ("upgrad", OBTUSE, [0.32, 0.242]),
    ("upgrad", [[1, 0], [-1, 0]], [0, 0]),
    ("upgrad", [[1, 0], [-1, 0], [0.3, 0.9]], [0, 0.3]),
    ("upgrad", [[1, 0], [0, 0]], [0.5, 0]),
    # The whole radius serves the smaller, which the larger exceeds by far: (.500, .250).
    ("cagrad", [[1, 0], [0, 5e-5]], [0.5, 2.5e-5 + 0.5 * math.hypot(0.5, 2.5e-5)]),
    # Zero in the middle of the hull's edge: nothing serves all, and only (0, y) harms none; .3 is nearest.
    ("cagrad", [[1, 0], [-1, 0], [0.3, 0.9]], [0, 0.3]),
    ("cagrad", [[1, 0], [-3, 0]], [-0.5, 0]),
    ("cagrad", [[1, 0], [-1, 0]], [0, 0]),
    ("cagrad", [[1, 0], [0, 0]], [0.5, 0]),
    # The foot of the origin on the line through both.
    ("mgda", [[2, 1], [-2, 1]], [0, 1]),
    ("mgda", [[3, 0], [0, 4]], [48 / 25, 36 / 25]),
    ("mgda", [[5, 5], [1, 0]], [1, 0]),
    ("mgda", [[1, 0], [-2, 0], [0, 7]], [0, 0]),
    ("mgda", [[1, 0], [0, 0]], [0, 0]),
    # With unit vectors u: u · d is the same for all, and d on the line through both.
    ("imtl_g", [[3, 0], [0, 4]], [12 / 7, 12 / 7]),
    ("imtl_g", [[3000, 0], [0, 1]], [3000 / 3001, 3000 / 3001]),
    ("imtl_g", [[1, 2], [1, 2], [2, 4]], [6 / 5, 12 / 5]),
    ("imtl_g", [[1, 0], [-2, 0]], [0, 0]),
    ("imtl_g", [[1, 0], [0, 0]], [1, 0]),
]


@pytest.mark.parametrize(("method", "rows", "expected"), CASES)
def test_what_geometry_says(method: str, rows: Sequence[Sequence[float]], expected: Sequence[float]) -> None:
    assert combined(method, rows) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("method", ["upgrad", "cagrad", "mgda"])
def test_tasks_that_all_stand_twice_give_the_same_vector(method: str) -> None:
    """Of gradients that depend on each other: coefficients are not unique, the vector is."""
    once, twice = combined(method, OBTUSE), combined(method, [*OBTUSE, OBTUSE[1], OBTUSE[0]])
    assert twice == pytest.approx(once, rel=1e-9)
