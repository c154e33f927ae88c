"""`overall` against the paper's arithmetic, that of the course of 2023, and weights."""

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from model.config import TrainConfig
from model.config.canonical import canonical
from model.metrics import METRICS
from model.metrics.own import OwnMetric
from model.overall import Overall
from model.registry import adding
from model.tasks import Task
from tests.model_tests.made import TASKS


@pytest.mark.parametrize(
    ("overall", "sst", "para", "sts"),
    [(0.422, 0.290, 0.373, 0.205), (0.732, 0.512, 0.803, 0.760), (0.457, 0.253, 0.632, -0.030)],
)
def test_by_default_it_is_the_paper_s(overall: float, sst: float, para: float, sts: float) -> None:
    scores = {"sst": sst, "para": para, "sts": sts}
    assert Overall().score(TASKS, scores) == pytest.approx(overall, abs=1e-3)
    assert Overall().score(TASKS, scores) == (sst + para + (sts + 1) / 2) / 3
    arrays = {name: np.full((2, 3), score) for name, score in scores.items()}
    assert Overall().score(TASKS, arrays).tolist() == [[Overall().score(TASKS, scores)] * 3] * 2


def task(name: str, **settings: object) -> Task:
    return Task.model_validate(TASKS[name].model_dump() | settings)


ERRORS = {"sts": task("sts", metric="mse"), "sst": task("sst", metric="mcc")}
FORMULAS: list[tuple[Mapping[str, Task], Overall, str]] = [
    (TASKS, Overall(), "overall = (sst + para + (sts + 1) / 2) / 3"),
    ({"sts": TASKS["sts"]}, Overall(), "overall = (sts + 1) / 2"),
    (TASKS, Overall(formula="mean"), "overall = (sst + para + sts) / 3"),
    (TASKS, Overall(weights={"sts": 2}), "overall = (sst + para + 2 * (sts + 1) / 2) / 4"),
    (TASKS, Overall(weights={"sst": 0.5, "para": 0}), "overall = (0.5 * sst + (sts + 1) / 2) / 1.5"),
    (TASKS, Overall(formula="mean", weights={"sst": 0, "para": 0, "sts": 3}), "overall = sts"),
    (ERRORS, Overall(), "overall = (max(0, 1 - sts / 25) + (sst + 1) / 2) / 2"),
]


@pytest.mark.parametrize(("tasks", "overall", "words"), FORMULAS, ids=[words for *_, words in FORMULAS])
def test_the_formula_in_words_is_what_is_computed(
    tasks: Mapping[str, Task], overall: Overall, words: str
) -> None:
    assert overall.words(tasks) == words
    for low in (-0.3, 0.0, 0.4, 30.0):
        scores: dict[str, float] = {name: low + place / 8 for place, name in enumerate(tasks)}
        expected = eval(words.removeprefix("overall = "), {}, scores)  # noqa: S307
        assert overall.score(tasks, scores) == pytest.approx(expected)
        many: dict[str, NDArray[np.float64]] = {name: np.full(2, score) for name, score in scores.items()}
        assert overall.score(tasks, many) == pytest.approx(np.full(2, expected))


def test_two_of_it_can_differ_by_its_width() -> None:
    assert Overall(weights={"sts": 3}).width(TASKS) == 1
    assert Overall(formula="mean").width(TASKS) == pytest.approx((1 + 1 + 2) / 3)


MISFITS = [
    (TASKS, {"weights": {"stt": 2}}, "overall.weights names ['stt']; the tasks are ['sst', 'para', 'sts']"),
    (TASKS, {"weights": dict.fromkeys(TASKS, 0)}, "overall.weights leaves no task that counts"),
    (TASKS, {"weights": {"sst": -1}}, "greater than or equal to 0"),
    (ERRORS, {"formula": "mean"}, "of sts the lower one is better (mse): leave the formula out"),
]


@pytest.mark.parametrize(("tasks", "settings", "said"), MISFITS)
def test_what_it_cannot_be_of_these_tasks_is_refused(
    tasks: Mapping[str, Task], settings: Mapping[str, object], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TrainConfig.model_validate({"tasks": tasks, "overall": settings})
    assert said in str(caught.value)


def test_the_default_enters_no_fingerprint_and_another_does() -> None:
    plain = TrainConfig(tasks=TASKS)
    assert "overall" not in json.dumps(list(canonical(plain)))
    assert TrainConfig(tasks=TASKS, overall=Overall(weights={})).fingerprint() == plain.fingerprint()
    found = {
        TrainConfig(tasks=TASKS, overall=overall).fingerprint()
        for overall in (Overall(), Overall(formula="mean"), Overall(weights={"sst": 2, "para": 3}))
    }
    assert len(found) == 3
    turned = TrainConfig(tasks=TASKS, overall=Overall(weights={"para": 3, "sst": 2}))
    assert turned.fingerprint() in found
    assert len({Overall(), Overall(weights={"sst": 2}), Overall(weights={"sst": 2.0})}) == 2


class Unbounded(OwnMetric):
    description, labels, bounds = "log likelihood", "classes", (-math.inf, 0.0)

    def score(self, predictions: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
        return -2.0


def test_a_score_without_bounds_is_not_put_on_0_to_1() -> None:
    """It was infinity over infinity, and every trial failed by it."""
    with adding("own.py"):
        METRICS.add("unbounded", Unbounded())
    try:
        tasks = {"sst": task("sst", metric="unbounded")}
        with pytest.raises(
            ValidationError, match="metric unbounded of sst has no finite bounds: give it some"
        ):
            TrainConfig(tasks=tasks)
        TrainConfig(tasks=tasks, overall=Overall(formula="mean"))
        assert Overall(formula="mean").score(tasks, {"sst": -2.0}) == -2
    finally:
        METRICS.remove("unbounded")
