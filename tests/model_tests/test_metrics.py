"""Scores against SciPy, and `overall` against the paper's arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model.metrics import score
from model.tasks import overall_formula, overall_score
from tests.model_tests.network.test_heads import task

TASKS = {
    "sst": task("linear", pair=False, classes=5),
    "para": task("linear", pair=True, classes=2),
    "sts": task("linear", pair=True),
}


@pytest.mark.parametrize("seed", range(5))
def test_pearson_equals_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=50) * 10**seed
    y = x + generator.normal(size=50) * 10**seed + 1e3
    assert score("pearson", x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30), st.integers(1, 9), st.integers(-9, 9))
def test_pearson_of_a_line_is_one(values: list[int], slope: int, offset: int) -> None:
    x = np.array(values, dtype=float)
    expected = 1.0 if len(set(values)) > 1 else 0.0
    assert score("pearson", x, slope * x + offset) == pytest.approx(expected, abs=1e-9)


def test_correlation_with_a_constant_counts_as_none() -> None:
    assert score("pearson", np.full(9, 0.1), np.arange(9.0)) == 0.0


@pytest.mark.parametrize("value", [1.0, -0.3, 4.7])
def test_predictions_that_differ_by_rounding_alone_are_a_constant(value: float) -> None:
    steps = np.float32(value) + np.arange(-1, 2, dtype=np.float32) * np.spacing(np.float32(value))
    rounded = np.resize(steps, 60).astype(float)
    assert score("pearson", rounded, rounded) == 0.0
    assert score("pearson", rounded * (1 + 1e-4 * np.arange(60)), np.arange(60.0)) != 0.0


def test_accuracy_is_the_share_of_equal_labels() -> None:
    assert score("accuracy", np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 1, 3])) == 0.75


@pytest.mark.parametrize(
    ("overall", "sst", "para", "sts"),
    [(0.422, 0.290, 0.373, 0.205), (0.732, 0.512, 0.803, 0.760), (0.457, 0.253, 0.632, -0.030)],
)
def test_overall_is_the_paper_s(overall: float, sst: float, para: float, sts: float) -> None:
    assert overall_score(TASKS, {"sst": sst, "para": para, "sts": sts}) == pytest.approx(overall, abs=1e-3)


def test_formula_names_the_tasks() -> None:
    assert overall_formula(TASKS) == "overall = (sst + para + (sts + 1) / 2) / 3"
    assert overall_formula({"sts": TASKS["sts"]}) == "overall = (sts + 1) / 2"
