"""Words masked or left out: whole ones, the right share, never the edges. Exchanged pairs: their share."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.processors import TemplateProcessing

from model.config import EncoderConfig
from model.data.augmentation import Augmentation, drop_words, mask_words
from model.data.rows import Rows
from model.data.sentences import Padded
from model.data.tokenizer import SPECIAL, SentenceTokenizer, build_tokenizer
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


def reference(row: list[int], draws: list[float], tokenizer: SentenceTokenizer, share: float) -> list[int]:
    """What stays of one sentence, word by word."""
    cls, *tokens, sep = row
    words: list[list[int]] = []
    for token in tokens:
        if tokenizer.continues_word[token] and words:
            words[-1].append(token)
        else:
            words.append([token])
    numbers = draws[1 : len(words) + 1]  # the first number is that of [CLS]
    stay = [word for word, number in zip(words, numbers, strict=True) if number >= share]
    if words and not stay:
        stay = [words[numbers.index(max(numbers))]]
    return [cls, *(token for word in stay for token in word), sep]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_what_stays_is_what_it_was_in_its_order(share: float, tokenizer: SentenceTokenizer) -> None:
    sentences = ["the birds cats bodies", "a dog", "", "the old cat sees the dog and a bird", "bodies"] * 60
    batch = batch_of(tokenizer, sentences)
    draws = np.random.default_rng(5).random(batch.ids.shape)
    shortened = drop_words(batch, tokenizer, share, np.random.default_rng(5))
    found, kept = shortened.ids, shortened.mask
    expected = [
        reference(row[real == 1].tolist(), drawn.tolist(), tokenizer, share)
        for row, real, drawn in zip(batch.ids, batch.mask, draws, strict=True)
    ]
    assert [row[real == 1].tolist() for row, real in zip(found, kept, strict=True)] == expected
    assert found.shape[1] == max(map(len, expected))
    assert (found[kept == 0] == tokenizer.pad_id).all()
    assert (np.diff(kept, axis=1) <= 0).all()
    if share == 0:
        assert np.array_equal(found, batch.ids)


@pytest.mark.parametrize(("share", "words"), [(0.15, 9), (0.6, 2)])
def test_the_share_of_words_left_out_is_the_one_asked_for(
    share: float, words: int, tokenizer: SentenceTokenizer
) -> None:
    sentences = 4000
    text = " ".join(CORPUS[0].split()[:words])
    batch = batch_of(tokenizer, [text] * sentences)
    kept = drop_words(batch, tokenizer, share, np.random.default_rng(0)).mask
    mask = batch.mask
    left_out = (mask.sum(axis=1) - kept.sum(axis=1)) / ((mask.sum(axis=1) - 2) / words)
    # Of n words n p go, less the one that stays where all would, which has the probability p^n.
    assert left_out.max() < words
    expected = words * share - share**words
    spread = np.sqrt(share * (1 - share) * words / sentences)
    assert left_out.mean() == pytest.approx(expected, abs=4 * spread)


def test_words_are_left_out_anew_at_each_step_and_alike_at_the_same(tokenizer: SentenceTokenizer) -> None:
    batch = batch_of(tokenizer, CORPUS * 20)
    one, again, other = (
        Augmentation(word_dropout=0.5, seed=seed).changed(batch, tokenizer).ids
        for seed in ((1, 2, 3), (1, 2, 3), (1, 3, 3))
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one[:, :4], other[:, :4])
    assert Augmentation(word_dropout=0.0, seed=(1,)).changed(batch, tokenizer) is batch


@pytest.mark.parametrize(
    ("single", "edges"),
    [("$A", (0, 0)), ("$A [SEP]", (0, 1)), ("[CLS] [CLS] $A", (2, 0)), ("[CLS] $A [SEP]", (1, 1))],
)
def test_what_the_tokenizer_adds_stays_and_every_word_can_go(
    single: str, edges: tuple[int, int], tokenizer: SentenceTokenizer
) -> None:
    plain = Tokenizer.from_str(tokenizer.backend.to_str())
    places = [(name, SPECIAL.index(name)) for name in ("[CLS]", "[SEP]")]
    plain.post_processor = TemplateProcessing(single=single, special_tokens=places)
    ours = SentenceTokenizer(Tokenizer.from_str(plain.to_str()), 0, 64)
    assert ours.edges == edges
    sentences = ["the old cat", "bodies", "a dog and a bird"]
    words = [plain.encode(sentence, add_special_tokens=False).ids for sentence in sentences]
    whole = [plain.encode(sentence).ids for sentence in sentences]
    batch, generator = batch_of(ours, sentences), np.random.default_rng(0)
    masked = mask_words(batch, ours, 1.0, generator)
    for row, real, one, own in zip(masked, batch.mask, whole, words, strict=True):
        behind = len(own) + edges[0]
        expected = [*one[: edges[0]], *[ours.mask_id] * len(own), *one[behind:]]
        assert row[real == 1].tolist() == expected
    first, last = set(), set()
    for _ in range(60):
        shortened = drop_words(batch, ours, 0.5, generator)
        row = shortened.ids[2][shortened.mask[2] == 1].tolist()
        behind = len(row) - edges[1]
        assert (row[: edges[0]], row[behind:]) == (whole[2][: edges[0]], whole[2][len(whole[2]) - edges[1] :])
        assert row[edges[0] : behind]
        first.add(row[edges[0]])
        last.add(row[behind - 1])
    assert min(len(first), len(last)) > 1


def test_a_tokenizer_that_knows_no_letter_has_one_token_at_each_end(tokenizer: SentenceTokenizer) -> None:
    made = Tokenizer(BPE(vocab={"<s>": 0, "x": 1}, merges=[]))
    assert made.encode("a").ids == []
    assert SentenceTokenizer(made, 0, 8).edges == (1, 1)
