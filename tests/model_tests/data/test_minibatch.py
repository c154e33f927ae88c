"""Rows as tensors."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import EncoderConfig
from model.data.augmentation import Augmentation
from model.data.minibatch import minibatch
from model.data.tokenizer import build_tokenizer
from model.data.tokens import tokenise
from tests.model_tests.made import PAIRS, TASKS


def test_a_minibatch_counts_its_tokens(tmp_path: Path) -> None:
    tokenizer = build_tokenizer(
        EncoderConfig(max_length=5), [text for column in PAIRS.texts for text in column]
    )
    data = tokenise(TASKS["sts"], PAIRS, tokenizer, tmp_path)
    batch = minibatch(data, np.array([1, 0]), tokenizer, torch.device("cpu"), Augmentation())
    assert batch.input_ids.shape == batch.attention_mask.shape == (4, 5)
    assert (batch.tokens, batch.padded_tokens) == (int(batch.attention_mask.sum()), 20)
    assert batch.targets.tolist() == pytest.approx([0.8, 0.2])
