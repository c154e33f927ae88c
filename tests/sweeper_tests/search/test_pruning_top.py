"""Pruner top, on decisions worked by hand."""

from itertools import permutations

import pytest

from sweeper.search.pruning import should_prune
from sweeper.trial import Curve, RunState
from tests.sweeper_tests.search.curves import EPOCHS, drive, full_curve, spec, study


def peer(number: int, *values: float) -> Curve:
    return Curve(number, "A", 1, number, RunState.RUNNING, dict(enumerate(values, start=1)))


def test_two_are_kept_of_each_and_those_before_it() -> None:
    firsts = [0.5, 0.7, 0.6, 0.65, 0.4, 0.8, 0.65, 0.71]
    # .6 is second of three, .65 of four, .4 last; the second .65 is behind .7 and .8, and beats no .65.
    goes_on = [True, True, True, True, False, True, False, True]
    done = drive(
        study({"name": "top", "keep": 2}), 8, lambda number: dict.fromkeys((1, 2, 3), firsts[number])
    )
    assert [one.state is RunState.COMPLETE for one in done] == goes_on
    assert {len(one.values) for one in done} == {1, 3}


def test_of_some_trials_in_every_order_the_best_go_on_and_as_many_others_as_chance_has_it() -> None:
    """The trial in place i goes on with probability min(1, K / i): 1 + 1 + 2/3 + 2/4 + 2/5 of five."""
    a_study = study({"name": "top", "keep": 2})
    survivors = []
    for order in permutations((0.1, 0.2, 0.3, 0.4, 0.5)):
        done = drive(a_study, 5, lambda number, order=order: {1: order[number], 2: 0.0})
        kept = [one.values[1] for one in done if one.state is RunState.COMPLETE]
        assert {0.4, 0.5} <= set(kept)
        survivors.append(len(kept))
    assert sum(survivors) / len(survivors) == pytest.approx(1 + 1 + 2 / 3 + 2 / 4 + 2 / 5)


def test_the_best_epoch_so_far_counts_from_the_first_that_may_end_a_trial() -> None:
    a_study = study({"name": "top", "keep": 1, "min_epochs": 2})
    others = [peer(0, 0.6, 0.5, 0.9), peer(1, 0.7)]  # the second has not come to epoch 2
    trial = spec(a_study, 2)
    assert not should_prune(a_study, trial, {1: 0.1}, others)
    assert should_prune(a_study, trial, {1: 0.1, 2: 0.6}, others)
    assert not should_prune(a_study, trial, {1: 0.61, 2: 0.1}, others)
    assert not should_prune(a_study, trial, {1: 0.1, 2: 0.61}, others)


def test_a_trial_with_a_lower_number_that_comes_to_the_epoch_later_still_counts() -> None:
    a_study = study({"name": "top", "keep": 1})
    trial = spec(a_study, 1)
    assert not should_prune(a_study, trial, {1: 0.5}, [])
    assert should_prune(a_study, trial, {1: 0.5, 2: 0.9}, [peer(0, 0.6)])
    assert not should_prune(a_study, trial, {1: 0.5, 2: 0.4}, [peer(0, 0.3, 0.9)])
    assert not should_prune(a_study, trial, {1: 0.5}, [peer(2, 0.6)])  # of a higher number


def test_a_configuration_is_judged_at_its_first_seed_and_goes_on_at_all_or_none() -> None:
    a_study = study({"name": "top", "keep": 1}, seeds=(1, 2))
    high = [
        Curve(0, "A", 1, 0, RunState.COMPLETE, {1: 0.6}),
        Curve(1, "A", 2, 0, RunState.COMPLETE, {1: 0.6}),
    ]
    for first, then in ((0.7, 0.1), (0.5, 0.9)):
        trial, again = spec(a_study, 2, configuration=1), spec(a_study, 3, seed=2, configuration=1)
        stopped = should_prune(a_study, trial, {1: first}, high)
        assert stopped == (first < 0.6)
        done = Curve(2, "A", 1, 1, RunState.PRUNED if stopped else RunState.RUNNING, {1: first})
        assert should_prune(a_study, again, {1: then}, [*high, done]) == stopped
    # Nothing is known of the first seed yet: the second is judged itself, and again after its next epoch.
    assert not should_prune(a_study, again, {1: 0.9}, high)
    assert should_prune(a_study, again, {1: 0.9, 2: 0.9}, [*high, done])


def test_what_was_no_number_is_worse_than_any() -> None:
    a_study = study({"name": "top", "keep": 1, "min_epochs": 2})
    trial = spec(a_study, 1)
    assert not should_prune(a_study, trial, {2: 0.1}, [Curve(0, "A", 1, 0, RunState.RUNNING, {3: 0.5})])
    assert should_prune(a_study, trial, {3: 0.1}, [peer(0, 0.2, 0.2, 0.2)])


def test_a_sweep_that_is_resumed_decides_the_same() -> None:
    a_study = study({"name": "top"})
    done = drive(a_study, 60)
    for one in done[40:]:
        shown = {epoch: value for epoch, value in one.values.items() if epoch < len(one.values)}
        if one.state is RunState.PRUNED:
            shown = one.values
        full = full_curve(one.number)
        seen = {**shown, len(shown) + 1: full[len(shown) + 1]} if len(shown) < EPOCHS else shown
        assert should_prune(a_study, spec(a_study, one.number), seen, done) == (one.state is RunState.PRUNED)
