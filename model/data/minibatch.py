"""The rows of a task as tensors, changed where the trial augments its data."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..outputs import to_target
from .augmentation import Augmentation
from .tokenizer import SentenceTokenizer
from .tokens import TaskData


@dataclass(frozen=True)
class MiniBatch:
    """Rows that go through the network together.

    Attributes:
        input_ids: ``[columns · rows, length]``; all first sentences before all second ones.
        attention_mask: 1 for tokens and 0 for padding, same shape.
        token_types: Of pairs in one sequence, same shape; None of single sentences.
        targets: What the loss wants, ``[rows]``.
        tokens: Real tokens.
        padded_tokens: Tokens with padding.
        taught: What the teacher predicts, ``[rows, outputs]``, NaN where it does not; None without one.
        texts: Number of each sentence's text, equal for equal token ids before any was changed,
            ``[columns · rows]``; None where the task does not compare its rows by text.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_types: Tensor | None
    targets: Tensor
    tokens: int
    padded_tokens: int
    texts: Tensor | None = None
    taught: Tensor | None = None


def minibatch(
    split: TaskData,
    rows: NDArray[np.int64],
    tokenizer: SentenceTokenizer,
    device: torch.device,
    augmentation: Augmentation,
) -> MiniBatch:
    """Puts rows on the device.

    Args:
        split: The task's data.
        rows: Numbers of the rows.
        tokenizer: Gives the ids of padding and mask.
        device: Where the network lies.
        augmentation: What is changed in them.
    """
    batch = split.sequences.padded(augmentation.sequence_numbers(split, rows), tokenizer.pad_id)
    texts = None
    if split.task.contrastive:
        texts = torch.from_numpy(np.unique(batch.ids, axis=0, return_inverse=True)[1].reshape(-1)).to(device)
    batch = augmentation.changed(batch, tokenizer)
    return MiniBatch(
        input_ids=torch.from_numpy(batch.ids).to(device),
        attention_mask=torch.from_numpy(batch.mask).to(device),
        token_types=None if batch.types is None else torch.from_numpy(batch.types).to(device),
        # In fp32 before they move, as there are devices without float64, such as MPS.
        targets=to_target(split.task, torch.from_numpy(split.labels[rows]).float().to(device)),
        tokens=int(batch.mask.sum()),
        padded_tokens=batch.mask.size,
        texts=texts,
        taught=None if split.taught is None else torch.from_numpy(split.taught[rows]).to(device),
    )
