"""bf16 is asked of the hardware, holds in training and evaluation, and leaves fp32 as it was."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from model import precision as room
from model.checkpoint import trial_fingerprint
from model.config import TrainConfig
from model.data.keptcorpus import kept_corpus
from model.data.rows import read
from model.errors import ModelError, OutdatedCheckpointError
from model.features import Features
from model.files import RunFolder
from model.network.encoder import SentenceEncoder
from model.network.multitask import MultitaskEncoder
from model.precision import computes_bf16, computing, resolved
from model.predictions import read_predictions
from model.predictor import Predictor
from model.trainer import train
from tests.model_tests.made import TINY, assert_resumes, config, metrics

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
CPUINFO = Path("/proc/cpuinfo")

needs_bf16 = pytest.mark.skipif(not computes_bf16(CPU), reason="this processor does not compute bf16")


def flags() -> set[str]:
    """What Linux says that its first processor can do."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    return {flag for line in lines[:40] if line.startswith("flags") for flag in line.split()}


def units(monkeypatch: pytest.MonkeyPatch, found: set[str]) -> None:
    """Gives torch a processor with AVX-512 and these units."""
    for unit in ("avx512_bf16", "amx_tile"):
        monkeypatch.setattr(torch.cpu, f"_is_{unit}_supported", lambda unit=unit: unit in found)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")


@pytest.mark.skipif(not CPUINFO.exists(), reason="no /proc/cpuinfo")
def test_the_processor_is_asked() -> None:
    told = bool({"avx512_bf16", "amx_bf16"} & flags()) and "avx512f" in flags()
    assert computes_bf16(CPU) == told


@pytest.mark.parametrize(
    ("found", "environment", "expected"),
    [
        ({"avx512_bf16"}, "", True),
        ({"amx_tile"}, "AVX512_CORE_AMX", True),
        ({"avx512_bf16"}, "avx512_core_bf16", True),
        ({"avx512_bf16"}, "AVX2", False),
        ({"avx512_bf16"}, "AVX512_CORE_VNNI", False),
        (set(), "", False),
    ],
)
def test_bf16_is_never_emulated(
    found: set[str], environment: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    units(monkeypatch, found)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if environment:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", environment)
    assert computes_bf16(CPU) is expected
    assert resolved("auto", CPU) == ("bf16" if expected else "fp32")


def test_a_processor_whose_wide_vectors_are_left_alone_has_none() -> None:
    asked = (
        "import torch; from model.precision import computes_bf16; print(computes_bf16(torch.device('cpu')))"
    )
    environment = os.environ | {"ATEN_CPU_CAPABILITY": "avx2"}
    said = subprocess.run([sys.executable, "-c", asked], env=environment, check=True, capture_output=True)
    assert said.stdout.strip() == b"False"


@pytest.mark.parametrize("able", [True, False])
def test_a_cuda_device_is_asked_for_what_it_does_not_emulate(
    able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def supported(**how: Any) -> bool:
        asked.append(how)
        return able

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert resolved("auto", CUDA) == ("bf16" if able else "fp32")
    assert asked == [{"including_emulation": False}]
    assert not computes_bf16(torch.device("mps"))


def test_cuda_autocasts_to_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    with computing(CUDA, "bf16"):
        assert torch.is_autocast_enabled("cuda")
        assert torch.get_autocast_dtype("cuda") == torch.bfloat16
        assert not torch.is_autocast_enabled("cpu")
    assert not torch.is_autocast_enabled("cuda")


def test_fp32_is_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "computes_bf16", lambda device: True)
    assert resolved("fp32", CPU) == "fp32"
    with computing(CPU, "fp32"):
        assert not torch.is_autocast_enabled("cpu")
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32
    with computing(CPU, "bf16"):
        assert torch.get_autocast_dtype("cpu") == torch.bfloat16
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.bfloat16


def test_a_device_without_it_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "computes_bf16", lambda device: False)
    with pytest.raises(ModelError, match="precision bf16: cpu does not compute it here"):
        next(train(config(precision="bf16"), tmp_path / "run", data=None, cache=tmp_path / "cache"))
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "cache").exists()
    assert resolved("auto", CPU) == "fp32"


def small(**settings: Any) -> TrainConfig:
    return config(encoder=TINY | {"dropout": 0.1}, epochs=2, steps_per_epoch=3, **settings)


@needs_bf16
def test_a_trial_in_bf16_evaluates_in_it_and_resumes_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[bool, bool]] = set()
    forward = SentenceEncoder.forward

    def watched(self: SentenceEncoder, *inputs: Any, **options: Any) -> torch.Tensor:
        seen.add((self.training, torch.is_autocast_enabled("cpu")))
        return forward(self, *inputs, **options)

    monkeypatch.setattr(SentenceEncoder, "forward", watched)
    given = small(precision="bf16", smart={"enabled": True, "tasks": ["sst"]}, gradient="pcgrad")
    found = assert_resumes(given, tmp_path, tmp_path / "cache")
    assert seen == {(True, True), (False, True)}
    plain = list(train(small(), tmp_path / "plain", data=None, cache=tmp_path / "cache"))
    assert metrics(found) != metrics(plain)
    # What is kept is in fp32: weights, and the raw outputs of the heads.
    kept = read_predictions(RunFolder(tmp_path / "whole").predictions) or {}
    assert {one.scores.dtype for one in kept.values() if one.scores is not None} == {np.dtype("float32")}
    stored = load_file(RunFolder(tmp_path / "whole").weights).values()
    assert {tensor.dtype for tensor in stored} == {torch.float32}


@needs_bf16
def test_what_is_predicted_is_what_was_stored(tmp_path: Path) -> None:
    given = small(precision="bf16")
    list(train(given, tmp_path / "run", data=None, cache=tmp_path / "cache"))
    stored = (read_predictions(RunFolder(tmp_path / "run").predictions) or {})["sts"]
    corpus, rows = kept_corpus(given, None, tmp_path / "cache"), read("sts", given.tasks["sts"], "dev", None)
    for precision in ("bf16", "fp32"):
        of = given.model_copy(update={"precision": precision})
        predictor = Predictor(of, corpus.tokenizer, RunFolder(tmp_path / "run").weights, threads=1)
        found = predictor.predict("sts", rows.texts)
        assert np.array_equal(found.values, stored.predicted) == (precision == "bf16")


@needs_bf16
def test_auto_trains_as_what_it_becomes(tmp_path: Path) -> None:
    found = [
        list(train(small(precision=precision), tmp_path / precision, data=None, cache=tmp_path / "cache"))
        for precision in ("auto", "bf16")
    ]
    assert metrics(found[0]) == metrics(found[1])


@needs_bf16
def test_a_trial_whose_evaluation_was_in_fp32_starts_again(tmp_path: Path) -> None:
    given, folder = small(precision="bf16"), tmp_path / "run"
    list(train(given, folder, data=None, cache=tmp_path / "cache"))
    for checkpoint in (folder / "checkpoints").iterdir():
        progress = json.loads((checkpoint / "progress.json").read_text())
        progress["fingerprint"] = progress["fingerprint"].removesuffix(".bf16-2")
        (checkpoint / "progress.json").write_text(json.dumps(progress))
        sums = json.loads((checkpoint / "sha256.json").read_text())
        digest = hashlib.sha256((checkpoint / "progress.json").read_bytes()).hexdigest()
        (checkpoint / "sha256.json").write_text(json.dumps(sums | {"progress.json": digest}))
    with pytest.raises(
        OutdatedCheckpointError, match="earlier arithmetic of its gradient method, encoder or"
    ):
        list(train(given, folder, data=None, cache=tmp_path / "cache"))


def test_a_checkpoint_of_fp32_is_called_what_it_was() -> None:
    assert trial_fingerprint("abc", "sum", 1, "fp32") == "abc"
    assert trial_fingerprint("abc", "mgda", 2, "fp32") == "abc.2.encoder-2"
    assert trial_fingerprint("abc", "sum", 1, "bf16") == "abc.bf16-2"
    assert trial_fingerprint("abc", "sum", 1, "bf16", ("pair_layer",)) == "abc.bf16-2.pair_layer-2"


@needs_bf16
def test_features_of_a_precision_are_no_others(tmp_path: Path) -> None:
    given = small(precision="bf16")
    corpus = kept_corpus(given, None, tmp_path / "cache")
    encoder = (
        MultitaskEncoder(given, corpus.tokenizer.vocabulary_size, corpus.tokenizer.pad_id).eval().encoder
    )
    found = {
        precision: Features(encoder, corpus.tokenizer.pad_id, CPU, tmp_path / "kept", precision)
        for precision in ("fp32", "bf16")
    }
    kept = {precision: features.of(corpus.dev["sst"]) for precision, features in found.items()}
    assert {one.dtype for one in kept.values()} == {torch.float32}
    assert not torch.equal(kept["fp32"], kept["bf16"])
    # Rounding of bf16's eight bits of mantissa in a few products after one another.
    assert torch.allclose(kept["fp32"], kept["bf16"], atol=0.05)
    assert len(list((tmp_path / "kept/features").iterdir())) == 2


@needs_bf16
def test_a_frozen_encoder_in_bf16_resumes_bit_for_bit(tmp_path: Path) -> None:
    given = small(precision="bf16").model_dump() | {"encoder": TINY | {"freeze": "all"}}
    assert_resumes(TrainConfig.model_validate(given), tmp_path, tmp_path / "cache")
