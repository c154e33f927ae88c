"""Distillation: a network learns from a teacher's predictions beside the labels.

Source: Hinton et al. 2015, Distilling the Knowledge in a Neural Network, section 2 (arXiv 1503.02531).
"""

from collections.abc import Iterator, Mapping

from torch import Tensor
from torch.nn import functional

from .config.distillation import DistillationConfig
from .data.minibatch import MiniBatch
from .inputs import SplitRows
from .outputs import fine, task_loss, unit
from .result import Split
from .tasks import Task


def batch_loss(task: Task, outputs: Tensor, batch: MiniBatch, config: DistillationConfig) -> Tensor:
    """Mean loss of the rows of a batch: of their labels, and of the teacher's predictions where it has one.

    Args:
        task: The task.
        outputs: What the head gave, ``[rows, outputs]``.
        batch: The rows.
        config: As in `distilled_loss`.
    """
    if batch.taught is None:
        return task_loss(task, outputs, batch.targets)
    return distilled_loss(task, outputs, batch.targets, batch.taught, config)


def untaught(rows: Mapping[str, Mapping[Split, SplitRows]]) -> Iterator[tuple[str, str]]:
    """The tasks whose teacher has not predicted all training rows, each with what to say of it."""
    for name, parts in rows.items():
        train = parts["train"]
        if train.teacher is not None and train.taught < train.used:
            missing = train.used - train.taught
            yield name, f"{missing:,} of {train.used:,} training rows have no prediction of the teacher"


def distilled_loss(
    task: Task, outputs: Tensor, targets: Tensor, taught: Tensor, config: DistillationConfig
) -> Tensor:
    """Mean loss of a batch: of a row that the teacher predicted (1 - w) · label loss + w · `distance`.

    A row that it did not predict has the loss of its label.

    Args:
        task: The task, whose loss is a mean over rows.
        outputs: What the head gave, ``[rows, outputs]``.
        targets: What `to_target` gave, ``[rows]``.
        taught: What the teacher gave, ``[rows, outputs]``; NaN where it gave nothing.
        config: Gives w and the temperature.
    """
    known = ~taught.isnan().any(dim=1)
    share = known.float().mean()
    if not known.any():
        return task_loss(task, outputs, targets)
    apart = distance(task, outputs[known], taught[known], config.temperature)
    labels = task_loss(task, outputs[known], targets[known])
    loss = share * ((1 - config.weight) * labels + config.weight * apart)
    if not known.all():
        # A loss that is own code may give one value a row, of two numbers of rows here.
        others = task_loss(task, outputs[~known], targets[~known]).mean()
        loss = loss.mean() + (1 - share) * others
    return loss


def distance(task: Task, outputs: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """How far outputs are from a teacher's predictions, as a mean over rows.

    For classes T² KL(teacher ‖ network), both at temperature T. Of the teacher the probabilities are known,
    and so its logits up to a constant: at T it has the probabilities to the power of 1 / T, normalised. For a
    similarity the squared difference on 0–1.

    Args:
        task: The task.
        outputs: What the head gave, ``[rows, outputs]``.
        taught: Probabilities ``[rows, outputs]``, or scores on 0–1 ``[rows, 1]``.
        temperature: T; of a similarity it is not used.
    """
    outputs = fine(outputs)
    if task.range is not None:
        return functional.mse_loss(unit(task, outputs), taught.to(outputs.dtype))
    teacher = (taught.to(outputs.dtype).log() / temperature).softmax(dim=-1)
    network = (outputs / temperature).log_softmax(dim=-1)
    return temperature**2 * functional.kl_div(network, teacher, reduction="batchmean")
