"""The examples: how long they are, and their numbers against what computes them otherwise."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from jsonschema import Draft202012Validator
from scipy.stats import entropy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from model.config import EncoderConfig, TrainConfig
from model.config.trainers import TRAINERS, revived
from model.data.rows import read
from model.errors import CheckpointError
from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.network.encoder import SentenceEncoder
from model.owntrial import StepLog
from model.penalties import PENALTIES, Pass
from model.plugins.load import load
from model.predictions import read_predictions
from model.result import EpochResult
from model.trainer import train
from sweeper.study.load import load_study
from sweeper.study.schema import study_schema
from sweeper.study.study import Study

EXAMPLES = Path(__file__).parents[1] / "examples"
CHARACTERS = EXAMPLES / "charcnn"
RECURRENT = EXAMPLES / "lstm"
WORDS = EXAMPLES / "tfidf"


@pytest.fixture
def study() -> Iterator[Study]:
    yield load_study(str(CHARACTERS / "study.yaml"))
    load(())


@pytest.fixture
def recurrent() -> Iterator[Study]:
    yield load_study(str(RECURRENT / "study.yaml"))
    load(())


@pytest.fixture
def words() -> Iterator[Study]:
    yield load_study(str(WORDS / "study.yaml"))
    load(())


@pytest.mark.parametrize(
    ("file", "lines"), [("charcnn/charcnn.py", 60), ("lstm/lstm.py", 70), ("tfidf/tfidf.py", 80)]
)
def test_they_are_short(file: str, lines: int) -> None:
    assert len((EXAMPLES / file).read_text(encoding="utf-8").splitlines()) < lines


@pytest.mark.parametrize(
    ("example", "typo"),
    [
        ("charcnn", "tasks.sst.head_options.chanels"),
        ("lstm", "encoder.source_options.widht"),
        ("lstm", "tasks.sst.penalty_options.strenght"),
        ("tfidf", "learning_rate"),
    ],
)
def test_their_studies_fit_the_schema_of_their_code(example: str, typo: str) -> None:
    file = EXAMPLES / example / "study.yaml"
    load_study(str(file))
    schema = Draft202012Validator(study_schema())
    load(())
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    schema.validate(written)
    arm = next(iter(written["arms"].values()))
    assert not schema.is_valid({**written, "arms": {"x": {**arm, typo: 1}}})


def test_focal_loss_is_its_formula_and_cross_entropy_at_0(study: Study) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(5, (50,), generator=generator)
    focal: Any = LOSSES["focal"].classes
    assert focal(logits, targets, gamma=0.0) == pytest.approx(functional.cross_entropy(logits, targets))
    raw = logits.numpy()
    shares = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    p = shares[np.arange(50), targets.numpy()]
    assert focal(logits, targets, gamma=2.0).item() == pytest.approx(np.mean(-((1 - p) ** 2) * np.log(p)))


def test_the_metric_is_a_count(study: Study) -> None:
    metric = METRICS["within_one"]
    assert metric.score(np.array([0.0, 2, 4, 3]), np.array([1.0, 0, 4, 2])) == 3 / 4


def test_the_head_gives_what_a_loop_over_the_characters_gives(study: Study) -> None:
    pieces = ("", "ab", "c", "bca")
    task = study.tasks["sst"]
    torch.manual_seed(0)
    head = HEADS["charcnn"].network(task, 4, 0.0, pieces=pieces, channels=3, width=3).double().eval()
    tokens = torch.tensor([[1, 3, 0], [2, 1, 1]])
    embedding = torch.randn(2, 4, dtype=torch.float64)
    found = head(embedding, tokens=(tokens,)).detach().numpy()
    table, filters = head.embed.weight.detach().numpy(), head.filters.weight.detach().numpy()
    answer = head.answer[1]
    for row in range(2):
        text = [c for token in tokens[row] for c in pieces[token].ljust(3, "-")]
        numbers = ["-abc".index(c) for c in text]
        letters = np.stack([np.zeros(16), *(table[number] for number in numbers), np.zeros(16)])
        seen = [
            [(letters[i : i + 3].T * one).sum() + bias for i in range(len(text))]
            for one, bias in zip(filters, head.filters.bias.detach().numpy(), strict=True)
        ]
        strongest = np.maximum(0, np.max(seen, axis=1))
        joined = np.concatenate([embedding[row].numpy(), strongest])
        expected = answer.weight.detach().numpy() @ joined + answer.bias.detach().numpy()
        np.testing.assert_allclose(found[row], expected, rtol=1e-12)


def test_the_recurrent_encoder_reads_each_text_as_if_it_were_alone(recurrent: Study) -> None:
    config = EncoderConfig(source="lstm", source_options={"width": 6, "layers": 2}, pooling="mean")
    encoder = SentenceEncoder(config, 9, 0).double().eval()
    ids = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])
    found = encoder(ids, (ids > 0).long())
    network: Any = encoder.bert
    for row, length in enumerate((4, 2, 1)):
        states, _ = network.lstm(network.words(ids[row : row + 1, :length]))
        torch.testing.assert_close(found[row], states[0].mean(dim=0))


def test_the_penalty_is_the_negative_entropy(recurrent: Study) -> None:
    logits = torch.randn(7, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    value = PENALTIES["confidence"].value(None, (Pass(logits, logits),), strength=0.3)
    assert value.item() == pytest.approx(-0.3 * np.mean(entropy(np.exp(logits.numpy()), axis=1)))


@pytest.mark.parametrize(
    ("example", "arm"), [("charcnn", "Characters"), ("lstm", "LSTM, less sure")], ids=str
)
def test_it_trains_is_stopped_and_goes_on_bit_for_bit(example: str, arm: str, tmp_path: Path) -> None:
    study = load_study(str(EXAMPLES / example / "study.yaml"))
    settings = study.config(arm, study.first_of(arm), 1).model_dump()
    small: dict[str, Any] = {"epochs": 2, "steps_per_epoch": 3, "threads": 1, "train_sample": 20}
    config = TrainConfig.model_validate(settings | small)

    def trained(folder: Path) -> list[tuple[object, ...]]:
        found = train(config, folder, data=None, cache=tmp_path / "cache")
        return [result.metrics for result in found]

    whole = trained(tmp_path / "whole")
    half = train(config, tmp_path / "half", data=None, cache=tmp_path / "cache")
    next(half)
    half.close()
    assert trained(tmp_path / "half") == whole
    saved = read_predictions(tmp_path / "whole" / "predictions.npz")
    load(())
    assert saved is not None
    assert saved["para"].bootstrap is None
    if example == "charcnn":
        bootstrap = saved["sst"].bootstrap
        assert bootstrap is not None
        near = np.abs(saved["sst"].predicted - saved["sst"].labels) <= 1
        assert bootstrap[0] == near.mean()


def train_words(
    study: Study, folder: Path, iterations: int = 5, **params: Any
) -> Generator[EpochResult, None, None]:
    config = study.config("Words", study.first | params, 1)
    config = revived(config.model_copy(update={"epochs": 3, "iterations": iterations}))
    report = StepLog(lambda inputs: None)
    found: Generator[EpochResult, None, None] = TRAINERS["tfidf.py"].train(
        config, folder, data=None, cache=folder / "cache", stop=lambda: False, report=report
    )
    return found


def test_the_words_are_what_another_solver_makes_of_them_in_the_end(words: Study, tmp_path: Path) -> None:
    *_, last = train_words(words, tmp_path, 1000, c=0.5)
    config = words.config("Words", words.first, 1)
    for name in ("sst", "para"):
        rows = {split: read(name, config.tasks[name], split, None) for split in ("train", "dev")}
        vectors = TfidfVectorizer().fit([text for column in rows["train"].texts for text in column])
        x = {
            split: [vectors.transform(column).toarray() for column in part.texts]
            for split, part in rows.items()
        }
        features = {
            split: np.hstack([abs(part[0] - part[-1]), part[0] * part[-1]]) if len(part) == 2 else part[0]
            for split, part in x.items()
        }
        model = LogisticRegression(C=0.5, solver="newton-cg", tol=1e-10, max_iter=10**4)
        model.fit(features["train"], rows["train"].labels)
        score = np.mean(model.predict(features["dev"]) == np.array(rows["dev"].labels))
        assert last.dev_scores()[name] == pytest.approx(score, abs=1.5 / len(rows["dev"]))


def test_the_words_go_on_bit_for_bit(words: Study, tmp_path: Path) -> None:
    whole = [result.metrics for result in train_words(words, tmp_path / "whole")]
    half = train_words(words, tmp_path / "half")
    next(half)
    half.close()
    assert [result.metrics for result in train_words(words, tmp_path / "half")] == whole
    with pytest.raises(CheckpointError, match="is of another configuration or of other data"):
        next(train_words(words, tmp_path / "half", c=7.0))
