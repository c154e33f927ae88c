"""From a head's raw output to a loss and to a prediction, and how far two outputs are apart."""

import torch
from torch import Tensor

from .errors import PluginError
from .heads import HEADS
from .losses import LOSSES
from .objectives.mnrl import mnrl
from .tasks import Task


def to_target(task: Task, labels: Tensor) -> Tensor:
    """Labels as the loss wants them: class numbers, or scores put on 0–1.

    Args:
        task: The task.
        labels: Labels as they stand in the data, ``[rows]``.
    """
    if task.range is None:
        return labels.long()
    low, high = task.range
    return (labels.float() - low) / (high - low)


def task_loss(task: Task, outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean loss of a batch.

    For classes `ce` is the cross-entropy of the logits. For a similarity, it is the binary cross-entropy of
    the logit against the soft target, and `mse` the squared error of the output against the target. Others
    stand in `model.objectives`.

    Args:
        task: The task, whose `loss` decides.
        outputs: What the head gave, ``[rows, outputs]``.
        targets: What `to_target` gave, ``[rows]``.

    Raises:
        PluginError: As in `teaching`, and if own code gave another number of values than one, or one a row.
    """
    loss = LOSSES[task.loss]
    of = loss.similarity if task.range is not None else loss.classes
    assert of is not None, f"loss {task.loss} is not for this task"  # noqa: S101 - the task was checked
    options = task.options("loss")
    if task.range is None:
        value = of(outputs, targets, **{name: getattr(task, name) for name in loss.settings}, **options)
    else:
        value = of(outputs.squeeze(-1), targets, **options)
    value = teaching(value, outputs, f"loss {task.loss}")
    # One for each row is as good, as their mean counts; a square of them comes of shapes that did not match.
    if value.dim() and value.numel() != len(outputs):
        raise PluginError(f"loss {task.loss} gives a tensor {list(value.shape)}, expected a scalar tensor")
    return value


def teaching(value: object, given: Tensor, what: str) -> Tensor:
    """What a loss or a penalty gave, if something is learned from it.

    Args:
        value: What it gave.
        given: What it was given, outputs or embeddings of the network.
        what: Its kind and name, for the message.

    Raises:
        PluginError: If own code gave no tensor; or one other than 0 that has no gradient, as of numbers that
            NumPy computed: nothing would be learned, without a word.
    """
    if not isinstance(value, Tensor):
        raise PluginError(f"{what} gives a {type(value).__name__}, expected a scalar tensor")
    if given.requires_grad and not value.requires_grad and value.any():
        raise PluginError(
            f"{what} gives a number without a gradient: it must be computed from what it is given"
        )
    return value


CONTRASTIVE_SCALE = 20.0
"""Factor of the cosines in `contrastive_loss` unless a task says otherwise; sentence-transformers' own."""


def contrastive_loss(task: Task, embeddings: Tensor, targets: Tensor, texts: Tensor) -> Tensor:
    """Loss on the embeddings of a batch of pairs, times the task's factor (`model.objectives.mnrl`).

    Args:
        task: The task, of pairs and two classes.
        embeddings: What the head saw, all first sentences before all second ones, ``[2 · rows, size]``.
        targets: Class numbers, ``[rows]``.
        texts: Number of each sentence's text, equal for equal texts, ``[2 · rows]``.
    """
    first, second = fine(embeddings).chunk(2)
    scale = CONTRASTIVE_SCALE if task.contrastive_scale is None else task.contrastive_scale
    return task.contrastive * mnrl(first, second, targets == task.positive_class, texts, scale)


def predict(task: Task, outputs: Tensor) -> Tensor:
    """Predictions in the units of the labels, ``[rows]``: class numbers or scores.

    A cosine trained with MSE is clamped at 0 here and only here. Under cross-entropy the prediction is the
    sigmoid of the logit: there a negative cosine stands for a score in the lower half and must not be cut.
    Nor must one that learned an order alone: there 0 stands for the middle of the range.

    Args:
        task: The task.
        outputs: What the head gave, ``[rows, outputs]``.
    """
    if task.range is None:
        return outputs.argmax(dim=-1)
    output = outputs.squeeze(-1)
    on_unit = unit(task, output)
    # `unit` gives the very output back where the loss has it on 0–1 already: a cosine under MSE.
    if HEADS[task.head].nonnegative and on_unit is output:
        on_unit = on_unit.clamp(min=0)
    low, high = task.range
    return low + on_unit * (high - low)


def divergence(task: Task, outputs: Tensor, others: Tensor) -> Tensor:
    """How far two outputs are apart, as a mean over rows, in fp32 or what is finer.

    For classes the symmetric Kullback–Leibler divergence of the two distributions; for a similarity the
    squared difference of the predictions on 0–1.

    Args:
        task: The task.
        outputs: What the head gave, ``[rows, outputs]``.
        others: The same of another pass.
    """
    outputs, others = fine(outputs), fine(others)
    if task.range is None:
        p, q = outputs.log_softmax(dim=-1), others.log_softmax(dim=-1)
        # KL(p, q) + KL(q, p) in one sum without cancellation: no term is negative, and equal outputs give 0.
        return ((p.exp() - q.exp()) * (p - q)).sum(dim=-1).mean()
    return (unit(task, outputs) - unit(task, others)).square().mean()


def unit(task: Task, outputs: Tensor) -> Tensor:
    """Outputs of a similarity put on 0-1; those of a loss that has them there already as they are."""
    loss = LOSSES[task.loss]
    if loss.logits:
        return outputs.sigmoid()
    return (outputs + 1) / 2 if loss.ranks else outputs


def fine(outputs: Tensor) -> Tensor:
    """Outputs in fp32, or in what is finer."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))
