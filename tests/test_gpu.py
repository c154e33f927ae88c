"""The benchmark of a GPU runs, on a CPU in its place, and a part that fails takes no other with it."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, varlen
from benchmarks.gpuparts import Setup, make_encoders
from model.config import TrainConfig
from model.network.encoder import SentenceEncoder


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    made = Setup(tmp_path_factory.mktemp("gpu"), "cpu", tiny=True)
    make_encoders(made)
    return made


@pytest.mark.parametrize("name", ["MiniLM", "PCGrad, bert-base", "launches, MiniLM", "shared by trials"])
def test_each_part_measures(name: str, setup: Setup) -> None:
    figures = gpu.PARTS[name].measure(setup)
    assert figures
    assert all(value > 0 for value in figures.values())


def test_packed_sentences_are_embedded_as_padded_ones(setup: Setup) -> None:
    config: TrainConfig = setup.trial("bert-base")
    ids = torch.randint(5, 90, (6, 9), generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([9, 3, 1, 5, 8, 2])
    mask = (torch.arange(9) < lengths[:, None]).long()
    found = {}
    for name, way in (("padded", varlen.padded), ("packed", varlen.packed)):
        with way():
            found[name] = SentenceEncoder(config.encoder, 0, pad_id=0).eval()(ids * mask, mask)
    torch.testing.assert_close(found["packed"], found["padded"], atol=1e-5, rtol=0)


def test_a_part_that_fails_or_takes_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    late = gpu.PARTS["encoders"]._replace(seconds=1.01)
    # Without the encoders there is nothing to measure.
    monkeypatch.setattr(gpu, "PARTS", {"encoders": late, "MiniLM": gpu.PARTS["MiniLM"]})
    results = gpu.measure("cpu", "tiny", tmp_path / "gpu.json")
    assert json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8")) == results
    assert results["parts"]["encoders"]["failed"] == "took longer than 1 s"
    assert "exit code 1" in results["parts"]["MiniLM"]["failed"]
    said = capsys.readouterr().out
    assert "in a device's place" in said
    assert "these figures say nothing" in said
    assert "| encoders | failed: took longer than 1 s | |" in said
    assert sum(part.seconds for part in gpu.PARTS.values()) < 480
