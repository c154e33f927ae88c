"""A head, a loss, a metric and a gradient method that stand in no file of ours train like our own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

from model.config import TrainConfig
from model.config.gradient import METHODS, GradientMethod
from model.heads import HEADS, Head
from model.losses import LOSSES, Loss
from model.metrics import METRICS
from model.metrics.accuracy import Accuracy
from model.metrics.metric import Values
from model.overall import Overall
from model.predictions import read_predictions
from model.registry import Deferred, Registry
from model.tasks import Task
from model.trainer import train
from tests.model_tests.made import DEMO


class Difference(nn.Module):
    """One layer on u - v."""

    def __init__(self, task: Task, size: int, dropout: float) -> None:
        super().__init__()
        self.layer = nn.Linear(size, task.outputs)

    def forward(self, u: Tensor, v: Tensor) -> Tensor:
        outputs: Tensor = self.layer(u - v)
        return outputs


def brier(logits: Tensor, targets: Tensor) -> Tensor:
    return (logits.softmax(dim=-1) - nn.functional.one_hot(targets, logits.shape[-1])).square().mean()


class FirstAlone:
    def __call__(self, gram: Tensor) -> Tensor:
        return torch.eye(len(gram), dtype=gram.dtype)[0]


class Kappa(Accuracy):
    """Accuracy beyond chance, of two classes."""

    bounds = (-1.0, 1.0)

    def score(self, predictions: Values, labels: Values) -> float:
        return 2 * super().score(predictions, labels) - 1


def here(name: str) -> Deferred:
    return Deferred(f"{__name__}:{name}")


ADDED: list[tuple[Registry[object], Mapping[str, object]]] = [
    (HEADS, {"difference": Head("one layer on u - v", here("Difference"), pairs_only=True)}),
    (LOSSES, {"brier": Loss("Brier score", Deferred("torch.nn.functional:mse_loss"), here("brier"))}),
    (METRICS, {"kappa": Kappa()}),
    (METHODS, {"first": GradientMethod(here("FirstAlone"))}),
]


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    with ExitStack() as stack:
        for registry, entries in ADDED:
            stack.enter_context(patch.dict(registry._entries, entries))
        yield


def test_what_was_added_trains_scores_and_is_described(tmp_path: Path) -> None:
    changed = {"head": "difference", "loss": "brier", "metric": "kappa"}
    tasks = DEMO | {"para": Task.model_validate(DEMO["para"].model_dump() | changed)}
    config = TrainConfig(tasks=tasks, gradient="first", epochs=1, threads=1, train_sample=20)
    config = config.model_copy(update={"smart": config.smart.model_copy(update={"enabled": True})})
    [result] = train(config, tmp_path, data=None, cache=tmp_path / "cache")
    saved = read_predictions(tmp_path / "predictions.npz")
    assert saved is not None
    scored = {(metric.split, metric.task, metric.name): metric.value for metric in result.metrics}
    right = (saved["para"].predicted == saved["para"].labels).mean()
    assert scored["dev", "para", "kappa"] == pytest.approx(2 * right - 1)
    assert Overall().words(tasks) == "overall = (sst + (para + 1) / 2 + (sts + 1) / 2) / 3"
    assert "difference: one layer on u - v." in Task.model_json_schema()["properties"]["head"]["description"]


def test_the_traits_of_what_was_added_are_checked() -> None:
    with pytest.raises(ValueError, match="head difference compares two sentences; kind is single"):
        Task.model_validate(DEMO["sst"].model_dump() | {"head": "difference"})
