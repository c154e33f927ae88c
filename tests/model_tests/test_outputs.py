"""Losses and predictions against their definitions, in double precision."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.errors import PluginError
from model.losses import LOSSES, Loss
from model.network.heads import build_head
from model.objectives.mnrl import mnrl
from model.outputs import contrastive_loss, predict, task_loss, to_target
from model.registry import adding
from model.tasks import Task
from tests.model_tests.made import task

LOGITS = torch.tensor([[0.2, -1.0, 3.0], [0.0, 0.5, -2.0], [40.0, -40.0, 0.0]])
SCORES = torch.tensor([0.0, 1.3, 5.0, 2.5])
OUTPUTS = torch.tensor([[-3.0], [0.1], [2.0], [0.9]])


def similarity(head: str, loss: str) -> Task:
    return task(head, pair=True, loss=loss)


def test_class_loss_is_mean_negative_log_softmax() -> None:
    given = LOGITS.double().numpy()
    truth = np.array([2, 0, 0])
    log_softmax = given - np.log(np.exp(given).sum(axis=1, keepdims=True))
    expected = -log_softmax[np.arange(3), truth].mean()
    classes = task("linear", pair=False, classes=3)
    loss = task_loss(classes, LOGITS, to_target(classes, torch.from_numpy(truth.astype(float))))
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_smoothed_labels_give_every_class_a_share() -> None:
    given, truth, share = LOGITS.double().numpy(), np.array([2, 0, 0]), 0.2
    labels = np.full((3, 3), share / 3)
    labels[np.arange(3), truth] += 1 - share
    log_softmax = given - np.log(np.exp(given).sum(axis=1, keepdims=True))
    classes = Task.model_validate(
        task("linear", pair=False, classes=3).model_dump() | {"label_smoothing": share}
    )
    loss = task_loss(classes, LOGITS, torch.from_numpy(truth))
    assert loss.item() == pytest.approx(-(labels * log_softmax).sum(axis=1).mean(), rel=1e-6)


def test_a_learned_order_is_predicted_from_the_lowest_cosine_to_the_highest() -> None:
    declared = similarity("cosine", "cosent")
    found = predict(declared, torch.tensor([[-1.0], [0.0], [0.5], [1.0]]))
    assert found.tolist() == [0.0, 2.5, 3.75, 5.0]


@pytest.mark.parametrize("head", ["linear", "cosine"])
def test_similarity_cross_entropy_is_binary_with_a_soft_target(head: str) -> None:
    declared = similarity(head, "ce")
    y = SCORES.double().numpy() / 5
    p = 1 / (1 + np.exp(-OUTPUTS.double().numpy()[:, 0]))
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    assert task_loss(declared, OUTPUTS, to_target(declared, SCORES)).item() == pytest.approx(
        expected, rel=1e-6
    )


def test_similarity_cross_entropy_is_torch_s_on_the_documented_definition() -> None:
    """BCE of the soft target similarity / 5 and the logit, which for a cosine is scale · cosine."""
    torch.manual_seed(0)
    u, v = torch.randn(2, 4, 6)
    declared = similarity("cosine", "ce")
    head = build_head(declared, 6, dropout=0.0)
    [log_scale] = head.parameters()
    outputs = head(u, v)
    logits = log_scale.exp() * functional.cosine_similarity(u, v)
    expected = functional.binary_cross_entropy(torch.sigmoid(logits), SCORES / 5)
    assert logits.abs().max() > 1
    torch.testing.assert_close(task_loss(declared, outputs, to_target(declared, SCORES)), expected)


@pytest.mark.parametrize("head", ["linear", "cosine"])
def test_similarity_mse_is_not_clamped_in_training(head: str) -> None:
    declared = similarity(head, "mse")
    expected = ((OUTPUTS.double().numpy()[:, 0] - SCORES.double().numpy() / 5) ** 2).mean()
    assert task_loss(declared, OUTPUTS, to_target(declared, SCORES)).item() == pytest.approx(
        expected, rel=1e-6
    )


@pytest.mark.parametrize(
    ("head", "loss", "unit"),
    [
        ("cosine", "mse", lambda x: np.maximum(x, 0)),
        ("linear", "mse", lambda x: x),
        ("cosine", "ce", lambda x: 1 / (1 + np.exp(-x))),
        ("linear", "ce", lambda x: 1 / (1 + np.exp(-x))),
    ],
)
def test_predictions_are_in_the_units_of_the_labels(head: str, loss: str, unit: object) -> None:
    assert callable(unit)
    expected = 5 * unit(OUTPUTS.double().numpy()[:, 0])
    np.testing.assert_allclose(predict(similarity(head, loss), OUTPUTS), expected, rtol=1e-6)


def test_another_range_is_put_on_the_unit_interval() -> None:
    declared = similarity("linear", "mse").model_copy(update={"range": (1.0, 7.0)})
    assert to_target(declared, torch.tensor([1.0, 4.0, 7.0])).tolist() == [0.0, 0.5, 1.0]
    assert predict(declared, torch.tensor([[0.5]])).tolist() == [4.0]


def test_classes_are_predicted_by_the_largest_logit() -> None:
    assert predict(task("linear", pair=False, classes=3), LOGITS).tolist() == [2, 1, 0]


@pytest.mark.parametrize(("settings", "scale"), [({}, 20.0), ({"contrastive_scale": 7.0}, 7.0)])
@pytest.mark.parametrize("positive", [0, 1, None])
def test_the_loss_on_embeddings_is_of_the_positive_class(
    settings: dict[str, float], scale: float, positive: int | None
) -> None:
    given = task("linear", pair=True, classes=2).model_dump()
    of = {"metric": "f1", "positive": positive, "contrastive": 0.5}
    declared = Task.model_validate(given | of | settings)
    embeddings = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    targets, texts = torch.tensor([1, 0, 1, 0]), torch.arange(8)
    expected = mnrl(*embeddings.chunk(2), targets == (1 if positive is None else positive), texts, scale)
    found = contrastive_loss(declared, embeddings, targets, texts)
    assert found.item() == pytest.approx(0.5 * expected.item(), rel=1e-6)


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (lambda outputs: outputs.sum().item(), "loss odd gives a float, expected a scalar tensor"),
        (lambda outputs: None, "loss odd gives a NoneType, expected a scalar tensor"),
        (lambda outputs: outputs.detach().sum(), "loss odd gives a number without a gradient"),
        (lambda outputs: outputs[:, :1] - outputs[:, 0], r"loss odd gives a tensor \[2, 2\], expected a"),
        (lambda outputs: outputs.square(), r"loss odd gives a tensor \[2, 5\], expected a scalar tensor"),
        (lambda outputs: outputs.square().sum(dim=1), None),
        (lambda outputs: outputs.square().sum(), None),
        (lambda outputs: torch.zeros(()), None),  # as where no row of a batch is wrong
    ],
)
def test_a_loss_of_own_code_teaches_something(
    gives: Callable[[torch.Tensor], object], said: str | None
) -> None:
    with adding("odd.py"):
        LOSSES.add("odd", Loss("odd", classes=lambda outputs, targets: gives(outputs)))
    try:
        declared, outputs = (
            task("linear", pair=False, classes=5, loss="odd"),
            torch.ones(2, 5, requires_grad=True),
        )
        if said is None:
            assert isinstance(task_loss(declared, outputs, torch.zeros(2).long()), torch.Tensor)
        else:
            with pytest.raises(PluginError, match=said):
                task_loss(declared, outputs, torch.zeros(2).long())
    finally:
        LOSSES.remove("odd")
