"""A small encoder under SMART, and what is computed of it by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import rel_entr, softmax
from torch import Tensor, nn

from model.config import TrainConfig
from model.config.smart import SmartConfig
from model.data.tokenizer import build_tokenizer
from model.network.multitask import MultitaskEncoder
from model.smart import Smart
from model.tasks import Task
from tests.model_tests.made import padded

NAMES = ["sst", "sts", "sts_mse", "para"]


FIRST = ["A man is playing a guitar.", "Why?", "the film is a dull mess that never finds its feet"]


SECOND = ["Someone plays music.", "Why not?", "An utterly charming movie."]


def make_tasks() -> dict[str, Task]:
    source = {"kind": "demo", "task": "sst"}
    one: dict[str, Any] = {"kind": "single", "source": source, "text": ("a",), "label": "y"}
    two = one | {"kind": "pair", "text": ("a", "b")}
    score = two | {"range": (0, 5), "metric": "pearson", "head": "cosine"}
    fields = {
        "sst": one | {"classes": 5, "metric": "accuracy", "head": "mlp"},
        "sts": score,
        "sts_mse": score | {"loss": "mse"},
        "para": two | {"classes": 2, "metric": "accuracy", "head": "sbert"},
    }
    return {name: Task.model_validate(field) for name, field in fields.items()}


TASKS = make_tasks()


def tiny(dropout: float = 0.1) -> MultitaskEncoder:
    torch.manual_seed(0)
    encoder = {"layers": 2, "hidden_size": 16, "attention_heads": 2, "pooling": "mean", "dropout": dropout}
    config = TrainConfig.model_validate({"tasks": TASKS, "encoder": encoder, "dropout": dropout})
    return MultitaskEncoder(config, vocabulary_size=30, pad_id=0)


def tiny_inputs(name: str) -> tuple[str, int, Tensor, Tensor]:
    columns = len(TASKS[name].text)
    ids = torch.randint(5, 30, (4 * columns, 7), generator=torch.Generator().manual_seed(1))
    ids[1, 4:] = ids[2, 2:] = 0
    return name, columns, ids, (ids != 0).long()


def sentences(model: MultitaskEncoder, name: str) -> tuple[str, int, Tensor, Tensor]:
    columns = len(TASKS[name].text)
    tokenizer = build_tokenizer(
        TrainConfig.model_validate({"tasks": TASKS, "encoder": {"source": "minilm"}}).encoder, []
    )
    return name, columns, *padded(tokenizer, (FIRST + SECOND)[: 3 * columns])


def smart(model: MultitaskEncoder, total_steps: int = 100, **settings: Any) -> Smart:
    config = SmartConfig.model_validate({"enabled": True, "bregman": 0, **settings})
    return Smart(model, config, TASKS, total_steps, seed=3)


class Spy(nn.Module):
    """Keeps the noise of every pass."""

    def __init__(self, model: MultitaskEncoder) -> None:
        super().__init__()
        self.model = model
        self.encoder = model.encoder
        self.noises: list[Tensor] = []

    def forward(
        self,
        task: str,
        columns: int,
        ids: Tensor,
        mask: Tensor,
        noise: Tensor | None = None,
        *,
        token_types: Tensor | None = None,
        seen: Callable[[Tensor], object] = lambda embeddings: None,
    ) -> Tensor:
        if noise is not None:
            self.noises.append(noise.detach().clone())
        outputs: Tensor = self.model(task, columns, ids, mask, noise, token_types=token_types, seen=seen)
        return outputs


def spied(model: MultitaskEncoder, **settings: Any) -> tuple[Smart, list[Tensor]]:
    spy = Spy(model)
    return smart(spy, **settings), spy.noises  # type: ignore[arg-type]


def symmetric_kl(logits: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    p, q = softmax(logits, axis=1), softmax(others, axis=1)
    return float((rel_entr(p, q) + rel_entr(q, p)).sum(axis=1).mean())


def gradients(loss: Tensor, model: nn.Module) -> dict[str, Tensor]:
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
