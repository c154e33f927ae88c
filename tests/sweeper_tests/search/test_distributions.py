"""The values that are drawn, as the study file has them and as Optuna does."""

import json
import warnings

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from sweeper.search.distributions import distribution, distributions
from sweeper.study.space import FloatRange, IntRange
from tests.sweeper_tests.search.proposals import SPACE, proposed, run, study


def test_distributions_mirror_the_space_and_what_sets_the_arms_apart() -> None:
    assert distributions(study()) == {
        "weight_decay": CategoricalDistribution((0.01, 0.1, 0.2)),
        "learning_rate": FloatDistribution(1e-5, 1e-1, log=True),
        "dropout": FloatDistribution(0.0, 0.5, step=0.1),
        "batch_size": IntDistribution(8, 64, log=True),
        "warmup": FloatDistribution(0.0, 1.0),
        "epochs": IntDistribution(1, 9, step=2),
        "sts_loss": CategoricalDistribution(("mse", "ce")),
        "max_grad_norm": CategoricalDistribution((None, 1.0)),
    }


def test_a_range_that_its_step_does_not_divide_ends_where_optuna_ends_it() -> None:
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        theirs = [FloatDistribution(0.0, 0.55, step=0.1), IntDistribution(8, 17, step=4)]
    ours = [FloatRange(low=0.0, high=0.55, step=0.1), IntRange(low=8, high=17, step=4)]
    assert [distribution(entry) for entry in ours] == theirs
    assert [entry.highest for entry in ours] == [0.5, 16]


@pytest.mark.filterwarnings("error")
def test_a_step_need_not_divide_its_range() -> None:
    uneven = {"dropout": {"low": 0.1, "high": 0.55, "step": 0.2}, "epochs": {"low": 1, "high": 9, "step": 3}}
    for sampler in ("random", "cma-es"):
        a_study = study(sampler, uneven, {"A": {}}, (1,))
        drawn = {(round(t.params["dropout"], 6), t.params["epochs"]) for t in run(a_study, 9, lambda _: 0.0)}
        assert drawn == {(dropout, epochs) for dropout in (0.1, 0.3, 0.5) for epochs in (1, 4, 7)}


def test_toggles_are_the_single_values_in_which_arms_differ() -> None:
    smart = {"enabled": True, "tasks": ["sst"], "weight": "dynamic"}
    arms = {
        "plain": {"batch_size": 32},
        "surgery": {"gradient": "pcgrad", "batch_size": 32},
        "both": {"gradient": "pcgrad", "smart": smart, "batch_size": 32, "sst_head": "mlp"},
    }
    toggles = study(arms=arms, space={"dropout": [0.1]}).toggles
    # `batch_size` is the same in all arms, and `smart.tasks` is a list.
    assert toggles == {
        "plain": {"gradient": "sum", "smart.enabled": False, "smart.weight": "static", "sst_head": "linear"},
        "surgery": {
            "gradient": "pcgrad",
            "smart.enabled": False,
            "smart.weight": "static",
            "sst_head": "linear",
        },
        "both": {"gradient": "pcgrad", "smart.enabled": True, "smart.weight": "dynamic", "sst_head": "mlp"},
    }


def test_toggles_may_stand_in_the_space() -> None:
    space = {"gradient": ["sum", "pcgrad"], "smart.enabled": [False, True], "sts_loss": ["mse", "ce"]}
    a_study = study("grid", space=space, arms={"all": {}}, seeds=(1,))
    trials = run(a_study, 8, lambda trial: 0.0)
    configs = [a_study.config(trial.arm, trial.params, trial.seed) for trial in trials]
    toggled = {(config.gradient, config.smart.enabled, config.tasks["sts"].loss) for config in configs}
    assert len(configs) == len(toggled) == 8
    assert distributions(a_study)["smart.enabled"] == CategoricalDistribution((False, True))


def test_a_trial_carries_its_arm_s_toggles_beside_its_params() -> None:
    a_study = study()
    history = run(a_study, 6)
    for number in range(6):
        trial = proposed(a_study, number, history[:number])
        assert trial.toggles == a_study.toggles[trial.arm]
        assert "weight_decay" not in trial.params


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "cma-es", "nsga2"])
def test_values_stay_in_their_space_and_reach_the_configuration(sampler: str) -> None:
    a_study = study(sampler)
    for trial in run(a_study, 60):
        params = trial.params
        assert list(params) == list(a_study.space)
        assert json.loads(json.dumps(params)) == params
        assert 1e-5 <= params["learning_rate"] <= 1e-1
        assert 0 <= params["dropout"] <= 0.5
        assert params["dropout"] * 10 == pytest.approx(round(params["dropout"] * 10))
        assert type(params["batch_size"]) is int
        assert 8 <= params["batch_size"] <= 64
        assert params["epochs"] in (1, 3, 5, 7, 9)
        config = a_study.config(trial.arm, params, trial.seed)
        assert config.learning_rate == params["learning_rate"]
        if sampler != "cma-es":
            assert params["sts_loss"] in ("mse", "ce")
            assert config.tasks["sts"].loss == params["sts_loss"]


def test_log_ranges_give_each_magnitude_its_share() -> None:
    a_study = study("random", {"learning_rate": SPACE["learning_rate"]}, {"A": {}}, (1,))
    drawn = [trial.params["learning_rate"] for trial in run(a_study, 200, lambda trial: 0.0)]
    for low in (1e-5, 1e-4, 1e-3, 1e-2):
        assert 30 <= sum(low <= rate < 10 * low for rate in drawn) <= 70


def test_values_that_the_space_has_lost_do_not_stop_the_search() -> None:
    narrow = study(space=SPACE | {"sts_loss": ["ce"]}, seeds=(1,), arms={"A": {}})
    trial = proposed(narrow, 30, run(study(seeds=(1,), arms={"A": {}}), 30))
    assert trial.params["sts_loss"] == "ce"
