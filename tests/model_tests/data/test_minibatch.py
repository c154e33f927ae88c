"""Rows as tensors."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from model.config import EncoderConfig
from model.data.augmentation import Augmentation
from model.data.minibatch import minibatch
from model.data.rows import Rows
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


def test_equal_texts_have_one_number_whatever_becomes_of_their_words(tmp_path: Path) -> None:
    texts = (("a dog", "the cat", "a dog"), ("the cat", "a cat", "the dog runs"))
    rows = Rows(texts=texts, labels=(1.0, 0.0, 1.0), ids=("x", "y", "z"), dropped=0)
    tokenizer = build_tokenizer(EncoderConfig(max_length=9), [text for column in texts for text in column])
    declared = TASKS["para"].model_copy(update={"contrastive": 1.0})
    data = tokenise(declared, rows, tokenizer, tmp_path)
    for changed in (Augmentation(), Augmentation(mask_words=0.5, seed=(0,))):
        found = minibatch(data, np.arange(3), tokenizer, torch.device("cpu"), changed).texts
        assert found is not None
        equal = found.unsqueeze(0) == found.unsqueeze(1)
        flat = np.array([text for column in texts for text in column])
        assert np.array_equal(equal.numpy(), flat[:, None] == flat)
    plain = tokenise(TASKS["para"], rows, tokenizer, tmp_path)
    assert minibatch(plain, np.arange(3), tokenizer, torch.device("cpu"), Augmentation()).texts is None


class Moved(TorchDispatchMode):
    """Hears of which kinds the tensors are that go to another device."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[torch.dtype] = set()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        if isinstance(found, Tensor) and found.is_meta:
            self.kinds |= {one.dtype for one in args if isinstance(one, Tensor) and not one.is_meta}
        return found


@pytest.mark.parametrize("name", ["sst", "sts"])
def test_no_float64_goes_to_the_device(name: str, tmp_path: Path) -> None:
    """Which may not have it, as MPS."""
    rows = PAIRS if name == "sts" else Rows((("a", "b"),), (1.0, 4.0), ("x", "y"), 0)
    texts = [text for column in rows.texts for text in column]
    tokenizer = build_tokenizer(EncoderConfig(max_length=9), texts)
    data = tokenise(TASKS[name], rows, tokenizer, tmp_path)
    with Moved() as moved:
        batch = minibatch(data, np.arange(2), tokenizer, torch.device("meta"), Augmentation())
    assert batch.targets.is_meta
    assert batch.targets.dtype == (torch.float32 if name == "sts" else torch.int64)
    assert moved.kinds == {torch.int64, torch.float32}
