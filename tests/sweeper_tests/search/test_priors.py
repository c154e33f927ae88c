"""Values near the `prior` of a range."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from scipy.stats import kstest, truncnorm, uniform

from sweeper.search.priors import SPREAD, near
from sweeper.study.problem import SettingError
from sweeper.study.space import FloatRange, IntRange
from sweeper.trial import PastTrial
from tests.sweeper_tests.search.proposals import overall, run, study

RATE: dict[str, Any] = {"low": 1e-5, "high": 1e-1, "log": True}
ONE: dict[str, Any] = {"A": {}, "B": {"weight_decay": 0.1}}


def searched(name: str, trials: int, **prior: float) -> list[PastTrial]:
    space = {"learning_rate": RATE | prior, "warmup": {"low": 0.0, "high": 1.0}}
    return run(study(name, space, ONE, (1,)), trials)


def units(trials: Sequence[PastTrial]) -> list[float]:
    return [(math.log10(one.params["learning_rate"]) + 5) / 4 for one in trials]


@pytest.mark.parametrize("prior", [1e-5, 3e-4, 0.08])
def test_every_second_one_is_of_the_normal_distribution_about_it_the_rest_of_the_whole_range(
    prior: float,
) -> None:
    history = searched("random", 800, prior=prior)[::2]
    assert history[0].params["learning_rate"] == prior
    middle = (math.log10(prior) + 5) / 4
    about = truncnorm(-middle / SPREAD, (1 - middle) / SPREAD, middle, SPREAD)
    assert kstest(units(history[1::2]), about.cdf).pvalue > 0.001
    assert kstest(units(history[2::2]), uniform.cdf).pvalue > 0.001
    other = searched("random", 400)[::2]
    assert [one.params["warmup"] for one in other] == [one.params["warmup"] for one in history[:200]]


def test_values_are_of_the_range() -> None:
    steps = FloatRange(low=0.1, high=0.5, step=0.1, prior=0.3)
    whole = IntRange(low=8, high=64, log=True, prior=16)
    drawn = [near({"a": steps, "b": whole}, number, 0, number) for number in range(1, 400, 2)]
    for one in drawn:
        assert steps.read(one["a"]) == one["a"]
        assert whole.read(one["b"]) == one["b"]
    assert {one["a"] for one in drawn} == {0.1, 0.2, 0.3, 0.4, 0.5}
    assert near({"a": steps}, 2, 0, 1) == {}
    assert near({"a": FloatRange(low=0, high=1)}, 0, 0, 1) == {}


@pytest.mark.parametrize("name", ["tpe", "gp", "cma-es"])
def test_a_search_begins_there_the_same_for_all_arms(name: str) -> None:
    history = searched(name, 10, prior=3e-4)
    assert [one.params["learning_rate"] for one in history[:2]] == [3e-4] * 2
    assert [one.params for one in history[::2]] == [one.params for one in history[1::2]]


def test_in_a_finite_space_no_configuration_comes_twice() -> None:
    space = {"dropout": {"low": 0.1, "high": 0.5, "step": 0.1, "prior": 0.2}}
    history = run(study("random", space, {"A": {}}, (1,)), 5, lambda trial: 0.0)
    assert history[0].params == {"dropout": 0.2}
    assert sorted(one.params["dropout"] for one in history) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_good_one_is_found_sooner_and_a_bad_one_does_little_harm() -> None:
    """Of the toy function: best at a learning rate of 1e-3."""

    def best(seed: int, **prior: float) -> float:
        of = study(
            "tpe", {"learning_rate": RATE | prior, "warmup": {"low": 0.0, "high": 1.0}}, {"A": {}}, (1,), seed
        )
        return max(map(overall, run(of, 12)))

    seeds = range(12)
    without = sorted(best(seed) for seed in seeds)[6]
    assert sorted(best(seed, prior=8e-4) for seed in seeds)[6] > without
    assert sorted(best(seed, prior=1e-5) for seed in seeds)[6] > without - 0.2


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"prior": 0.5}, "space.learning_rate.prior = 0.5: must be from 1e-05 to 0.1"),
        (
            {"log": False, "low": 0, "step": 0.05, "prior": 0.07},
            "space.learning_rate.prior = 0.07: must be low",
        ),
        ({"prior": "high"}, "space.learning_rate.prior = high: must be a"),
    ],
)
def test_what_is_not_in_the_range_is_refused(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(Exception, match="prior") as error:
        study("tpe", {"learning_rate": RATE | entry})
    assert told.split(": ", 1)[1] in str(error.value)


@pytest.mark.parametrize("name", ["grid", "qmc"])
def test_what_spreads_evenly_has_none(name: str) -> None:
    space = {"dropout": {"low": 0.1, "high": 0.3, "step": 0.1, "prior": 0.2}}
    with pytest.raises(SettingError, match=rf"space.dropout.prior = 0.2: sampler {name} spreads"):
        study(name, space)
