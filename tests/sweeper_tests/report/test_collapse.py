"""A trial's predictions that say nothing, by hand."""

import numpy as np
import pytest

from sweeper.report.collapse import collapse
from tests.sweeper_tests.simulated import TASKS, predictions

LABELS = np.array([0, 0, 0, 1, 1, 2, 3, 4], dtype=float)
MISSED = np.array([0, 0, 0, 1, 1, 2, 3, 0], dtype=float)


@pytest.mark.parametrize(
    ("task", "predicted", "labels", "what"),
    [
        ("sst", LABELS, LABELS, None),
        ("sst", LABELS * 0, LABELS, (0, "the same answer for all 8 dev rows")),
        ("sst", MISSED, LABELS, (2, "no row of class 4 right")),
        ("sst", LABELS[::-1], LABELS, (1, "accuracy no more than the largest class's share, .375,")),
        ("sts", LABELS * 0 + 2.5, LABELS, (0, "the same answer for all 8 dev rows")),
        ("sts", 2.5 + 2.4e-7 * (-1) ** LABELS, LABELS, (0, "the same answer for all 8 dev rows")),
        ("sts", LABELS, LABELS[::-1], None),
        ("sst", LABELS[:-1], LABELS[:-1], None),  # class 4 has no row
        (
            *("sts", LABELS, LABELS * 0 + 3),
            (0, "one label for all dev rows, so that its score is not defined,"),
        ),
    ],
)
def test_collapse(task: str, predicted: np.ndarray, labels: np.ndarray, what: tuple[int, str] | None) -> None:
    assert collapse(TASKS[task], predictions(predicted, labels)) == what


def test_agreement_that_chance_gives_says_nothing() -> None:
    kappa = TASKS["para"].model_copy(update={"metric": "kappa"})
    labels = np.array([0, 0, 1, 1], dtype=float)
    found = collapse(kappa, predictions([0, 1, 0, 1], labels))
    assert found == (1, "kappa .000, no more than chance gives,")
