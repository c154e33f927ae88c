"""Masked words: whole words, the right share, never the edges or the padding."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import EncoderConfig
from model.data.minibatch import mask_words, minibatch
from model.data.tokenizer import SentenceTokenizer, build_tokenizer
from model.data.tokens import tokenise
from tests.model_tests.made import PAIRS, TASKS, padded

CORPUS = ["the old cat sees the dog and a bird"] * 4


@pytest.fixture
def tokenizer() -> SentenceTokenizer:
    return build_tokenizer(EncoderConfig(max_length=64), CORPUS)


def arrays(tokenizer: SentenceTokenizer, sentences: list[str]) -> tuple[np.ndarray, np.ndarray]:
    ids, mask = padded(tokenizer, sentences)
    return ids.numpy(), mask.numpy()


def test_all_or_no_words_are_masked_at_the_ends_of_the_range(tokenizer: SentenceTokenizer) -> None:
    ids, mask = arrays(tokenizer, ["the old cat", "dogs"])
    generator = np.random.default_rng(0)
    assert np.array_equal(mask_words(ids, mask, tokenizer, 0.0, generator), ids)
    masked = mask_words(ids, mask, tokenizer, 1.0, generator)
    inner = mask.astype(bool)
    inner[:, 0] = False
    inner[[0, 1], mask.sum(axis=1) - 1] = False
    assert (masked[inner] == tokenizer.mask_id).all()
    assert np.array_equal(masked[~inner], ids[~inner])


def test_all_pieces_of_a_word_go_together(tokenizer: SentenceTokenizer) -> None:
    ids, mask = arrays(tokenizer, ["the birds cats bodies"] * 200)
    masked = mask_words(ids, mask, tokenizer, 0.5, np.random.default_rng(0)) == tokenizer.mask_id
    continued = tokenizer.continues_word[ids]
    assert continued.any()
    assert np.array_equal(masked[:, 1:][continued[:, 1:]], masked[:, :-1][continued[:, 1:]])


def test_the_share_of_masked_words_is_the_one_asked_for(tokenizer: SentenceTokenizer) -> None:
    ids, mask = arrays(tokenizer, CORPUS * 500)
    masked = mask_words(ids, mask, tokenizer, 0.15, np.random.default_rng(0)) == tokenizer.mask_id
    words = 9 * len(ids)
    assert masked.sum() / words == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / words))


def test_a_minibatch_counts_its_tokens(tmp_path: Path) -> None:
    tokenizer = build_tokenizer(
        EncoderConfig(max_length=5), [text for column in PAIRS.texts for text in column]
    )
    data = tokenise(TASKS["sts"], PAIRS, tokenizer, tmp_path)
    nothing_masked = (0.0, np.random.default_rng(0))
    batch = minibatch(data, np.array([1, 0]), tokenizer, torch.device("cpu"), nothing_masked)
    assert batch.input_ids.shape == batch.attention_mask.shape == (4, 5)
    assert (batch.tokens, batch.padded_tokens) == (int(batch.attention_mask.sum()), 20)
    assert batch.targets.tolist() == pytest.approx([0.8, 0.2])
