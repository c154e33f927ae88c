"""Masked words: whole ones, the right share, never the edges or the padding. Exchanged pairs: their share."""

from pathlib import Path

import numpy as np
import pytest

from model.config import EncoderConfig
from model.data.augmentation import Augmentation, mask_words
from model.data.rows import Rows
from model.data.sentences import Padded
from model.data.tokenizer import SentenceTokenizer, build_tokenizer
from model.data.tokens import TaskData, tokenise
from tests.model_tests.made import TASKS, padded

CORPUS = ["the old cat sees the dog and a bird"] * 4


@pytest.fixture
def tokenizer() -> SentenceTokenizer:
    return build_tokenizer(EncoderConfig(max_length=64), CORPUS)


def batch_of(tokenizer: SentenceTokenizer, sentences: list[str]) -> Padded:
    ids, mask = padded(tokenizer, sentences)
    return Padded(ids.numpy(), mask.numpy())


def test_all_or_no_words_are_masked_at_the_ends_of_the_range(tokenizer: SentenceTokenizer) -> None:
    batch = batch_of(tokenizer, ["the old cat", "dogs"])
    generator = np.random.default_rng(0)
    assert np.array_equal(mask_words(batch, tokenizer, 0.0, generator), batch.ids)
    masked = mask_words(batch, tokenizer, 1.0, generator)
    inner = batch.mask.astype(bool)
    inner[:, 0] = False
    inner[[0, 1], batch.mask.sum(axis=1) - 1] = False
    assert (masked[inner] == tokenizer.mask_id).all()
    assert np.array_equal(masked[~inner], batch.ids[~inner])


def test_all_pieces_of_a_word_go_together(tokenizer: SentenceTokenizer) -> None:
    batch = batch_of(tokenizer, ["the birds cats bodies"] * 200)
    masked = mask_words(batch, tokenizer, 0.5, np.random.default_rng(0)) == tokenizer.mask_id
    continued = tokenizer.continues_word[batch.ids]
    assert continued.any()
    assert np.array_equal(masked[:, 1:][continued[:, 1:]], masked[:, :-1][continued[:, 1:]])


def test_the_share_of_masked_words_is_the_one_asked_for(tokenizer: SentenceTokenizer) -> None:
    batch = batch_of(tokenizer, CORPUS * 500)
    masked = mask_words(batch, tokenizer, 0.15, np.random.default_rng(0)) == tokenizer.mask_id
    words = 9 * len(batch.ids)
    assert masked.sum() / words == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / words))


def pairs(folder: Path) -> TaskData:
    rows = Rows(
        texts=(tuple(f"left{n}" for n in range(400)), tuple(f"right{n}" for n in range(400))),
        labels=(1.0,) * 400,
        ids=("",) * 400,
        dropped=0,
    )
    tokenizer = build_tokenizer(EncoderConfig(max_length=64), CORPUS)
    return tokenise(TASKS["sts"], rows, tokenizer, folder)


def test_a_share_of_the_pairs_is_exchanged(tmp_path: Path) -> None:
    data, rows = pairs(tmp_path), np.random.default_rng(0).permutation(400)[:300]
    first, second = data.sequence_numbers(rows).reshape(2, -1)
    augmentation = Augmentation(swap_pairs=0.3, seed=(1, 2, 3))
    left, right = augmentation.sequence_numbers(data, rows).reshape(2, -1)
    swapped = left == second
    assert np.array_equal(np.where(swapped, second, first), left)
    assert np.array_equal(np.where(swapped, first, second), right)
    assert swapped.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 300))
    again = augmentation.sequence_numbers(data, rows).reshape(2, -1)[0]
    assert np.array_equal(again, left)
    assert not np.array_equal(
        Augmentation(swap_pairs=0.3, seed=(1, 3, 3)).sequence_numbers(data, rows)[:300], left
    )


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_or_all_of_them_are(share: float, tmp_path: Path) -> None:
    data, rows = pairs(tmp_path), np.arange(20)
    numbers = Augmentation(swap_pairs=share, seed=(1,)).sequence_numbers(data, rows)
    plain = data.sequence_numbers(rows)
    assert np.array_equal(numbers, np.roll(plain, 20) if share else plain)
