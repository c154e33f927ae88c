"""R-Drop: two passes with different dropout should say the same.

Source: Liang et al. 2021, R-Drop: Regularized Dropout for Neural Networks (arXiv 2106.14448). Their loss is
the sum of both passes' losses and α times the mean of both divergences; here it is the mean of both losses,
as in the example of the authors' README (dropreg/R-Drop), so that a strength of 0.5 is their α of 1.
"""

from collections.abc import Callable

from torch import Tensor

from .outputs import divergence
from .tasks import Task


def two_passes(task: Task, network: Callable[[], Tensor], strength: float) -> tuple[list[Tensor], Tensor]:
    """Takes a batch through the network twice, each time with dropout of its own.

    Args:
        task: The task.
        network: Gives the outputs of the batch, ``[rows, outputs]``, with new dropout at each call.
        strength: Factor of the regulariser, half the paper's α.

    Returns:
        The outputs of both passes, whose mean loss is the batch's, and the regulariser: the factor times the
        mean of both Kullback-Leibler divergences for classes, and times the squared difference of the
        predictions on 0-1 for a similarity.
    """
    one, other = network(), network()
    apart = divergence(task, one, other)
    return [one, other], strength * (apart / 2 if task.range is None else apart)
