"""Trials that were stopped early, against gains worked by hand."""

from collections.abc import Mapping

import pytest

from sweeper.report.results import Results
from sweeper.report.statistics.stopped import StoppedTrial, stopped_early
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, results, row, study

CURVES = {
    0: ("Baseline", 1, RunState.COMPLETE, (0.50, 0.60, 0.58)),
    1: ("Baseline", 1, RunState.COMPLETE, (0.40, 0.55, 0.56)),
    2: ("Baseline", 1, RunState.PRUNED, (0.45,)),
    3: ("Baseline", 1, RunState.PRUNED, (0.43,)),
    4: ("Baseline", 1, RunState.PRUNED, (0.58, 0.57)),
    5: ("Baseline", 2, RunState.PRUNED, (0.10,)),
    6: ("S-BERT", 1, RunState.PRUNED, (0.20,)),
}


def made(curves: Mapping[int, tuple[str, int, RunState, tuple[float, ...]]] = CURVES) -> Results:
    of = study(seeds=[1, 2])
    rows = [
        row(of, number, arm, (0.5, 0.5, 0.0) if state is RunState.COMPLETE else None, seed=seed, state=state,
            params=PARAMS | {"learning_rate": 1e-3 * (number + 1)})
        for number, (arm, seed, state, _) in curves.items()
    ]  # fmt: skip
    metrics = [
        (number, arm, epoch, "dev", "overall", "overall", value)
        for number, (arm, _, _, values) in curves.items()
        for epoch, value in enumerate(values, start=1)
    ]
    return results(of, rows, metrics=metrics)


def test_what_was_needed_stands_beside_the_largest_gain() -> None:
    # After epoch 1 the complete trials rose by .10 and .16, after epoch 2 by 0 and .01; the highest is .60.
    assert stopped_early(made()) == [
        StoppedTrial(2, "Baseline", 1, pytest.approx(0.15), pytest.approx(0.16)),
        StoppedTrial(3, "Baseline", 1, pytest.approx(0.17), pytest.approx(0.16)),
        StoppedTrial(4, "Baseline", 2, pytest.approx(0.02), pytest.approx(0.01)),
    ]
    assert [one.could for one in stopped_early(made())] == [True, False, False]


def test_without_complete_or_stopped_trials_there_is_nothing_to_say() -> None:
    assert stopped_early(made({2: CURVES[2]})) == []
    assert stopped_early(made({0: CURVES[0]})) == []


def test_an_equal_gain_is_enough() -> None:
    curves = {0: ("Baseline", 1, RunState.COMPLETE, (0.5, 0.6)), 1: ("Baseline", 1, RunState.PRUNED, (0.5,))}
    assert stopped_early(made(curves))[0].could
