"""Spaces of arms, conditions and constraints: every sampler draws what applies, and nothing else."""

import itertools
import json
import math
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import optuna
import pytest
from scipy.stats import kstest
from scipy.stats.qmc import Sobol

from sweeper.search.distributions import distribution, distributions
from sweeper.search.draw import Request
from sweeper.search.ending import end_of
from sweeper.search.history import Tried
from sweeper.search.samplers import tpe
from tests.sweeper_tests import made
from tests.sweeper_tests.search.conditional import SPACE, compare, regret, search, study
from tests.sweeper_tests.search.proposals import exhaust, proposed, run

SHARED = {key: entry for key, entry in SPACE.items() if key != "smart.epsilon"}
"""What all arms can vary."""

TESTED = ["tpe", "random", "qmc", "nsga2", "gp"]

FINITE: dict[str, Any] = {
    "arms": {
        "Plain": {},
        "SMART": {"smart": {"enabled": True}, "space": {"smart.steps": {"low": 1, "high": 3}}},
        "Wide": {"space": {"dropout": [0.1, 0.2, 0.3]}},
    },
    "space": {
        "dropout": [0.1, 0.3],
        "optimizer": ["adamw", "sgd"],
        "weight_decay": {"values": [0.0, 0.1, 0.2], "when": {"optimizer": "adamw"}},
        "smart.mode": {"values": ["paper", "released"], "when": {"smart.enabled": True}},
        "smart.bregman": {"values": [0.0, 1.0], "when": {"smart.mode": "paper"}},
    },
}


def expected(arm: str) -> set[tuple[tuple[str, Any], ...]]:
    """All configurations of an arm of `FINITE`, by plain loops."""
    found = set()
    smart = [(mode, bregman) for mode in ("paper", "released") for bregman in (0.0, 1.0)]
    for dropout, optimizer, decay in itertools.product((0.1, 0.2, 0.3), ("adamw", "sgd"), (0.0, 0.1, 0.2)):
        for (mode, bregman), steps in itertools.product(smart, (1, 2, 3)):
            params: dict[str, Any] = {"dropout": dropout, "optimizer": optimizer}
            if dropout == 0.2 and arm != "Wide":
                continue
            if optimizer == "adamw":
                params["weight_decay"] = decay
            if arm == "SMART":
                params |= {"smart.mode": mode, "smart.steps": steps}
                params |= {"smart.bregman": bregman} if mode == "paper" else {}
            found.add(tuple(sorted(params.items())))
    return found


@pytest.mark.parametrize("sampler", TESTED)
def test_thirty_trials_have_what_applies_and_nothing_else(sampler: str) -> None:
    # `search` looks at each trial.
    assert len(search(study(sampler), 30)) == 30


def test_a_normal_distribution_takes_conditions_that_arms_decide() -> None:
    ranges = {
        "learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
        "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
        "smart.epsilon": {"low": 1e-3, "high": 1e-1, "log": True, "when": {"smart.enabled": True}},
    }
    arms = {
        "Plain": {},
        "SGD": {"optimizer": "sgd", "space": {"head_learning_rate_scale": {"low": 1.0, "high": 30.0}}},
        "SMART": {"smart": {"enabled": True}, "space": {"smart.strength": {"low": 0.1, "high": 5.0}}},
    }
    of = study("cma-es", space=ranges, arms=arms)
    trials = run(of, 30, lambda trial: -sum(float(value) for value in trial.params.values()))
    own = {
        "Plain": {"learning_rate", "weight_decay"},
        "SGD": {"learning_rate", "head_learning_rate_scale"},
        "SMART": {"learning_rate", "weight_decay", "smart.epsilon", "smart.strength"},
    }
    assert Counter(one.arm for one in trials) == {"Plain": 10, "SGD": 10, "SMART": 10}
    assert all(set(one.params) == own[one.arm] for one in trials)


@pytest.mark.parametrize("sampler", ["grid", "tpe", "random", "qmc"])
def test_a_finite_space_is_gone_through_once_by_each_arm(sampler: str) -> None:
    of = made.study(made.WORKLOAD, sampler={"name": sampler}, seeds=[1], tables=["arms"], **FINITE)
    trials = exhaust(of)
    found = defaultdict(list)
    for one in trials:
        found[one.arm].append(tuple(sorted(one.params.items())))
    for arm in FINITE["arms"]:
        assert len(found[arm]) == len(set(found[arm]))
        assert set(found[arm]) == expected(arm)
    assert [len(found[arm]) for arm in FINITE["arms"]] == [8, 72, 12]
    assert str(end_of(of)) == (
        "ends after 92 trials: its arms have spaces of their own, for 8 + 72 + 12 configurations and 1 seed"
    )
    assert (
        len({of.config(one.arm, one.params, 1).fingerprint() for one in trials if one.arm == "SMART"}) == 72
    )


def test_what_does_not_apply_sets_no_configuration_apart() -> None:
    space = {
        "optimizer": ["sgd", "adamw"],
        "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
    }
    of = made.study(made.WORKLOAD, arms={"A": {}}, space=space, sampler={"name": "random"}, tables=["arms"])
    trials = run(of, 12, lambda trial: 0.0)
    assert sum(one.params["optimizer"] == "sgd" for one in trials) == 1
    assert of.config("A", {"optimizer": "sgd"}, 1) == of.config(
        "A", {"optimizer": "sgd", "weight_decay": 0.2}, 1
    )
    assert (
        of.config("A", {"optimizer": "sgd"}, 1).fingerprint()
        == of.config("A", {"optimizer": "sgd", "weight_decay": 0.3}, 1).fingerprint()
    )


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe"])
def test_arms_have_the_same_values_of_what_they_share_where_these_are_drawn_blindly(sampler: str) -> None:
    trials = run(study(sampler), 15, lambda trial: -regret(trial.params))
    shared = {"learning_rate", "optimizer", "weight_decay", "warmup"}
    for configuration in range(5):
        alike = {
            json.dumps({key: value for key, value in one.params.items() if key in shared})
            for one in trials
            if one.configuration == configuration
        }
        assert len(alike) == 1


def test_an_arm_that_is_added_catches_up_with_the_values_that_the_others_share() -> None:
    arms = {"Plain": {}, "SMART": {"smart": {"enabled": True}, "space": {"smart.steps": [1, 2]}}}
    before = run(study("random", arms={"Plain": {}}, space=SHARED), 4, lambda trial: -regret(trial.params))
    of = study("random", arms=arms, space=SHARED)
    trials = run(of, 8, lambda trial: -regret(trial.params), before)
    for one in trials[4:]:
        assert one.arm == "SMART"
        twin = before[one.configuration].params
        assert {key: one.params[key] for key in twin} == twin


def test_conditional_random_draws_are_uniform() -> None:
    """Kolmogorov and Smirnov: what applies is drawn from its whole range, whatever it depends on."""
    trials = run(study("random", arms={"all": {}}, space=SHARED), 400, lambda trial: -regret(trial.params))
    decays = [one.params["weight_decay"] / 0.3 for one in trials if one.params["optimizer"] == "adamw"]
    assert 150 < len(decays) < 250
    assert kstest(decays, "uniform").pvalue > 0.01
    warmups = [one.params["warmup"] / 0.9 for one in trials if "warmup" in one.params]
    # log10 of 1e-2 / 3e-4 of three decades.
    assert abs(len(warmups) / 400 - math.log10(1e-2 / 3e-4) / 3) < 0.08
    assert kstest(warmups, "uniform").pvalue > 0.01


def test_the_evenly_spread_draws_are_points_of_one_sequence() -> None:
    of = study("qmc")
    trials = run(of, 24, lambda trial: 0.0)
    sequence = Sobol(len(of.spaces["Plain"].joint), rng=1).random(8)
    for one in trials:
        point = sequence[one.configuration]
        rate = 10 ** (-5 + 3 * point[0])
        assert math.isclose(one.params["learning_rate"], rate, rel_tol=1e-9)
        if one.arm == "Scaled":
            place = list(of.spaces["Scaled"].joint).index("head_learning_rate_scale of arm Scaled")
            assert math.isclose(one.params["head_learning_rate_scale"], 30 ** point[place], rel_tol=1e-9)


def test_tpe_draws_what_optuna_draws_of_a_program_with_conditions() -> None:
    """The product's own search against a plain objective in which settings are asked for in an `if`."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    of = study("tpe", arms={"all": {}}, space=SHARED)
    space = of.spaces["all"]
    tried = [
        Tried(one.params, (-regret(one.params),), False)
        for one in run(of, 20, lambda trial: -regret(trial.params))
    ]
    for number in range(20, 40):
        request = Request(of.spec.sampler, space.entries, number, tried, 1, arm=space)
        sampler = optuna.samplers.TPESampler(seed=request.seed, n_startup_trials=5, constant_liar=True)
        plain = optuna.create_study(direction="maximize", sampler=sampler)
        for one in tried:
            known = {key: distribution(space.entries[key]) for key in one.params}
            plain.add_trial(
                optuna.trial.create_trial(
                    params=dict(one.params), distributions=known, value=one.values[0] if one.values else None
                )
            )
        trial = plain.ask()
        rate = trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True)
        params: dict[str, Any] = {
            "learning_rate": rate,
            "optimizer": trial.suggest_categorical("optimizer", ("adamw", "sgd")),
        }
        if params["optimizer"] == "adamw":
            params["weight_decay"] = trial.suggest_float("weight_decay", 0.0, 0.3)
        if rate > 3e-4:
            params["warmup"] = trial.suggest_float("warmup", 0.0, 0.9)
        assert tpe.draw(request) == params
        tried.append(Tried(params, (-regret(params),), False))


def test_optunas_tables_know_each_setting_of_any_arm() -> None:
    known = distributions(study("tpe"))
    assert known["head_learning_rate_scale"] == optuna.distributions.FloatDistribution(1.0, 30.0, log=True)
    assert "smart.steps" in known
    wide = made.study(made.WORKLOAD, seeds=[1], tables=["arms"], **FINITE)
    assert distributions(wide)["dropout"] == optuna.distributions.CategoricalDistribution((0.1, 0.3, 0.2))


def test_enqueued_values_go_to_the_arms_that_have_them() -> None:
    queue = [
        {"learning_rate": 1e-3, "smart.steps": 2},
        {"smart.steps": 3},
        {"optimizer": "adamw", "weight_decay": 0.1},
    ]
    trials = run(study("random", enqueue=queue), 9, lambda trial: 0.0)
    of = {(one.arm, one.configuration): one.params for one in trials}
    assert all(of[arm, 0]["learning_rate"] == 1e-3 for arm in ("Plain", "Scaled", "SMART"))
    assert of["SMART", 0]["smart.steps"] == 2
    assert of["SMART", 1]["smart.steps"] == 3
    assert of["Plain", 1]["weight_decay"] == of["Scaled", 1]["weight_decay"] == 0.1
    assert of["SMART", 2]["weight_decay"] == 0.1


def test_priors_of_an_arms_own_space_are_tried_first() -> None:
    arms = {"A": {}, "B": {"space": {"weight_decay": {"low": 0.0, "high": 0.3, "prior": 0.12}}}}
    space = {"learning_rate": {"low": 1e-5, "high": 1e-2, "log": True, "prior": 1e-3}}
    of = study("tpe", arms=arms, space=space)
    first, second = run(of, 2, lambda trial: 0.0)
    assert first.params == {"learning_rate": 1e-3}
    assert second.params == {"learning_rate": 1e-3, "weight_decay": 0.12}


def test_with_peers_arms_share_configurations_with_conditions() -> None:
    space = {
        "optimizer": ["adamw", "sgd"],
        "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
        "learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
    }
    of = study("tpe", arms={"A": {}, "B": {"dropout": 0.2}}, space=space)
    of = replace(
        of, spec=of.spec.model_copy(update={"sampler": of.spec.sampler.model_copy(update={"peers": "study"})})
    )
    trials = run(of, 24, lambda trial: -regret(trial.params))
    for configuration in range(12):
        alike = {json.dumps(one.params) for one in trials if one.configuration == configuration}
        assert len(alike) == 1
    assert {("weight_decay" in one.params) is (one.params["optimizer"] == "adamw") for one in trials} == {
        True
    }


def test_a_proposal_is_the_same_in_any_order_of_the_history() -> None:
    of = study("tpe")
    trials = run(of, 24, lambda trial: -regret(trial.params))
    assert proposed(of, 24, trials).params == proposed(of, 24, trials[::-1]).params


def test_random_is_not_better_than_tpe_on_a_planted_function() -> None:
    """A few of the 50 searches of ``python -m tests.sweeper_tests.search.conditional``."""
    found = compare(["random"], repeats=6, trials=90)
    assert found["random"][1] >= 0.05
