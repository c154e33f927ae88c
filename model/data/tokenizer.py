"""Text to token ids: a WordPiece vocabulary of our own, or the tokenizer of a pretrained model."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from ..config import EncoderConfig
from ..encoders import ENCODERS
from ..errors import EncoderError
from ..plugins.ownencoder import errors_of
from ..pretrained import minilm_folder, not_loaded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

PIECE = 10_000
"""Texts that are tokenised together: what the tokenizer gives takes a hundred times their room."""

MASKS = ("[MASK]", "<mask>", "[UNK]", "<unk>")
"""Names of the token that stands for a masked word, the first one present."""


class SentenceTokenizer:
    """Turns sentences into token ids, special tokens included, cut to a length.

    Args:
        tokenizer: A `tokenizers` tokenizer that adds its own special tokens.
        pad_id: Id of the padding token.
        max_length: Longest result in tokens; the rest of the sentence is cut.

    Attributes:
        backend: The `tokenizers` tokenizer.
        pad_id: Id of the padding token.
        max_length: Longest result in tokens.
        mask_id: Id of the token that stands for a masked word.
        continues_word: Whether each id is a piece that continues a word, ``[vocabulary]``.
    """

    def __init__(self, tokenizer: Tokenizer, pad_id: int, max_length: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length)
        self.backend = tokenizer
        self.max_length = max_length
        self.pad_id = pad_id
        vocabulary = tokenizer.get_vocab()
        self.mask_id = next((vocabulary[name] for name in MASKS if name in vocabulary), pad_id)
        self.continues_word = np.zeros(max(vocabulary.values()) + 1, dtype=bool)
        for entry, index in vocabulary.items():
            self.continues_word[index] = entry.startswith("##")

    @cached_property
    def edges(self) -> tuple[int, int]:
        """Special tokens before and behind a sentence that stands alone, found on one of a letter.

        One each, as of most, where it makes nothing of that letter.
        """
        with self.uncut() as backend:
            special = backend.encode("a").special_tokens_mask
        return (special.index(0), special[::-1].index(0)) if 0 in special else (1, 1)

    @property
    def vocabulary_size(self) -> int:
        """Number of entries, special tokens included."""
        return int(self.backend.get_vocab_size())

    @property
    def pieces(self) -> tuple[str, ...]:
        """Characters of each entry, by its id, without the ## of a continuation; '' for special tokens."""
        special = {*SPECIAL, *MASKS, *(t.content for t in self.backend.get_added_tokens_decoder().values())}
        found = [""] * len(self.continues_word)
        for entry, index in self.backend.get_vocab().items():
            found[index] = "" if entry in special else entry.removeprefix("##")
        return tuple(found)

    def fingerprint(self) -> str:
        """SHA-256 of everything that decides the ids: vocabulary, rules and length."""
        return hashlib.sha256(self.backend.to_str().encode()).hexdigest()

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Token ids of each sentence."""
        return [encoding.ids for encoding in self.backend.encode_batch_fast(list(sentences))]

    def are_cut(self, texts: Sequence[str] | Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
        """Whether each sentence, or pair in one sequence, has more tokens than `max_length`, ``[texts]``."""
        return self.full_lengths(texts) > self.max_length

    def full_lengths(self, texts: Sequence[str] | Sequence[tuple[str, str]]) -> NDArray[np.int64]:
        """Tokens of each sentence, or pair in one sequence, before it is cut, ``[texts]``."""
        with self.uncut() as backend:
            parts = (texts[start : start + PIECE] for start in range(0, len(texts), PIECE))
            lengths = (len(one.ids) for part in parts for one in backend.encode_batch_fast(list(part)))
            return np.fromiter(lengths, np.int64, len(texts))

    @contextmanager
    def uncut(self) -> Iterator[Tokenizer]:
        """The `tokenizers` tokenizer, which cuts nothing for a while."""
        self.backend.no_truncation()
        try:
            yield self.backend
        finally:
            self.backend.enable_truncation(self.max_length)


def build_tokenizer(config: EncoderConfig, corpus: Sequence[str]) -> SentenceTokenizer:
    """The tokenizer that belongs to an encoder.

    Args:
        config: The encoder; `source` decides which tokenizer.
        corpus: Training sentences; the vocabulary of an encoder that brings none is built from them.

    Raises:
        EncoderError: If a pretrained tokenizer cannot be loaded, or own code gives something else.
    """
    own = ENCODERS[config.source].tokenizer
    if own is None:
        return SentenceTokenizer(
            wordpiece(corpus, config.vocabulary), SPECIAL.index("[PAD]"), config.max_length
        )
    with errors_of(config):
        made: object = own(config, corpus)
    # One that is derived from it would not come back as itself from what is kept.
    if type(made) is not SentenceTokenizer:
        raise EncoderError(
            f"encoder.source {config.source}: its tokenizer is a {type(made).__name__}, expected a "
            "SentenceTokenizer"
        )
    return made


def minilm_tokenizer(config: EncoderConfig, corpus: Sequence[str]) -> SentenceTokenizer:
    """That of the pip-packaged all-MiniLM-L6-v2; arguments and errors as in `build_tokenizer`.

    It brings its vocabulary, and does not read the corpus.
    """
    folder = minilm_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pad_id = tokenizer.token_to_id("[PAD]")
    if pad_id is None:
        raise EncoderError(f"{folder / 'tokenizer.json'} has no [PAD] token: install the package again")
    return SentenceTokenizer(tokenizer, pad_id, config.max_length)


def tokenizer_from_json(written: str, pad_id: int, config: EncoderConfig) -> SentenceTokenizer:
    """One that was built from the training text, from what its `backend.to_str` gave.

    Args:
        written: What it gave.
        pad_id: Id of the padding token.
        config: The encoder.

    Raises:
        ValueError: If it is damaged.
    """
    try:
        tokenizer = Tokenizer.from_str(written)
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"no tokenizer: {error}") from error
    return SentenceTokenizer(tokenizer, pad_id, config.max_length)


def hub_tokenizer(config: EncoderConfig, corpus: Sequence[str]) -> SentenceTokenizer:
    """That of a model on the hub or in a folder; arguments and errors as in `build_tokenizer`.

    It brings its vocabulary, and does not read the corpus.
    """
    name = config.location
    loaded = loaded_tokenizer(name)
    if loaded.pad_token_id is None or getattr(loaded, "backend_tokenizer", None) is None:
        raise EncoderError(f"encoder.name: the tokenizer of {name!r} is not a fast one with a padding token")
    # A copy: truncation set on the backend would show through in transformers' own object.
    return SentenceTokenizer(
        Tokenizer.from_str(loaded.backend_tokenizer.to_str()), loaded.pad_token_id, config.max_length
    )


def loaded_tokenizer(source: str, **settings: object) -> "PreTrainedTokenizerBase":
    """The tokenizer of `transformers` of a model on the hub or in a folder.

    Args:
        source: The name of the model, or its folder.
        settings: Given to the tokenizer.

    Raises:
        EncoderError: If it cannot be loaded, or only by code that comes with it, which is never run.
    """
    # transformers takes seconds to import, and only this source needs its tokenizers.
    from transformers import AutoTokenizer

    try:
        loaded: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            source, use_fast=True, trust_remote_code=False, **settings
        )
    except (OSError, ValueError, ImportError, KeyError, TypeError) as error:
        raise not_loaded("tokenizer", source, error) from error
    return loaded


def wordpiece(corpus: Sequence[str], size: int) -> Tokenizer:
    """A lower-casing WordPiece tokenizer (Devlin et al. 2019) whose vocabulary comes from `corpus`.

    The vocabulary holds the special tokens, every character (alone and as a continuation), and the most
    frequent words, ties in alphabetical order. The library's own trainer breaks ties by hash order, which
    would give a different vocabulary, and so different scores, from run to run.

    Args:
        corpus: Sentences.
        size: Entries up to which words are taken, special tokens and characters included; these stand there
            even if they are more.
    """
    normalizer, splitter = BertNormalizer(lowercase=True), BertPreTokenizer()
    words: Counter[str] = Counter()
    for sentence in corpus:
        words.update(word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(sentence)))
    characters = sorted({character for word in words for character in word})
    entries = [*SPECIAL, *characters, *(f"##{character}" for character in characters)]
    known = set(entries)
    by_frequency = sorted(words, key=lambda word: (-words[word], word))
    entries += [word for word in by_frequency if word not in known][: max(0, size - len(entries))]
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return tokenizer
