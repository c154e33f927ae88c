"""Pairs in one sequence: ids and token types as `transformers` gives them, cut as it cuts them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import RobertaProcessing, TemplateProcessing
from tokenizers.trainers import BpeTrainer
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from model.config import EncoderConfig
from model.data.augmentation import Augmentation
from model.data.minibatch import minibatch
from model.data.pairs import PairForm, Pairs, join
from model.data.rows import Rows, read
from model.data.sentences import Sentences
from model.data.tokenizer import SPECIAL, SentenceTokenizer, build_tokenizer
from model.data.tokens import TaskData, encode, tokenise
from model.errors import EncoderError
from model.pretrained import minilm_folder
from tests.model_tests.made import DEMO, TASKS, needs_minilm

TEXTS = read("sts", DEMO["sts"], "dev", None).texts
ODD = (
    ("a", "a", "a dog", "a dog runs there and the cat sleeps", "it stands here", "é ü 犬"),
    ("b", "the cat sleeps there and a dog runs by", "a cat", "a cat", "and here", "a"),
)
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def tiny(max_length: int) -> tuple[SentenceTokenizer, PreTrainedTokenizerBase]:
    ours = build_tokenizer(EncoderConfig(max_length=max_length), [*TEXTS[0], *TEXTS[1]])
    pad, unknown, cls, sep, mask = SPECIAL
    theirs = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(ours.backend.to_str()),
        pad_token=pad,
        unk_token=unknown,
        cls_token=cls,
        sep_token=sep,
        mask_token=mask,
    )
    return ours, theirs


def minilm(max_length: int) -> tuple[SentenceTokenizer, PreTrainedTokenizerBase]:
    theirs = AutoTokenizer.from_pretrained(minilm_folder(), use_fast=True)
    return build_tokenizer(EncoderConfig(source="minilm", max_length=max_length), []), theirs


def byte_level() -> Tokenizer:
    made = Tokenizer(BPE(unk_token="<unk>"))
    made.pre_tokenizer = ByteLevel(add_prefix_space=False)
    made.train_from_iterator(
        [*TEXTS[0], *TEXTS[1]], BpeTrainer(vocab_size=600, special_tokens=ROBERTA, show_progress=False)
    )
    return made


def roberta(max_length: int) -> tuple[SentenceTokenizer, PreTrainedTokenizerBase]:
    made = byte_level()
    made.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return both(made, max_length)


def mpnet(max_length: int) -> tuple[SentenceTokenizer, PreTrainedTokenizerBase]:
    made = byte_level()
    made.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B:1 </s>:1",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return both(made, max_length)


def both(made: Tokenizer, max_length: int) -> tuple[SentenceTokenizer, PreTrainedTokenizerBase]:
    theirs = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", mask_token="<mask>")
    return SentenceTokenizer(Tokenizer.from_str(made.to_str()), 1, max_length), theirs


TOKENIZERS: dict[str, Callable[[int], tuple[SentenceTokenizer, PreTrainedTokenizerBase]]] = {
    "tiny": tiny,
    "minilm": minilm,
    "roberta": roberta,
    "mpnet": mpnet,
}


def pairs_of(tokenizer: SentenceTokenizer, texts: tuple[tuple[str, ...], ...]) -> Pairs:
    return join(texts, encode([*texts[0], *texts[1]], tokenizer), tokenizer)


@pytest.mark.parametrize("room", [2, 4, 5, 12, 124])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_minilm] * (name == "minilm")) for name in TOKENIZERS]
)
def test_ids_and_types_are_those_of_transformers(name: str, room: int) -> None:
    max_length = room + (4 if name in ("roberta", "mpnet") else 3)
    ours, theirs = TOKENIZERS[name](max_length)
    assert PairForm.of(ours).room == room
    texts = tuple(one + other for one, other in zip(TEXTS, ODD, strict=True))
    pairs, rows = pairs_of(ours, texts), len(texts[0])
    for numbers, (first, second) in ((np.arange(rows), texts), (np.arange(rows, 2 * rows), texts[::-1])):
        given = theirs(
            list(first), list(second), truncation="longest_first", max_length=max_length,
            padding=True, return_token_type_ids=True, return_tensors="np",
        )  # fmt: skip
        made = pairs.padded(numbers, ours.pad_id)
        assert np.array_equal(made.ids, given["input_ids"])
        assert np.array_equal(made.mask, given["attention_mask"])
        assert np.array_equal(made.types, np.where(made.mask, given["token_type_ids"], 0))
        assert np.array_equal(pairs.lengths, given["attention_mask"].sum(axis=1))


def test_what_parts_a_pair_is_known() -> None:
    for make, parting in ((tiny, 1), (roberta, 2), (mpnet, 2)):
        ours, _ = make(64)
        made = pairs_of(ours, TEXTS).padded(np.array([3, 1]), ours.pad_id)
        assert made.between is not None
        assert made.between.sum(axis=1).tolist() == [parting, parting]
        assert set(made.ids[made.between].tolist()) == set(PairForm.of(ours).between)


def joint(folder: Path) -> tuple[TaskData, SentenceTokenizer]:
    ours, _ = tiny(64)
    rows = Rows(TEXTS, (1.0,) * len(TEXTS[0]), ("",) * len(TEXTS[0]), 0)
    task = TASKS["sts"].model_copy(update={"pair_encoding": "joint"})
    return tokenise(task, rows, ours, folder), ours


def test_masked_words_are_words(tmp_path: Path) -> None:
    data, tokenizer = joint(tmp_path)
    numbers = np.arange(20)
    plain = data.sequences.padded(numbers, tokenizer.pad_id)
    masked = Augmentation(mask_words=0.999999).changed(plain, tokenizer).ids
    special = np.isin(plain.ids, [SPECIAL.index(name) for name in ("[PAD]", "[CLS]", "[SEP]")])
    assert np.array_equal(masked[special], plain.ids[special])
    assert (masked[~special] == tokenizer.mask_id).all()


def test_the_words_at_the_ends_are_masked_where_no_token_stands_there() -> None:
    made = byte_level()
    made.post_processor = TemplateProcessing(
        single="$A", pair="$A </s> $B:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    ours, _ = both(made, 64)
    assert PairForm.of(ours).ends == (0, 0)
    plain = pairs_of(ours, TEXTS).padded(np.arange(20), ours.pad_id)
    masked = Augmentation(mask_words=0.999999).changed(plain, ours).ids
    special = np.isin(plain.ids, [ours.pad_id, 2])
    assert np.array_equal(masked[special], plain.ids[special])
    assert (masked[~special] == ours.mask_id).all()


@pytest.mark.parametrize("share", [0.4, 0.999999])
def test_each_sentence_keeps_a_word(share: float, tmp_path: Path) -> None:
    data, tokenizer = joint(tmp_path)
    plain = data.sequences.padded(np.arange(60), tokenizer.pad_id)
    found = Augmentation(word_dropout=share, seed=(7,)).changed(plain, tokenizer)
    cls, sep = (SPECIAL.index(name) for name in ("[CLS]", "[SEP]"))
    for before, types, row, own in zip(plain.ids, plain.types, found.ids, found.types, strict=True):
        assert (row[0], np.sum(row == sep), row[row != tokenizer.pad_id][-1]) == (cls, 2, sep)
        middle = row.tolist().index(sep)
        assert own[row != tokenizer.pad_id].tolist() == [0] * (middle + 1) + [1] * int(own.sum())
        for side, part in ((0, row[1:middle]), (1, row[middle + 1 :])):
            words = part[(part != sep) & (part != tokenizer.pad_id)].tolist()
            there = iter(before[types == side].tolist())
            assert words
            assert all(word in there for word in words)  # in their order
            if share > 0.9:
                assert sum(not tokenizer.continues_word[word] for word in words) == 1
    assert np.array_equal(found.between, (found.ids == sep) & (found.types == 0))
    assert found.mask.sum() < plain.mask.sum()


def test_exchanged_sentences_change_places_within_the_sequence(tmp_path: Path) -> None:
    data, tokenizer = joint(tmp_path)
    rows, device = np.arange(60), torch.device("cpu")
    batches = [
        minibatch(data, rows, tokenizer, device, Augmentation(swap_pairs=share, seed=(1,)))
        for share in (0.0, 0.5, 1.0)
    ]
    plain, some, turned = (batch.input_ids.numpy() for batch in batches)
    assert np.array_equal(turned, data.sequences.padded(rows + len(data), tokenizer.pad_id).ids)
    exchanged = (some != plain).any(axis=1)
    assert np.array_equal(some, np.where(exchanged[:, None], turned, plain))
    assert 0.3 < exchanged.mean() < 0.7
    assert batches[0].token_types is not None
    assert batches[0].input_ids.shape == batches[0].token_types.shape == batches[0].attention_mask.shape


def test_both_kinds_of_trials_share_the_cached_sentences(tmp_path: Path) -> None:
    data, tokenizer = joint(tmp_path)
    rows = Rows(TEXTS, (1.0,) * len(TEXTS[0]), ("",) * len(TEXTS[0]), 0)
    apart = tokenise(TASKS["sts"], rows, tokenizer, tmp_path)
    assert apart.kept == data.kept
    assert isinstance(apart.sequences, Sentences)
    assert len(list((tmp_path / "tokens").iterdir())) == 1


def test_a_tokenizer_that_parts_no_pairs_is_refused() -> None:
    made = byte_level()
    with pytest.raises(EncoderError, match="puts nothing between two sentences"):
        PairForm.of(SentenceTokenizer(made, 1, 16))


@pytest.mark.parametrize("max_length", [4, 5])
def test_a_sequence_without_room_for_both_is_refused(max_length: int) -> None:
    ours, _ = roberta(max_length)
    said = rf"encoder\.max_length {max_length} has no room for two sentences .*: 4 of its tokens are"
    with pytest.raises(EncoderError, match=said):
        PairForm.of(ours)
