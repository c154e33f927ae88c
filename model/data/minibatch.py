"""The rows of a task as tensors, with words masked where the trial augments its data."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..outputs import to_target
from .tokenizer import SentenceTokenizer
from .tokens import TaskData


@dataclass(frozen=True)
class MiniBatch:
    """Rows that go through the network together.

    Attributes:
        input_ids: ``[columns · rows, length]``; all first sentences before all second ones.
        attention_mask: 1 for tokens and 0 for padding, same shape.
        targets: What the loss wants, ``[rows]``.
        tokens: Real tokens.
        padded_tokens: Tokens with padding.
    """

    input_ids: Tensor
    attention_mask: Tensor
    targets: Tensor
    tokens: int
    padded_tokens: int


def minibatch(
    split: TaskData,
    rows: NDArray[np.int64],
    tokenizer: SentenceTokenizer,
    device: torch.device,
    masking: tuple[float, np.random.Generator],
) -> MiniBatch:
    """Puts rows on the device.

    Args:
        split: The task's data.
        rows: Numbers of the rows.
        tokenizer: Gives the ids of padding and mask.
        device: Where the network lies.
        masking: Share of words to mask (0: none), and the source of the choice.
    """
    ids, mask = split.sentences.padded(split.sentence_numbers(rows), tokenizer.pad_id)
    if masking[0]:
        ids = mask_words(ids, mask, tokenizer, *masking)
    return MiniBatch(
        input_ids=torch.from_numpy(ids).to(device),
        attention_mask=torch.from_numpy(mask).to(device),
        targets=to_target(split.task, torch.from_numpy(split.labels[rows]).to(device)),
        tokens=int(mask.sum()),
        padded_tokens=mask.size,
    )


def mask_words(
    ids: NDArray[np.int64],
    mask: NDArray[np.int64],
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Replaces each word, with all its pieces, by mask tokens with probability `share`.

    The first and the last token of a sentence stay: [CLS] and [SEP]. Where a vocabulary does not mark the
    pieces of a word by ``##``, every token counts as a word.

    Args:
        ids: Token ids, ``[sentences, length]``.
        mask: 1 for tokens and 0 for padding, same shape.
        tokenizer: Knows the mask token, and which tokens continue a word.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        New token ids, same shape.
    """
    words = np.cumsum(~tokenizer.continues_word[ids], axis=1) - 1
    chosen = np.take_along_axis(generator.random(ids.shape) < share, words.clip(min=0), axis=1)
    inner = mask.astype(bool)
    inner[:, 0] = False
    inner[np.arange(len(ids)), mask.sum(axis=1) - 1] = False
    return np.where(chosen & inner, tokenizer.mask_id, ids)
