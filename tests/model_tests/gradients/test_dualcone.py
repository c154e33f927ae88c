"""UPGrad's quadratic program against non-negative least squares in SciPy."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from model.gradients.dualcone import ExactProjector


@pytest.mark.parametrize("tasks", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_equals_non_negative_least_squares(tasks: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(tasks)
    for _ in range(20):
        gradients = scale * torch.randn(tasks, 4, generator=generator, dtype=torch.float64)
        gram = gradients @ gradients.T
        bounds = torch.rand(2, tasks, generator=generator, dtype=torch.float64)
        regular = gram / gram.trace() + 1e-4 * torch.eye(tasks, dtype=torch.float64)
        root = np.linalg.cholesky(regular.numpy()).T
        # min |root (u + z)|² with z ≥ 0
        expected = np.stack([u + nnls(root, -root @ u)[0] for u in bounds.numpy()])
        found = ExactProjector()(bounds, gram)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-8, atol=1e-9)


def test_zero_gradients_keep_their_weights() -> None:
    bounds = torch.tensor([0.25, 0.75])
    torch.testing.assert_close(ExactProjector()(bounds, torch.zeros(2, 2)), bounds)
