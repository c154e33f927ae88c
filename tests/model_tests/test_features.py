"""Frozen encoders: what learns, what is computed once, and that it changes no score."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import BertConfig, BertModel

from model import trainer
from model.config import EncoderConfig, TrainConfig
from model.data.tokenizer import build_tokenizer
from model.data.tokens import tokenise
from model.errors import EncoderError
from model.evaluation import embeddings
from model.features import Features
from model.files import RunFolder
from model.network.encoder import SentenceEncoder
from model.network.multitask import MultitaskEncoder
from model.result import EpochResult
from tests.model_tests.made import DEMO, PAIRS, TASKS, TINY, assert_resumes, config, metrics

JOINT = DEMO["para"].model_copy(update={"pair_encoding": "joint", "head": "mlp"})


def frozen(what: Any = "all", **settings: Any) -> TrainConfig:
    return config(encoder=TINY | {"freeze": what, "layers": 3, "dropout": 0.2}, epochs=3, **settings)


def trained(given: TrainConfig, folder: Path, cache: Path) -> list[EpochResult]:
    return list(trainer.train(given, folder, data=None, cache=cache))


def test_heads_learn_and_the_encoder_stays(tmp_path: Path) -> None:
    given = frozen()
    results = trained(given, tmp_path / "run", tmp_path / "cache")
    torch.manual_seed(given.seed)
    first = MultitaskEncoder(given, 300, 0).state_dict()
    kept = load_file(RunFolder(tmp_path / "run").weights)
    same = {
        name: torch.equal(tensor, first[name])
        for name, tensor in kept.items()
        if tensor.shape == first[name].shape
    }
    assert all(
        equal for name, equal in same.items() if name.startswith("encoder.") and "embeddings.word" not in name
    )
    losses = [metric.value for metric in results[-1].metrics if metric.name == "loss"]
    before = [metric.value for metric in results[0].metrics if metric.name == "loss"]
    assert sum(losses) < sum(before)


@pytest.mark.parametrize("settings", [{}, {"tasks": DEMO | {"para": JOINT}}], ids=["apart", "joint"])
def test_scores_are_those_of_an_encoder_that_is_asked_each_time(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = trained(frozen(**settings), tmp_path / "cached", tmp_path / "cache")

    def asked(self: Features, data: Any) -> torch.Tensor:
        with torch.no_grad():
            return embeddings(self._encoder, data.sequences, self._pad_id, self._device)

    monkeypatch.setattr(Features, "of", asked)
    expected = trained(frozen(**settings), tmp_path / "asked", tmp_path / "cache")
    for one, other in zip(cached, expected, strict=True):
        for mine, yours in zip(one.metrics, other.metrics, strict=True):
            assert mine.value == pytest.approx(yours.value, abs=1e-6, nan_ok=True)


def test_a_stopped_trial_resumes_bit_for_bit(tmp_path: Path) -> None:
    assert_resumes(frozen(), tmp_path, tmp_path / "cache")


def test_pairs_in_one_sequence_have_embeddings_of_their_own(tmp_path: Path) -> None:
    trained(frozen(), tmp_path / "apart", tmp_path / "cache")
    apart = {*(tmp_path / "cache/features").iterdir()}
    trained(frozen(tasks=DEMO | {"para": JOINT}), tmp_path / "joint", tmp_path / "cache")
    made = {*(tmp_path / "cache/features").iterdir()} - apart
    rows = {len(np.load(entry / "features.npy")) for entry in made}
    assert rows == {70, 60, 40}  # one a row of train, dev and the sample; none of the other tasks


def test_each_sentence_is_embedded_once_for_all_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(frozen(), tmp_path / "first", tmp_path / "cache")

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the encoder was asked")

    with monkeypatch.context() as patched:
        patched.setattr("model.network.encoder.SentenceEncoder.forward", refused)
        again = trained(frozen(), tmp_path / "again", tmp_path / "cache")
        other = trained(frozen(learning_rate=5e-3), tmp_path / "other", tmp_path / "cache")
    assert metrics(again) == metrics(first)
    assert metrics(other) != metrics(first)
    with pytest.raises(AssertionError, match="the encoder was asked"), monkeypatch.context() as patched:
        patched.setattr("model.network.encoder.SentenceEncoder.forward", refused)
        trained(frozen(seed=2), tmp_path / "seed", tmp_path / "cache")  # other weights


@pytest.mark.parametrize("damage", ["flipped", "other"])
def test_a_damaged_entry_is_made_again(damage: str, tmp_path: Path) -> None:
    first = trained(frozen(), tmp_path / "first", tmp_path / "cache")
    for file in (tmp_path / "cache/features").rglob("features.npy"):
        if damage == "flipped":
            content = file.read_bytes()
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        else:
            np.save(file, np.zeros((2, 3), np.float32))
    assert metrics(trained(frozen(), tmp_path / "again", tmp_path / "cache")) == metrics(first)


@pytest.mark.parametrize(("what", "learning"), [("embeddings", 3), (1, 2), (2, 1)])
def test_parts_that_are_frozen_do_not_learn(what: Any, learning: int, tmp_path: Path) -> None:
    given = frozen(what, gradient="pcgrad")
    trained(given, tmp_path / "run", tmp_path / "cache")
    kept = load_file(RunFolder(tmp_path / "run").weights)
    size = kept["encoder.bert.embeddings.word_embeddings.weight"].shape[0]
    torch.manual_seed(given.seed)
    first = MultitaskEncoder(given, size, 0).state_dict()
    changed = {name for name, tensor in kept.items() if not torch.equal(tensor, first[name])}
    assert not any("bert.embeddings" in name for name in changed)
    layers = {int(name.split(".layer.")[1].split(".")[0]) for name in changed if ".layer." in name}
    assert layers == {*range(3 - learning, 3)}
    assert any(name.startswith("heads.") for name in changed)


@pytest.mark.parametrize("what", [3, 4])
def test_layers_that_are_not_there_are_refused(what: int, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=f"encoder.freeze {what}: it has 3 layers; write all"):
        trained(frozen(what), tmp_path / "run", tmp_path / "cache")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mask_words": 0.1}, "mask_words needs an encoder that learns; encoder.freeze is all"),
        ({"smart": {"enabled": True}}, "smart.enabled needs an encoder that learns"),
        ({"gradient": "pcgrad"}, "gradient pcgrad needs an encoder that learns"),
        (
            {"swap_pairs": 0.5, "tasks": DEMO | {"para": JOINT}},
            r"swap_pairs 0\.5 changes the sequences of para \(pair_encoding joint\) from step to step",
        ),
    ],
)
def test_what_changes_its_inputs_or_gradients_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        frozen(**settings)
    frozen("embeddings", **settings)


def test_an_encoder_that_learns_has_the_fingerprint_that_it_had() -> None:
    assert config(encoder=TINY | {"freeze": None}).fingerprint() == config(encoder=TINY).fingerprint()
    assert frozen().fingerprint() != frozen(None).fingerprint()


def test_rows_are_chosen_where_the_embeddings_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU, which need not be there: such tensors have a shape and a device alone."""
    features = Features(MultitaskEncoder(frozen(), 300, 0).encoder, 0, torch.device("cuda", 0), tmp_path)
    with FakeTensorMode(allow_non_fake_inputs=True):
        known = torch.empty(5, 3, device="cuda:0")
        monkeypatch.setattr(features, "of", lambda data: known)
        found = features.chosen(None, np.array([4, 0, 4]))  # type: ignore[arg-type] - a stand-in
    assert (found.shape, found.device) == ((3, 3), known.device)


@pytest.mark.parametrize(
    ("changes", "shared"),
    [
        ({"num_attention_heads": 4}, False),
        ({"hidden_act": "relu"}, False),
        ({"layer_norm_eps": 1e-5}, False),
        ({"hidden_dropout_prob": 0.4, "_name_or_path": "elsewhere", "transformers_version": "4.0.0"}, True),
    ],
)
def test_encoders_of_equal_weights_and_another_configuration_share_nothing(
    changes: dict[str, Any], shared: bool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    made = BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    tokenizer, found = build_tokenizer(EncoderConfig(max_length=16), ["a dog", "the cat"]), []
    data = tokenise(TASKS["sts"], PAIRS, tokenizer, tmp_path)
    BertModel(made).save_pretrained(tmp_path / "encoder")
    settings = json.loads((tmp_path / "encoder/config.json").read_text())
    for said in (settings, settings | changes):
        (tmp_path / "encoder/config.json").write_text(json.dumps(said))
        given = EncoderConfig(source="hub", name=str(tmp_path / "encoder"), freeze="all", max_length=16)
        encoder = SentenceEncoder(given, 40, 0).eval()
        found.append(Features(encoder, 0, torch.device("cpu"), tmp_path / "cache").of(data))
        expected = embeddings(encoder, data.sequences, 0, torch.device("cpu"))
        assert torch.equal(found[-1], expected.detach())
    assert torch.equal(*found) == shared
    assert len(list((tmp_path / "cache/features").iterdir())) == 2 - shared
