"""Spaces that have an end: each configuration once, the same for all arms, until none is left."""

import json
import tracemalloc
from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from sweeper.errors import InputError
from sweeper.search.ending import end_of, why_ended
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.study.study import Study
from sweeper.trial import PastTrial, TrialSpec
from tests.sweeper_tests.search.proposals import BLIND, QUICK, TESTED, past, proposed, study

CHOICES: dict[str, Any] = {"dropout": {"low": 0.1, "high": 0.3, "step": 0.1}, "sts_loss": ["mse", "ce"]}
WHOLE: dict[str, Any] = {"epochs": {"low": 1, "high": 3}, "batch_size": {"low": 8, "high": 9, "log": True}}
TWO: dict[str, Any] = {"A": {}, "B": {"weight_decay": 0.1}}
INVALID: dict[str, Any] = {
    "encoder.hidden_size": {"low": 16, "high": 24, "step": 2},
    "encoder.attention_heads": [2, 4],
}


def finite(sampler: str, arms: dict[str, Any] = TWO, seeds: tuple[int, ...] = (1, 2), **more: Any) -> Study:
    return study(sampler, WHOLE if sampler == "cma-es" else CHOICES, arms, seeds, **more)


def exhaust(of: Study, begun: Sequence[PastTrial] = ()) -> list[PastTrial]:
    """Every trial that there is."""
    history = History.of(of, begun)
    for number in count(len(begun)):
        trial = propose(of, number, history)
        if trial is None:
            return list(history)
        history.enter(past(trial, value(trial)))
    raise AssertionError


def value(trial: TrialSpec) -> float:
    return sum(float(one) for one in trial.params.values() if not isinstance(one, str)) + trial.seed / 100


def cell(trial: PastTrial) -> tuple[Any, ...]:
    return tuple(round(one, 6) if isinstance(one, float) else one for one in trial.params.values())


@pytest.mark.parametrize("sampler", TESTED)
def test_each_configuration_comes_once_for_each_arm_and_seed_and_then_there_is_none(sampler: str) -> None:
    of = finite(sampler)
    trials = exhaust(of)
    assert len(trials) == 24
    assert len({(one.arm, one.seed, cell(one)) for one in trials}) == 24
    numbers = defaultdict(set)
    for one in trials:
        numbers[one.arm, cell(one)].add(one.configuration)
    assert len(numbers) == 12
    assert all(len(found) == 1 for found in numbers.values())
    assert propose(of, 24, trials) is None
    assert why_ended(of, History.of(of, trials)) == (
        "every configuration of its space has been tried, or is under way"
    )
    assert str(end_of(of)) == "ends after 24 trials: its space has 6 configurations, for 2 arms and 2 seeds"


@pytest.mark.parametrize("sampler", BLIND)
def test_what_is_drawn_blindly_follows_from_its_number_whatever_is_known_of_others(sampler: str) -> None:
    """So that drivers that propose at once draw nothing twice, and arms stay alike."""
    of = finite(sampler)
    trials = exhaust(of)
    for one in trials:
        assert one.params == trials[one.configuration * 4].params
    for known in (0, 3, 9, 18):
        for number in range(known, 24):
            assert past(proposed(of, number, trials[:known]), 0.0).params == trials[number].params
        assert propose(of, 24, trials[:known]) is None
    without = [one for one in trials if one.configuration != 2]
    assert proposed(of, 8, without).params == trials[8].params


def test_the_first_draw_is_what_it_was_before_spaces_ended() -> None:
    """By the version of 28 November (e05261e), which drew .5 and mse twice."""
    space = {"dropout": {"low": 0.1, "high": 0.5, "step": 0.1}, "sts_loss": ["mse", "ce"]}
    for sampler in ("random", "tpe"):
        drawn = [list(one.params.values()) for one in exhaust(study(sampler, space, {"A": {}}, (1,)))[:3]]
        assert (drawn[0], drawn[2]) == ([0.5, "mse"], [0.4, "mse"])
        assert drawn[1] != drawn[0]
    drawn = [list(one.params.values()) for one in exhaust(study("qmc", space, {"A": {}}, (1,)))[:3]]
    assert drawn == [[0.1, "ce"], [0.5, "mse"], [0.3, "ce"]]


@pytest.mark.parametrize("sampler", QUICK)
def test_a_study_that_has_doubles_goes_on_with_what_is_left_and_ends(sampler: str) -> None:
    """As versions before this one left them: four configurations of A are one; B has had two."""
    of = finite(sampler)
    same = exhaust(of)[0].params
    doubles = [("A", 1, c) for c in range(4)] + [("A", 2, c) for c in range(3)] + [("B", 1, 0), ("B", 1, 1)]
    begun = [
        past(TrialSpec(n, arm, same, of.config(arm, same, seed), seed, c), 0.5)
        for n, (arm, seed, c) in enumerate(doubles)
    ]
    trials = exhaust(of, begun)
    for arm in "AB":
        for seed in (1, 2):
            assert len({cell(one) for one in trials if (one.arm, one.seed) == (arm, seed)}) == 6
    assert (len([one for one in trials if one.arm == "A"]), len(trials)) == (18, 18 + 14)
    assert len({(one.arm, one.seed, one.configuration) for one in trials}) == len(trials)
    end = end_of(of, begun)
    assert end is not None
    assert end.trials == len(trials)
    assert end.reason == "its space has 6 configurations, for 2 arms and 2 seeds, and 8 trials repeat one"


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc"])
def test_enqueued_configurations_take_their_place_among_the_others(sampler: str) -> None:
    once = {"dropout": 0.3, "sts_loss": "mse"}
    of = finite(sampler, enqueue=[once, {"dropout": 0.3}, {"dropout": 0.3}, once])
    trials = exhaust(of)
    assert [cell(one) for one in trials[:12:4]] == [
        (0.3, "mse"),
        (0.3, "ce"),
        cell(trials[8]),
    ]
    assert len(trials) == len({(one.arm, one.seed, cell(one)) for one in trials}) == 24
    known = [proposed(of, number, []).params for number in range(8)]
    assert known == [one.params for one in trials[:8]]


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc", "grid"])
def test_what_is_not_valid_is_drawn_again(sampler: str) -> None:
    """Two heads divide all the sizes, four heads 16, 20 and 24 alone."""
    trials = exhaust(study(sampler, INVALID, TWO, (1,)))
    valid = {(16, 2), (18, 2), (20, 2), (22, 2), (24, 2), (16, 4), (20, 4), (24, 4)}
    assert {cell(one) for one in trials if one.arm == "A"} == valid
    assert {cell(one) for one in trials if one.arm == "B"} == valid
    assert len(trials) == 16


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc", "grid"])
def test_an_arm_with_fewer_valid_configurations_ends_before_the_others(sampler: str) -> None:
    sizes = {"encoder.hidden_size": {"low": 16, "high": 20}}
    of = study(
        sampler, sizes, {"A": {"encoder.attention_heads": 4}, "B": {"encoder.attention_heads": 2}}, (1,)
    )
    trials = exhaust(of)
    assert {
        arm: sorted(one.params["encoder.hidden_size"] for one in trials if one.arm == arm) for arm in "AB"
    } == {
        "A": [16, 20],
        "B": [16, 18, 20],
    }
    assert trials[0].params == trials[1].params
    assert "is valid" not in why_ended(of, History.of(of, trials))
    assert "hidden_size 17 is not a multiple of attention_heads 4" in why_ended(of, History.of(of, trials))


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc"])
def test_where_nothing_valid_is_found_a_study_ends_and_says_why(
    sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = study(sampler, {"warmup": {"low": 0.0, "high": 1.0}}, {"A": {}}, (1,))
    trials = [past(proposed(of, 0, []), 0.5)]
    real = Study.config

    def config(self: Study, arm: str, params: dict[str, Any], seed: int) -> Any:
        if params:
            raise InputError("these do not go together")
        return real(self, arm, params, seed)

    monkeypatch.setattr(Study, "config", config)
    assert propose(of, 1, trials) is None
    assert why_ended(of, History.of(of, trials)) == (
        "no further configuration of its space was found to be valid; for example, these do not go together"
    )


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc", "grid", "cma-es"])
def test_a_space_of_a_billion_billion_is_counted_and_never_made(sampler: str) -> None:
    space = {"batch_size": {"low": 1, "high": 10**9}, "warmup": {"low": 0.0, "high": 1.0, "step": 1e-9}}
    of = study(sampler, space, {"A": {}}, (1,))
    end = end_of(of)
    assert end is not None
    assert end.trials == 10**9 * (10**9 + 1)
    proposed(of, 0, [])  # imports what it needs
    tracemalloc.start()
    try:
        trials = [past(proposed(of, 0, []), 0.5)]
        trials.append(past(proposed(of, 1, trials), 0.6))
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert len({json.dumps(one.params) for one in trials}) == 2
