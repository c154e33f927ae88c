"""Several objectives as one curve, against Optuna's own non-dominated sorting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from optuna.study._multi_objective import _fast_non_domination_rank

from sweeper.search.ranking import curves_by_rank, front_ranks
from sweeper.trial import Curve, RunState

POINTS = st.integers(2, 3).flatmap(
    lambda objectives: st.lists(
        st.lists(st.integers(-3, 3).map(float), min_size=objectives, max_size=objectives), max_size=12
    )
)


@given(POINTS)
def test_ranks_are_those_of_optuna(points: list[list[float]]) -> None:
    expected = _fast_non_domination_rank(-np.array(points)).tolist() if points else []
    assert front_ranks(points) == expected


def curve(number: int, values: dict[int, float], seed: int = 1) -> Curve:
    return Curve(number, "A", seed, number, RunState.COMPLETE, values)


def test_trials_are_ranked_within_their_seed_at_epochs_that_the_trial_has() -> None:
    first = [
        curve(0, {1: 0.5, 2: 0.6, 3: 0.9}),
        curve(1, {1: 0.4, 2: 0.7}),
        curve(2, {1: 0.9, 2: 0.9}, seed=2),
        curve(3, {1: 0.3, 2: 0.5}),
        curve(4, {1: 1.0, 2: 1.0}),
    ]
    second = [
        curve(0, {1: 0.5, 2: 0.6, 3: 0.9}),
        curve(1, {1: 0.6, 2: 0.5}),
        curve(2, {1: 0.9, 2: 0.9}, seed=2),
        curve(3, {1: 0.3}),
        curve(4, {1: 1.0, 2: 1.0}),
    ]
    found = {one.number: one.values for one in curves_by_rank(3, [first, second])}
    # At epoch 1 neither of 0 and 1 beats the other, and both beat 3; the one of another seed stands alone.
    assert found == {0: {1: 0.0}, 1: {1: 0.0}, 2: {1: 0.0}, 3: {1: -1.0}}
    later = {one.number: one.values for one in curves_by_rank(1, [first, second])}
    assert later == {0: {1: 0.0, 2: 0.0}, 1: {1: 0.0, 2: 0.0}}
    assert curves_by_rank(5, [first, second]) == []
