"""Samplers that follow the results of all arms (`sampler.peers: study`)."""

import json
from dataclasses import replace
from random import Random
from statistics import fmean
from typing import Any

import pytest

from sweeper.search.history import History, Tried
from sweeper.study.study import Study
from sweeper.trial import PastTrial, RunState, TrialSpec
from tests.sweeper_tests.search.proposals import ARMS, RANGES, STARTUP, past, proposed, run, score, study

SIZE = "encoder.hidden_size"
HEIGHTS = {"A": 0.0, "B": 10.0, "C": -10.0}
"""How much better an arm is, whatever its configuration."""


def together(name: str = "tpe", **more: Any) -> Study:
    return study(name, seeds=(1,), peers="study", **more)


def raised(trial: TrialSpec) -> float:
    return score(trial) + HEIGHTS[trial.arm]


@pytest.mark.parametrize("name", ["tpe", "cma-es", "gp", "nsga2"])
def test_all_arms_get_the_same_configurations(name: str) -> None:
    trials = 3 * (STARTUP + (2 if name == "gp" else 10))
    history = run(together(name), trials, raised)
    for first in range(0, trials, 3):
        assert [trial.arm for trial in history[first : first + 3]] == list(ARMS)
        assert len({json.dumps(trial.params) for trial in history[first : first + 3]}) == 1


def test_each_arm_counts_and_none_for_being_better_as_a_whole() -> None:
    history = run(together(), 45, raised)
    drawn = proposed(together(), 45, history)
    level = [replace(one, scores={"overall": one.scores["overall"] - HEIGHTS[one.arm]}) for one in history]  # type: ignore[index]
    assert proposed(together(), 45, level) == drawn
    for arm in ARMS:
        other = [
            replace(one, scores={"overall": -5 * one.scores["overall"]}) if one.arm == arm else one  # type: ignore[index]
            for one in history
        ]
        assert proposed(together(), 45, other).params != drawn.params


def test_what_came_in_all_arms_by_hand() -> None:
    one, two, own = {"warmup": 0.1}, {"warmup": 0.2}, {"warmup": 0.3}
    trials = [
        PastTrial(0, "A", one, 1, 0, RunState.COMPLETE, {"overall": 0.5}),
        PastTrial(1, "B", one, 1, 0, RunState.COMPLETE, {"overall": 0.9}),
        PastTrial(2, "A", two, 1, 1, RunState.COMPLETE, {"overall": 0.7}),
        PastTrial(3, "B", own, 1, 1, RunState.PRUNED, None),  # `two` was not valid there
        PastTrial(4, "A", own, 1, 2, RunState.RUNNING, None),
    ]
    tried = History(("overall",), trials).tried_together(2)
    assert tried == [
        Tried(one, (pytest.approx(-0.05),), pruned=False),  # A: .5 of mean .6; B: .9 of mean .9
        Tried(two, (pytest.approx(0.1),), pruned=False),
        Tried(own, None, pruned=True),
    ]


def test_an_arm_that_is_added_gets_what_the_others_had() -> None:
    history = run(together(arms={"A": {}, "B": {"weight_decay": 0.1}}), 24, raised)
    after = run(together(), 36, raised, history)
    assert [one.arm for one in after[24:]] == ["C"] * 12
    assert [one.params for one in after[24:]] == [one.params for one in history[::2]]


def test_what_an_earlier_version_drew_goes_to_the_other_arms_as_it_recorded_it() -> None:
    """Up to 1.0.0 a value of a stepped range was 0.1 + 2 * 0.1."""
    space = {"dropout": {"low": 0.1, "high": 0.5, "step": 0.1}, "warmup": RANGES["warmup"]}
    old = {"dropout": 0.1 + 2 * 0.1, "warmup": 0.123}
    begun = run(together(space=space), 3 * STARTUP, lambda trial: trial.params["warmup"])
    begun.append(PastTrial(len(begun), "A", old, 1, STARTUP, RunState.COMPLETE, {"overall": 0.5}))
    assert proposed(together(space=space), len(begun), begun).params == old


def test_where_values_are_not_valid_in_an_arm_it_gets_its_own() -> None:
    arms = {"A": {"encoder.attention_heads": 4}, "B": {"encoder.attention_heads": 6}}

    def sizes(trials: int, **space: Any) -> dict[str, list[int]]:
        history = run(together(space=space, arms=arms), trials, lambda trial: trial.params[SIZE])
        return {arm: [one.params[SIZE] for one in history if one.arm == arm] for arm in arms}

    had = sizes(40, **{SIZE: {"low": 24, "high": 72}, "warmup": RANGES["warmup"]})
    assert had["A"] == had["B"]
    assert len({size for size in had["A"] if size % 12 == 0}) > 2
    had = sizes(7, **{SIZE: {"low": 24, "high": 36}})
    assert (sorted(had["A"]), sorted(had["B"])) == ([24, 28, 32, 36], [24, 30, 36])


def test_more_arms_find_sooner_what_is_good_in_all() -> None:
    """Of a function that all arms share each result counts for all: three times as many to learn from."""

    def last(peers: str, seed: int) -> float:
        def noisy(trial: TrialSpec) -> float:
            return raised(trial) + Random(f"{seed} {trial.number}").gauss(0, 0.3)  # noqa: S311

        history = run(study(space=RANGES, seeds=(1,), sampler_seed=seed, peers=peers), 45, noisy)
        return fmean(score(one) for one in history[-15:])  # which reads what a past trial has too

    gains = [last("study", seed) - last("arm", seed) for seed in range(12)]
    assert fmean(gains) > 0


def test_a_trial_adopted_late_is_proposed_as_it_would_have_been() -> None:
    history = run(together(), 36, raised)
    for number in (19, 30, 32):
        earlier = [one for one in history if one.number < number]
        trial = proposed(together(), number, earlier)
        assert past(trial, raised(trial)) == history[number]
