"""Which rows, seeds and pairs stand in one comparison, by closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from tests.sweeper_tests.simulated import TASKS, classified


def test_the_rows_of_two_tasks_are_drawn_apart(made: Results) -> None:
    """The mean of two independent scores of one width has that width over the root of two."""
    right = np.arange(400) % 5 > 0
    tasks = dict.fromkeys(("one", "two"), TASKS["sst"])
    kept = {name: classified(right) for name in tasks}
    alike = replace(
        made,
        tasks=tasks,
        trials=made.trials.assign(one=0.8, two=0.8, overall=0.8),
        predictions=lambda number: kept,
    )
    found = Comparisons(alike)
    half = {
        name: (each.high - each.low) / 2 for name, each in found.intervals(found.leaders[0]).items() if each
    }
    assert half["one"] > 0.01
    assert half["overall"] == pytest.approx(half["one"] / 2**0.5, rel=0.03)


def test_lost_predictions_make_no_claim_easier(made: Results) -> None:
    some = replace(made, predictions=lambda number: None if number < 3 else made.predictions(number))
    [each] = Comparisons(some).against_best
    p = each.gaps["overall"].p
    assert p is not None
    assert each.adjusted["overall"] == pytest.approx(min(1.0, 3 * p)), "of three pairs of arms"


def test_seeds_are_told_in_the_order_of_the_arms(made: Results) -> None:
    best = Comparisons(made).leaders[0].arm
    trials = made.trials[(made.trials["arm"] != best) | (made.trials["seed"] < 3)]
    against = Comparisons(replace(made, trials=trials)).against_best
    assert {each.seeds for each in against} == {(3, 2)}
