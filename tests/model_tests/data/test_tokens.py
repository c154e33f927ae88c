"""The token cache: what it holds, and that a damaged entry is built again."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from model.config import EncoderConfig
from model.data import tokens
from model.data.rows import Rows
from model.data.tokenizer import SentenceTokenizer, build_tokenizer
from model.data.tokens import TaskData, tokenise
from tests.model_tests.made import PAIRS, TASKS

TASK = TASKS["sts"]


@pytest.fixture
def tokenizer() -> SentenceTokenizer:
    return build_tokenizer(EncoderConfig(max_length=5), [text for column in PAIRS.texts for text in column])


def contents(data: TaskData) -> list[list[int]]:
    s = data.sentences
    return [s.ids[s.offsets[i] : s.offsets[i + 1]].tolist() for i in range(len(s.lengths))]


def test_sentences_lie_column_by_column(tokenizer: SentenceTokenizer, tmp_path: Path) -> None:
    data = tokenise(TASK, PAIRS, tokenizer, tmp_path)
    texts = [text for column in PAIRS.texts for text in column]
    assert contents(data) == tokenizer.encode(texts)
    assert data.sequence_numbers(np.array([1])).tolist() == [1, 3]
    assert data.row_lengths.tolist() == [5, 5]  # cut to the longest length
    assert data.labels.tolist() == [1.0, 4.0]


def test_padding_is_masked(tokenizer: SentenceTokenizer, tmp_path: Path) -> None:
    data = tokenise(TASK, PAIRS, tokenizer, tmp_path)
    batch = data.sentences.padded(np.array([0, 1]), pad_id=tokenizer.pad_id)
    assert batch.mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]
    assert batch.ids[1, 4] == tokenizer.pad_id
    assert batch.ids[0].tolist() == contents(data)[0]


@pytest.mark.parametrize("name", ["ids.npy", "offsets.npy", "sha256.json"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "removed"])
def test_a_damaged_entry_is_built_again(
    name: str, damage: str, tokenizer: SentenceTokenizer, tmp_path: Path
) -> None:
    expected = contents(tokenise(TASK, PAIRS, tokenizer, tmp_path))
    [file] = tmp_path.glob(f"tokens/*/{name}")
    content = file.read_bytes()
    if damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        file.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    else:
        file.unlink()
    assert contents(tokenise(TASK, PAIRS, tokenizer, tmp_path)) == expected
    [entry] = [path for path in (tmp_path / "tokens").iterdir() if not path.name.startswith(".")]
    assert set(json.loads((entry / "sha256.json").read_text())) == {"ids.npy", "offsets.npy", "content"}


OTHER = Rows(texts=(("a", "b"), ("c", "d")), labels=(0.0, 1.0), ids=("x", "y"), dropped=0)


@pytest.mark.parametrize("named", [False, True], ids=["its own name", "the name of this one"])
def test_an_entry_of_other_texts_is_built_again(
    named: bool, tokenizer: SentenceTokenizer, tmp_path: Path
) -> None:
    """Whatever its checksums say, which are right."""
    expected = contents(tokenise(TASK, PAIRS, tokenizer, tmp_path))
    tokenise(TASK, OTHER, tokenizer, tmp_path / "other")
    [entry], [foreign] = (list((tmp_path / at / "tokens").iterdir()) for at in (".", "other"))
    for name in ("ids.npy", "offsets.npy", "sha256.json"):
        (entry / name).write_bytes((foreign / name).read_bytes())
    if named:
        said = json.loads((entry / "sha256.json").read_text())
        (entry / "sha256.json").write_text(json.dumps(said | {"content": entry.name}))
    assert contents(tokenise(TASK, PAIRS, tokenizer, tmp_path)) == expected


def test_a_half_written_entry_is_not_found(tokenizer: SentenceTokenizer, tmp_path: Path) -> None:
    (tmp_path / "tokens" / ".building-dead").mkdir(parents=True)
    (tmp_path / "tokens" / ".building-dead" / "ids.npy").write_bytes(b"half")
    assert contents(tokenise(TASK, PAIRS, tokenizer, tmp_path))


def test_other_text_or_length_is_another_entry(tokenizer: SentenceTokenizer, tmp_path: Path) -> None:
    longer = build_tokenizer(EncoderConfig(max_length=9), [text for column in PAIRS.texts for text in column])
    for rows, with_tokenizer in ((PAIRS, tokenizer), (OTHER, tokenizer), (PAIRS, longer)):
        tokenise(TASK, rows, with_tokenizer, tmp_path)
    assert len(list((tmp_path / "tokens").iterdir())) == 3


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_the_cache_and_its_key_are_those_of_all_texts_at_once(
    piece: int, tokenizer: SentenceTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tokenise(TASK, PAIRS, tokenizer, tmp_path / "whole")
    monkeypatch.setattr(tokens, "PIECE", piece)
    in_pieces = tokenise(TASK, PAIRS, tokenizer, tmp_path / "pieces")
    texts = [text for column in PAIRS.texts for text in column]
    key = tokenizer.fingerprint() + json.dumps(texts)
    assert in_pieces.kept == whole.kept
    assert whole.kept.name == hashlib.sha256(key.encode()).hexdigest()
    assert contents(in_pieces) == contents(whole)
