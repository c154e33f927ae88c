"""What MGDA, UPGrad, CAGrad and IMTL-G give, in rational numbers, against what the trainer computes.

    python -m tests.model_tests.gradients.exact [MATRICES]

prints for each method how far the joined vector lies from the exact one, in units of its norm, at most, over
1,000 random Gram matrices of two to four tasks whose norms lie up to 10⁴ apart.
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
import torch

from model.config.gradient import CAGRAD_RADIUS, METHODS

Vector = list[Fraction]
Matrix = list[Vector]

LARGEST_CONDITION = 1e6
"""Of the cosines' matrix: beyond it IMTL-G takes gradients for dependent, whose dot products are float32."""
TINY = Fraction(1, 10**40)
"""Far above the error of a root, far below everything else."""


def product(gram: Matrix, weights: Vector) -> Vector:
    return [sum((a * b for a, b in zip(row, weights, strict=True)), Fraction(0)) for row in gram]


def square(gram: Matrix, weights: Vector) -> Fraction:
    """The squared norm of a combination."""
    return sum((a * b for a, b in zip(product(gram, weights), weights, strict=True)), Fraction(0))


def root(value: Fraction) -> Fraction:
    """To 60 digits and more."""
    return Fraction(math.isqrt(value.numerator * value.denominator * 10**120), value.denominator * 10**60)


def solve(gram: Matrix, members: Sequence[int], right: Vector) -> Vector | None:
    """The solution within a set, zero outside it; None if the set's gradients depend on each other."""
    rows = [[gram[i][j] for j in members] + [right[i]] for i in members]
    for column in range(len(rows)):
        pivot = next((row for row in range(column, len(rows)) if rows[row][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(len(rows)):
            if row != column and rows[row][column]:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    found = [Fraction(0)] * len(gram)
    for place, member in enumerate(members):
        found[member] = rows[place][-1]
    return found


def sets(size: int) -> Iterator[tuple[int, ...]]:
    for count in range(size + 1):
        yield from itertools.combinations(range(size), count)


def upgrad(gram: Matrix) -> Vector:
    size = len(gram)
    total = [Fraction(0)] * size
    for task in range(size):
        start = [Fraction(int(other == task), size) for other in range(size)]
        for members in sets(size):
            added = solve(gram, members, [-value for value in product(gram, start)])
            if added is None or min(added) < 0:
                continue
            candidate = [a + b for a, b in zip(start, added, strict=True)]
            if min(product(gram, candidate)) >= 0:
                total = [a + b for a, b in zip(total, candidate, strict=True)]
                break
        else:
            raise AssertionError("no set is optimal")
    return total


def mgda(gram: Matrix) -> Vector:
    for members in itertools.islice(sets(len(gram)), 1, None):
        found = solve(gram, members, [Fraction(1)] * len(gram))
        if found is not None and sum(found) > 0 and min(found) >= 0:
            weights = [value / sum(found) for value in found]
            if min(product(gram, weights)) >= square(gram, weights):
                return weights
    raise AssertionError("the hull holds zero")


def cagrad(gram: Matrix) -> Vector:
    size = len(gram)
    mean = [Fraction(1, size)] * size
    slopes = product(gram, mean)
    radius = Fraction(CAGRAD_RADIUS) ** 2 * square(gram, mean)
    for members in itertools.islice(sets(size), 1, None):
        ones, back = solve(gram, members, [Fraction(1)] * size), solve(gram, members, slopes)
        if ones is None or back is None:
            continue
        # |Σ bᵢ gᵢ|² = radius where b = level · ones - back: a quadratic equation in the level.
        a, b = sum(ones), sum(back)
        c = sum(slopes[i] * back[i] for i in members) - radius
        if b * b < a * c:
            continue
        level = (b + root(b * b - a * c)) / a
        added = [level * one - other for one, other in zip(ones, back, strict=True)]
        joined = [a + b for a, b in zip(mean, added, strict=True)]
        if min(added) >= 0 and min(product(gram, joined)) >= level * (1 - TINY * (1 if level > 0 else -1)):
            return joined
    raise AssertionError("no set is optimal")


def imtl_g(gram: Matrix) -> Vector:
    found = solve(gram, range(len(gram)), [root(row[i]) for i, row in enumerate(gram)])
    assert found is not None
    return [value / sum(found) for value in found]


REFERENCES: dict[str, Callable[[Matrix], Vector]] = {
    "upgrad": upgrad,
    "cagrad": cagrad,
    "mgda": mgda,
    "imtl_g": imtl_g,
}


def random_gram(rng: np.random.Generator) -> torch.Tensor:
    """Of whole numbers, which float64 holds exactly: two to four tasks, norms up to 10⁴ apart."""
    tasks = int(rng.integers(2, 5))
    rows = rng.integers(-99, 100, size=(tasks, tasks + int(rng.integers(0, 3))))
    scales = np.round(10 ** rng.uniform(0, 4, size=(tasks, 1))).astype(np.int64)
    gradients = rows * scales
    return torch.from_numpy(gradients @ gradients.T).double()


def condition(gram: torch.Tensor) -> float:
    """Of the matrix of the cosines."""
    norms = gram.diagonal().sqrt()
    return float(torch.linalg.cond(gram / torch.outer(norms, norms)))


def error(method: str, gram: torch.Tensor) -> float:
    """How far the joined vector lies from the exact one, in units of its norm."""
    exact = [[Fraction(value) for value in row] for row in gram.tolist()]
    expected = REFERENCES[method](exact)
    found = METHODS[method].weighting()(gram / gram.trace()).tolist()
    apart = [Fraction(a) - b for a, b in zip(found, expected, strict=True)]
    return float(root(square(exact, apart) / square(exact, expected)))


def worst(method: str, matrices: int, seed: int) -> tuple[float, int]:
    """The largest error over random matrices, and how many of them the method was asked about."""
    rng = np.random.default_rng(seed)
    drawn = (random_gram(rng) for _ in range(matrices))
    limit = LARGEST_CONDITION if method == "imtl_g" else 1e14
    errors = [error(method, gram) for gram in drawn if condition(gram) <= limit]
    return max(errors), len(errors)


if __name__ == "__main__":
    matrices = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for name in REFERENCES:
        largest, asked = worst(name, matrices, seed=0)
        print(f"{name}: at most {largest:.1e} over {asked} of {matrices} matrices")
