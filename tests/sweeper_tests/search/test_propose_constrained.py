"""Comparisons that every configuration fulfils: drawn again, or left out of a grid."""

import itertools
from typing import Any

import pytest
from scipy.stats import kstest

from sweeper.search.ending import end_of, why_ended
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.study.study import Study
from tests.sweeper_tests import made
from tests.sweeper_tests.search.proposals import exhaust, run


def of_two_halves(sampler: str, constraint: str) -> Study:
    """A study of two numbers, each from 0 to .5."""
    return made.study(
        made.WORKLOAD,
        arms={"A": {}},
        space={"dropout": {"low": 0.0, "high": 0.5}, "warmup": {"low": 0.0, "high": 0.5}},
        constraints=[constraint],
        sampler={"name": sampler},
        tables=["arms"],
    )


def test_constrained_random_draws_are_uniform_on_what_is_allowed() -> None:
    of = of_two_halves("random", "dropout < warmup")
    trials = run(of, 300, lambda trial: 0.0)
    assert all(one.params["dropout"] < one.params["warmup"] for one in trials)
    # Of two uniform numbers the larger is below x with probability x², the smaller with 1 - (1 - x)².
    assert kstest([one.params["warmup"] / 0.5 for one in trials], lambda x: x**2).pvalue > 0.01
    assert kstest([one.params["dropout"] / 0.5 for one in trials], lambda x: 1 - (1 - x) ** 2).pvalue > 0.01


def test_a_sequence_goes_on_past_the_points_that_were_had_however_few_are_allowed() -> None:
    of = of_two_halves("qmc", "warmup > 0.495")
    # One point in a hundred: the last of these lies some fifteen hundred points on.
    trials = run(of, 15, lambda trial: 0.0)
    assert all(one.params["warmup"] > 0.495 for one in trials)
    assert len({one.params["dropout"] for one in trials}) == 15


def test_constraints_are_drawn_again_and_left_out_of_a_grid() -> None:
    space = {"epochs": {"low": 1, "high": 6}, "batch_size": {"low": 2, "high": 8, "step": 2}}
    fields: dict[str, Any] = {
        "arms": {"A": {}, "B": {"dropout": 0.2}},
        "space": space,
        "seeds": [1],
        "tables": ["arms"],
    }
    allowed = {(e, b) for e, b in itertools.product(range(1, 7), range(2, 9, 2)) if e <= b and e != 2}
    for sampler in ("grid", "tpe", "qmc"):
        of = made.study(
            made.WORKLOAD,
            constraints=["epochs <= batch_size", "epochs != 2"],
            sampler={"name": sampler},
            **fields,
        )
        trials = exhaust(of)
        assert len(trials) == 2 * len(allowed) == (end_of(of) or pytest.fail()).trials
        for arm in ("A", "B"):
            own = [(one.params["epochs"], one.params["batch_size"]) for one in trials if one.arm == arm]
            assert len(own) == len(allowed)
            assert set(own) == allowed


def test_a_constraint_says_nothing_of_what_does_not_apply_and_compares_what_an_arm_sets() -> None:
    space = {
        "optimizer": ["adamw", "sgd"],
        "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
        "dropout": {"low": 0.0, "high": 0.5},
    }
    arms = {"A": {}, "B": {"warmup": 0.4}}
    of = made.study(
        made.WORKLOAD,
        arms=arms,
        space=space,
        constraints=["weight_decay > 0.25", "dropout <= warmup"],
        sampler={"name": "random"},
        tables=["arms"],
    )
    warmup = {"A": of.config("A", {}, 1).warmup, "B": 0.4}
    trials = run(of, 40, lambda trial: 0.0)
    assert all(one.params.get("weight_decay", 1.0) > 0.25 for one in trials)
    assert all(one.params["dropout"] <= warmup[one.arm] for one in trials)
    assert any("weight_decay" not in one.params for one in trials)


def test_a_search_ends_with_the_constraint_that_leaves_nothing() -> None:
    space = {"dropout": {"low": 0.0, "high": 0.5}, "warmup": {"low": 0.0, "high": 0.5}}
    of = made.study(
        made.WORKLOAD,
        arms={"A": {}},
        space=space,
        constraints=["dropout <= 0", "warmup <= 0"],
        tables=["arms"],
        sampler={"name": "random"},
    )
    assert propose(of, 0, []) is None
    assert why_ended(of, History.of(of)).startswith(
        "no further configuration of its space was found to be valid; for example, study 'made@demo': "
        "constraints = {dropout: "
    )


@pytest.mark.parametrize("sampler", ["random", "tpe", "gp", "qmc"])
def test_a_value_of_a_step_is_spelt_as_conditions_and_constraints_spell_it(sampler: str) -> None:
    """Optuna has 0.1 + 2 * 0.1, which is above 0.3."""
    of = made.study(
        made.WORKLOAD,
        arms={"A": {}},
        space={
            "dropout": {"low": 0.1, "high": 0.5, "step": 0.1},
            "word_dropout": {"low": 0.1, "high": 0.2, "when": {"dropout": [0.2, 0.3]}},
            "warmup": {"low": 0.0, "high": 0.5},
        },
        constraints=["dropout <= 0.3"],
        sampler={"name": sampler},
        tables=["arms"],
    )
    trials = run(of, 12 if sampler == "gp" else 40, lambda trial: trial.params["dropout"])
    assert {one.params["dropout"] for one in trials} == {0.1, 0.2, 0.3}
    assert all(("word_dropout" in one.params) == (one.params["dropout"] > 0.1) for one in trials)
