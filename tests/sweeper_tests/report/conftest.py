"""Three arms with predictions made to differ by known amounts, for the tests that compare them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from model.predictions import Predictions
from sweeper.report.figures import anova
from sweeper.report.results import Results
from sweeper.trial import TrialRow
from tests.sweeper_tests.golden import CLASSES
from tests.sweeper_tests.golden import scores as scored
from tests.sweeper_tests.made import results, row, study

ARMS = {
    name: {"sst_head": "mlp", "learning_rate": rate} for name, rate in (("A", 1e-3), ("B", 2e-3), ("C", 3e-3))
}
SPACE = {"dropout": [0.1, 0.3]}
ROWS = {"sst": 400, "para": 900, "sts": 300}
SKILL = {"A": 0.45, "B": 0.80, "C": 0.79}
"""Share of rows that an arm gets right; of the similarity, its part of the variance."""


def labels(task: str) -> np.ndarray:
    rng = np.random.default_rng(len(task))
    drawn = rng.integers(0, CLASSES[task], ROWS[task]) if task in CLASSES else 5 * rng.random(ROWS[task])
    return drawn.astype(float)


def predictions(arm: str, seed: int) -> dict[str, Predictions]:
    rng, found = np.random.default_rng([ord(arm), seed]), {}
    for task, rows in ROWS.items():
        true = labels(task)
        if task == "sts":
            predicted = SKILL[arm] * true + (1 - SKILL[arm]) * 5 * rng.random(rows)
        else:
            predicted = np.where(rng.random(rows) < SKILL[arm], true, (true + 1) % CLASSES[task])
        found[task] = Predictions(
            ids=np.arange(rows).astype(str),
            predicted=predicted,
            labels=true,
            words=np.arange(rows) % 20 + 1,
            groups={"dialect": np.where(np.arange(rows) % 3, "north", "south")},
        )
    return found


READ_FOR_CHANCE = ("test_importances", "test_render")
"""Modules that look at what chance alone gives, or at how long that takes."""


@pytest.fixture(scope="module", autouse=True)
def _few_shuffles(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shuffles the scores once: half of a report's time goes into strokes that no other test reads."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.module.__name__.endswith(READ_FOR_CHANCE):
            patch.setattr(anova, "SHUFFLES", 1)
        yield


OF = study(arms=ARMS, space=SPACE, seeds=[1, 2, 3], tables=["arms"])


@pytest.fixture(scope="module")
def made() -> Results:
    """Three arms at three seeds each: B and C are about as good, A is not."""
    rows: list[TrialRow] = []
    kept = {}
    for arm in ARMS:
        for seed in (1, 2, 3):
            number = len(rows)
            kept[number] = predictions(arm, seed)
            rows.append(row(OF, number, arm, scored(kept[number]), params={"dropout": 0.1}, seed=seed))
    return replace(results(OF, rows), predictions=kept.get)
