"""A batch through the network as often as a penalty wants it, and what the penalty says of that."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .errors import PluginError
from .network.ownnetwork import described
from .outputs import fine, teaching
from .penalties import PENALTIES, Pass
from .rdrop import two_passes
from .tasks import Task


def regularised(
    task: Task, network: Callable[[], Tensor], seen: Sequence[Tensor], r_drop: float
) -> tuple[list[Tensor], Tensor]:
    """Takes a batch through the network: once, or as often as R-Drop or the task's own penalty wants it.

    Args:
        task: The task, of which no penalty goes with R-Drop.
        network: Gives the outputs of the batch, ``[rows, outputs]``, with new dropout at each call.
        seen: Grows by the embeddings that the head saw, ``[columns · rows, size]``, at each call.
        r_drop: Factor of R-Drop; 0: none.

    Returns:
        The outputs of all passes, whose mean loss is the batch's, and the penalty; 0 where there is none.

    Raises:
        PluginError: If the penalty is no scalar, or has no gradient.
    """
    if r_drop:
        return two_passes(task, network, r_drop)
    if task.penalty is None:
        outputs = network()
        return [outputs], torch.zeros((), device=outputs.device)
    penalty = PENALTIES[task.penalty]
    passes = [Pass(network(), seen[-1]) for _ in range(penalty.passes)]
    fine_passes = tuple(Pass(*map(fine, one)) for one in passes)
    value: object = penalty.value(task, fine_passes, **task.options("penalty"))
    if not isinstance(value, Tensor) or value.dim():
        raise PluginError(f"penalty {task.penalty} gives {described(value)}, expected a scalar tensor")
    # Where the encoder is frozen, a penalty on its embeddings has no gradient by right.
    return [one.outputs for one in passes], teaching(value, passes[0].embeddings, f"penalty {task.penalty}")
