"""The vocabulary from a corpus, and a pretrained tokenizer against transformers' own."""

import pytest
from transformers import AutoTokenizer

from model.config import EncoderConfig
from model.data.tokenizer import SPECIAL, build_tokenizer, wordpiece
from model.errors import EncoderError
from model.pretrained import minilm_folder
from tests.model_tests.made import needs_minilm

CORPUS = ["The old cat sees the dog.", "A cat, an OLD cat!"]
SENTENCES = ["Hello, world!", "", "naïve café — 北京", "a " * 600]


def test_vocabulary_holds_characters_then_frequent_words() -> None:
    vocabulary = wordpiece(CORPUS, 1000).get_vocab()
    by_id = sorted(vocabulary, key=lambda entry: vocabulary[entry])
    assert tuple(by_id[:5]) == SPECIAL
    assert [entry for entry in by_id if len(entry) > 2 and entry[0] not in "[#"] == [
        "cat", "old", "the", "dog", "sees",
    ]  # fmt: skip
    assert {"a", "##a", "!", "##!"} <= vocabulary.keys()


def test_vocabulary_keeps_to_its_size() -> None:
    assert len(wordpiece(CORPUS, 37).get_vocab()) == 37


def test_unseen_words_are_spelled_out_and_unknown_characters_are_unk() -> None:
    tokenizer = wordpiece(CORPUS, 1000)
    assert tokenizer.encode("Cats zzz").tokens == ["[CLS]", "cat", "##s", "[UNK]", "[SEP]"]


def test_sentences_are_cut_to_the_longest_length() -> None:
    tokenizer = build_tokenizer(EncoderConfig(max_length=6), CORPUS)
    [ids] = tokenizer.encode(["the cat sees the old dog"])
    assert len(ids) == 6
    assert ids[-1] == SPECIAL.index("[SEP]")


def test_fingerprint_follows_vocabulary_and_length() -> None:
    first = build_tokenizer(EncoderConfig(), CORPUS)
    assert first.fingerprint() == build_tokenizer(EncoderConfig(), CORPUS).fingerprint()
    assert first.fingerprint() != build_tokenizer(EncoderConfig(max_length=64), CORPUS).fingerprint()
    assert first.fingerprint() != build_tokenizer(EncoderConfig(), CORPUS[:1]).fingerprint()


@needs_minilm
@pytest.mark.parametrize("source", ["minilm", "hub"])
def test_pretrained_ids_equal_those_of_transformers(source: str) -> None:
    reference = AutoTokenizer.from_pretrained(minilm_folder())
    name = str(minilm_folder()) if source == "hub" else None
    tokenizer = build_tokenizer(EncoderConfig.model_validate({"source": source, "name": name}), [])
    expected = reference(SENTENCES, truncation=True, max_length=128)["input_ids"]
    assert tokenizer.encode(SENTENCES) == expected
    assert tokenizer.pad_id == reference.pad_token_id


def test_a_missing_model_is_one_clear_error() -> None:
    config = EncoderConfig(source="hub", name="./no/such/folder")
    with pytest.raises(EncoderError, match="no/such/folder"):
        build_tokenizer(config, [])


def test_characters_stand_in_a_vocabulary_of_any_size() -> None:
    found = wordpiece(CORPUS, 10).get_vocab()
    characters = {sign for sentence in CORPUS for sign in sentence.lower() if sign != " "}
    assert {*found} == {*SPECIAL, *characters, *(f"##{sign}" for sign in characters)}
    assert len(found) > 10
