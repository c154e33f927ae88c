"""The parts of `benchmarks.gpu`, each for a process of its own."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
import yaml
from rich.console import Console
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from model.config import TrainConfig
from model.data.rows import read
from model.data.tokenizer import SPECIAL, wordpiece
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer, set_learning_rate
from model.precision import resolved
from sweeper.executors.local import LocalExecutor
from sweeper.paths import Home, data_folder
from sweeper.study.load import load_study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run

from . import varlen
from .growth import reset_peak, resident
from .paired import Stretch, ours
from .peers.plain import plain
from .precision import autocast

VOCABULARY = 30_522
SHAPES = {"MiniLM": (6, 384, 12), "bert-base": (12, 768, 12)}
"""Layers, width and attention heads; four times as wide inside. The weights are random."""

TINY_SHAPES = {"MiniLM": (1, 32, 2), "bert-base": (2, 48, 2)}
Figures = dict[str, float]


@dataclass(frozen=True)
class Setup:
    """Where and on what is measured.

    Attributes:
        folder: For files; the encoders lie in it.
        device: `cuda`, or `cpu` in its place.
        tiny: Whether encoders and rows are so small that all takes seconds, and says nothing.
    """

    folder: Path
    device: str
    tiny: bool

    @property
    def rows(self) -> int:
        """Training rows of each task."""
        return 64 if self.tiny else 2_048

    @property
    def settings(self) -> dict[str, Any]:
        """Of every trial, besides its encoder and its epochs."""
        few = {"train_rows": self.rows, "dev_rows": self.rows // 2}
        tasks = dict.fromkeys(("sst", "para", "sts"), few)
        precision = resolved("auto", torch.device(self.device))
        return {"tasks": tasks, "device": self.device, "train_sample": 1, "precision": precision}

    @property
    def workload(self) -> str:
        """The course's files, where they are, or the built-in corpus."""
        return "demo" if self.tiny or data_folder() is None else "minilm"

    def encoder(self, name: str) -> dict[str, Any]:
        """Settings of an encoder that `make_encoders` wrote."""
        return {"source": "hub", "name": str(self.folder / name), "pooling": "mean"}

    def trial(self, name: str, epochs: int = 3, **changes: Any) -> TrainConfig:
        """The arm S-BERT on an encoder; an epoch is a pass over the rows in joint steps."""
        settings = load_study("sbert-grid", self.workload).config("S-BERT", {}, 11711).model_dump()
        own = self.settings
        tasks = {task: settings["tasks"][task] | few for task, few in own.pop("tasks").items()}
        own |= {"tasks": tasks, "encoder": self.encoder(name), "epochs": epochs, "threads": None}
        return TrainConfig.model_validate(settings | own | {"steps_per_epoch": self.rows // 32} | changes)

    def wait(self) -> None:
        """Until the device has done what it was given."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def forget_peak(self) -> None:
        """Begins to look for the most memory."""
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        else:
            reset_peak()

    def peak(self) -> float:
        """The most memory since, in MiB: allocated on the device, or resident."""
        return (torch.cuda.max_memory_allocated() if self.device == "cuda" else resident("VmHWM")) / 2**20


def make_encoders(setup: Setup) -> Figures:
    """Writes both encoders, with random weights and a vocabulary of the training texts."""
    tasks = load_study("sbert-grid", setup.workload).config("S-BERT", {}, 11711).tasks
    few = {name: task.model_copy(update={"train_rows": setup.rows}) for name, task in tasks.items()}
    rows = [read(name, task, "train", data_folder()) for name, task in few.items()]
    tokenizer = wordpiece([text for one in rows for column in one.texts for text in column], VOCABULARY)
    special = dict(
        zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True)
    )
    made = {}
    for name, (layers, width, heads) in (TINY_SHAPES if setup.tiny else SHAPES).items():
        torch.manual_seed(0)
        shape = {"num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads}
        size = tokenizer.get_vocab_size() if setup.tiny else VOCABULARY
        network = BertModel(BertConfig(vocab_size=size, intermediate_size=4 * width, **shape))
        network.save_pretrained(setup.folder / name)
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(setup.folder / name)
        made[f"{name}, million parameters"] = network.num_parameters() / 1e6
    return made


def sides(setup: Setup, name: str) -> Figures:
    """An encoder's joint steps: ours as the product pads it, ours packed, and the plain loop."""
    config = setup.trial(name)
    found: Figures = {}
    with varlen.padded():
        found |= _timed(setup, "ours, padded", lambda: ours(config, setup.folder / f"{name}-padded" / "run"))
    with varlen.packed():
        found |= _timed(setup, "ours, packed", lambda: ours(config, setup.folder / f"{name}-packed" / "run"))
    found |= _timed(setup, "plain loop", lambda: plain(config))
    for side in ("ours, padded", "ours, packed"):
        step = f"{side}: times as fast a step as the plain loop"
        found[step] = found["plain loop: ms a joint step"] / found[f"{side}: ms a joint step"]
    return found


def sentence_transformers(setup: Setup, name: str) -> Figures:
    """An encoder on the two pair tasks in turn: ours, and sentence-transformers' trainer."""
    from .peers.sentence_transformers_peer import sentence_transformers as trained  # it may not be installed

    settings = setup.trial(name).model_dump()
    tasks = {task: settings["tasks"][task] for task in ("para", "sts")}
    tasks["sts"] = tasks["sts"] | {"loss": "mse"}
    changes = {
        "tasks": tasks,
        "sampling": "round_robin",
        "steps_per_epoch": None,
        "epochs": 1,
        "dropout": 0.0,
    }
    config = TrainConfig.model_validate(settings | changes | {"head_learning_rate_scale": 1.0})
    seconds: dict[str, float] = {}
    for number in range(2):  # the first one warms up
        for side, train in (
            ("ours", lambda number=number: ours(config, setup.folder / f"{name}-pairs-{number}" / "run")),
            ("sentence-transformers", lambda: trained(config)),
        ):
            seconds[side] = sum(stretch.train_seconds for stretch in train())
    rows = 2 * setup.rows
    found = {f"{side}: examples/s": rows / spent for side, spent in seconds.items()}
    return found | {"ours, times as fast": seconds["sentence-transformers"] / seconds["ours"]}


def surgery(setup: Setup) -> Figures:
    """Peak memory of bert-base's joint steps: the summed loss and PCGrad."""
    variants: dict[str, dict[str, Any]] = {
        "summed loss": {},
        "PCGrad": {"gradient": "pcgrad"},
        "PCGrad, gradients in bf16": {"gradient": "pcgrad", "gradient_storage": "bf16"},
    }
    found: Figures = {}
    for number, (name, changes) in enumerate(variants.items()):
        config = setup.trial("bert-base", 1, steps_per_epoch=2 if setup.tiny else 16, **changes)
        setup.forget_peak()
        for _ in ours(config, setup.folder / f"surgery-{number}" / "run"):
            pass
        found[f"{name}: peak MiB"] = setup.peak()
    return found


def launches(setup: Setup) -> Figures:
    """MiniLM's joint step of 3 x 32 pairs of 24 tokens, by torch as it is and compiled.

    `reduce-overhead` is CUDA graphs. A CPU has dynamo without a compiler in the place of both. Its encoder is
    without dropout, which is NumPy's there.
    """
    ways: dict[str, dict[str, Any] | None] = {"as it is": None}
    if setup.device == "cuda":
        ways |= {"torch.compile": {}, "CUDA graphs": {"mode": "reduce-overhead"}}
    else:
        ways |= {"dynamo alone": {"backend": "eager"}}
    return {f"{name}: ms a step": 1000 * _step_seconds(setup, way) for name, way in ways.items()}


def _step_seconds(setup: Setup, compiled: dict[str, Any] | None) -> float:
    torch.manual_seed(0)
    device = torch.device(setup.device)
    dropout = 0.0 if setup.device == "cpu" else None
    config = setup.trial("MiniLM", encoder=setup.encoder("MiniLM") | {"dropout": dropout})
    with varlen.padded():
        model = MultitaskEncoder(config, VOCABULARY, pad_id=0).to(device).train()
    bert: Callable[..., Any] = model.encoder.bert
    if compiled is not None:
        model.encoder.bert.forward = torch.compile(model.encoder.bert.forward, **compiled)
    optimizer = build_optimizer(model.encoder, model.heads, config)
    set_learning_rate(optimizer, 1e-5)
    ids = torch.randint(5, bert.config.vocab_size, (64, 24), device=device)
    mask = torch.ones_like(ids)
    seconds = []
    for _ in range(4 if setup.tiny else 40):
        setup.wait()
        began = time.perf_counter()
        for name, task in config.tasks.items():
            with autocast(config, device):
                outputs = model(name, len(task.text), ids, mask)
            outputs.float().square().mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        setup.wait()
        seconds.append(time.perf_counter() - began)
    return median(seconds[len(seconds) // 2 :])


def shared(setup: Setup) -> Figures:
    """Seconds of four short trials of MiniLM on the device, one, two or four of them at once."""
    workload = {"name": "gpu", "extends": setup.workload, "train": setup.settings}
    workload["train"] |= {"encoder": setup.encoder("MiniLM"), "epochs": 1}
    base = {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"}
    space = {"learning_rate": [1e-5, 2e-5, 3e-5, 5e-5]}
    study = {"name": "shared", "base": base, "space": space, "sampler": {"name": "grid"}}
    paths = [setup.folder / f"{content['name']}.yaml" for content in (workload, study)]
    for path, content in zip(paths, (workload, study), strict=True):
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    found: Figures = {}
    for workers in (1, 2) if setup.tiny else (1, 2, 4):
        home = Home(setup.folder / f"home-{workers}")
        order = Order(
            load_study(str(paths[1]), str(paths[0])),
            4,
            Places(home.storage, home, data_folder()),
            Console(quiet=True),
        )
        began = time.perf_counter()
        done = run(order, LocalExecutor(workers))
        found[f"{workers} at once: s for 4 trials"] = time.perf_counter() - began
        assert (done.finished, done.failed) == (4, 0)
    return found


def _timed(setup: Setup, side: str, train: Callable[[], Iterator[Stretch]]) -> Figures:
    """A side's joint step, its evaluation, and an epoch of both; the first epoch warms up."""
    setup.forget_peak()
    stretches = list(train())[1:]
    steps = setup.rows // 32
    step = median(stretch.train_seconds for stretch in stretches) / steps
    evaluation = median(stretch.eval_seconds for stretch in stretches)
    return {
        f"{side}: ms a joint step": 1000 * step,
        f"{side}: s of evaluation": evaluation,
        f"{side}: s an epoch": steps * step + evaluation,
        f"{side}: peak MiB": setup.peak(),
    }
