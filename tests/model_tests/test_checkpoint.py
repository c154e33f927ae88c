"""What a checkpoint holds of a network whose parts have several names, and which device goes on from it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from model import checkpoint
from model.encoders import ENCODERS, Encoder
from model.errors import OutdatedCheckpointError
from model.registry import adding
from model.result import EpochResult
from model.trainer import train
from tests.model_tests.made import DEMO, config, metrics, same, weights


class SharedConfig(PreTrainedConfig):
    model_type = "shared"


class Shared(PreTrainedModel):
    """One layer that is gone through twice, as in a Universal Transformer."""

    config_class = SharedConfig

    def __init__(self, settings: SharedConfig, words: int) -> None:
        super().__init__(settings)
        layer = nn.Linear(16, 16)
        self.words, self.stack = nn.Embedding(words, 16), nn.ModuleList([layer, layer])

    def get_input_embeddings(self) -> nn.Module:
        return self.words

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
    ) -> BaseModelOutput:
        states = self.words(input_ids) if inputs_embeds is None else inputs_embeds
        for layer in self.stack:
            states = layer(states).tanh()
        return BaseModelOutput(last_hidden_state=states)


@pytest.fixture
def shared() -> Iterator[str]:
    entry = Encoder("a layer twice", lambda given, words, pad: Shared(SharedConfig(hidden_size=16), words))
    with adding("shared.py"):
        ENCODERS.add("shared", entry)
    yield "shared"
    ENCODERS.remove("shared")


@pytest.mark.parametrize("technique", [{}, {"smart": {"enabled": True}, "average": {"name": "ema"}}])
def test_a_layer_at_two_places_is_saved_and_gone_on_from(
    shared: str, technique: dict[str, object], cache: Path, tmp_path: Path
) -> None:
    tasks = {"sst": DEMO["sst"].model_dump() | {"dev_rows": 12, "train_rows": 14}}
    settings = {"epochs": 2, "batch_size": 4, "train_sample": 8, "steps_per_epoch": 2}
    given = config(tasks=tasks, encoder={"source": shared}, **settings, **technique)
    expected = list(train(given, tmp_path / "whole", data=None, cache=cache))
    trial = train(given, tmp_path / "stopped", data=None, cache=cache)
    list(itertools.islice(trial, 1))
    trial.close()
    torch.manual_seed(999)
    assert metrics(list(train(given, tmp_path / "stopped", data=None, cache=cache))) == metrics(expected)
    kept = weights(tmp_path / "whole", 2)
    assert same(kept, weights(tmp_path / "stopped", 2))
    assert torch.equal(kept["encoder.bert.stack.0.weight"], kept["encoder.bert.stack.1.weight"])


@pytest.mark.parametrize("made", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("now", ["cpu", "cuda", "mps"])
def test_a_checkpoint_of_another_kind_of_device_starts_again(
    made: str, now: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {f"random.{kind}": torch.get_rng_state() for kind in {"cpu", made}}
    monkeypatch.setattr(checkpoint, "random_states", lambda device: states)
    network = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(network.parameters())
    trained = checkpoint.Trained(network, optimizer, torch.device(made), {})
    checkpoint.save(tmp_path, trained, checkpoint.Progress("abc", steps=7))
    identity = checkpoint.Identity("abc", lambda: "abc", "data")
    here = checkpoint.Trained(network, optimizer, torch.device(now), {})
    if made != now:
        names = {"cpu": "a CPU", "cuda": "CUDA", "mps": "MPS"}
        said = f"was made on {names[made]}, and would go on on {names[now]} here"
        with pytest.raises(OutdatedCheckpointError, match=f"{said}; move it away") as caught:
            checkpoint.restore(tmp_path, here, identity)
        assert caught.value.why == said
    elif made == "cpu":
        assert checkpoint.restore(tmp_path, here, identity).steps == 7


def test_the_epochs_kept_are_those_of_the_newest_that_is_whole(tmp_path: Path) -> None:
    network = nn.Linear(3, 2)
    trained = checkpoint.Trained(network, torch.optim.AdamW(network.parameters()), torch.device("cpu"), {})
    assert checkpoint.epochs_kept(tmp_path) is None
    results = tuple(EpochResult(n, 0.5, False, (), 1.0, 1.0, {}, {}, 1.0) for n in (1, 2))
    for epochs in (1, 2):
        checkpoint.save(tmp_path, trained, checkpoint.Progress("abc", results[:epochs], steps=7))
    assert checkpoint.epochs_kept(tmp_path) == 2
    for number, left in ((2, 1), (1, None)):
        (tmp_path / f"checkpoints/{number:06d}.000007/model.safetensors").write_bytes(b"half")
        assert checkpoint.epochs_kept(tmp_path) == left
