import json
import math
import os
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import fmean

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from sweeper.search.distributions import distribution, distributions
from sweeper.search.ending import end_of
from sweeper.search.propose import propose
from sweeper.study.samplers import SAMPLERS
from sweeper.study.space import FloatRange, IntRange
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.search.proposals import (
    BLIND,
    QUICK,
    RANGES,
    SPACE,
    STARTUP,
    TESTED,
    overall,
    past,
    proposed,
    run,
    score,
    study,
)


def test_every_sampler_is_tested_here() -> None:
    assert sorted(SAMPLERS) == sorted(TESTED)


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


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_arms_and_seeds_take_turns(sampler: str) -> None:
    history = run(study(sampler), 24)
    assert [trial.arm for trial in history] == ["A", "B", "C"] * 8
    assert [trial.seed for trial in history] == [1, 1, 1, 2, 2, 2] * 4
    for number in range(0, 24, 6):
        for arm in range(3):
            assert history[number + arm].params == history[number + arm + 3].params


def test_the_first_configurations_are_the_same_for_all_arms_and_differ_from_each_other() -> None:
    history = run(study(seeds=(1,)), 3 * STARTUP)
    groups = [[trial.params for trial in history[n : n + 3]] for n in range(0, 3 * STARTUP, 3)]
    assert all(group[0] == group[1] == group[2] for group in groups)
    assert len({json.dumps(group[0]) for group in groups}) == STARTUP


@pytest.mark.parametrize("sampler", TESTED)
def test_a_resumed_study_proposes_what_an_uninterrupted_one_does(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 48)
    for number in (0, 7, 30, 41, 47):
        trial = proposed(a_study, number, [other for other in reversed(history) if other.number < number])
        assert past(trial, overall(history[number])) == history[number]


def test_a_trial_adopted_late_is_proposed_as_it_would_have_been() -> None:
    a_study = study(seeds=(1,))
    history = run(a_study, 45)
    trial = proposed(a_study, 30, [other for other in history if other.number != 30])
    assert trial.params == history[30].params


def test_a_first_seed_adopted_late_takes_the_values_of_its_replicate() -> None:
    a_study = study()
    history = run(a_study, 48)
    trial = proposed(a_study, 42, [*history[:42], history[45]])
    assert trial.params == history[45].params


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "cma-es", "gp", "nsga2"])
def test_another_process_proposes_the_same(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 40)
    program = """
import json, sys
from sweeper.trial import PastTrial, RunState
from sweeper.search.propose import propose
from sweeper.study.spec import StudySpec
from sweeper.study.workload import Workload
from sweeper.study.study import Study
given = json.load(sys.stdin)
study = Study(StudySpec.model_validate(given["study"]), Workload.model_validate(given["workload"]))
history = [PastTrial(**past | {"state": RunState(past["state"])}) for past in given["history"]]
print(json.dumps(propose(study, 40, history).params))
"""
    given = {
        "study": a_study.spec.model_dump(mode="json"),
        "workload": a_study.workload.model_dump(mode="json"),
        "history": [vars(trial) for trial in history],
    }
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    here = proposed(a_study, 40, history)
    assert json.loads(done.stdout) == here.params


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "cma-es", "nsga2"])
def test_what_draws_blindly_ignores_the_scores_and_what_learns_does_not(sampler: str) -> None:
    a_study = study(sampler, seeds=(1,))
    history = run(a_study, 45)
    other = [
        replace(trial, scores={"overall": -overall(trial), "sst": -overall(trial), "para": 0.0})
        for trial in history
    ]
    first, second = (proposed(a_study, 45, past) for past in (history, other))
    assert (first.params == second.params) is (sampler in BLIND)


@pytest.mark.parametrize("sampler", QUICK)
def test_an_added_arm_and_an_added_seed_catch_up_first(sampler: str) -> None:
    before = study(sampler, arms={"A": {}, "B": {"weight_decay": 0.1}}, seeds=(1,))
    after = study(sampler)
    history = run(after, 80, lambda trial: score(trial) * (-1 if trial.arm == "C" else 1), run(before, 24))
    places = [(trial.configuration, trial.arm, trial.seed) for trial in history]
    assert len(set(places)) == 80
    added = [(k, arm, seed) for k in range(12) for arm, seed in [("C", 1), ("A", 2), ("B", 2), ("C", 2)]]
    assert places[24:72] == added
    assert places[72:] == [(12, arm, seed) for seed in (1, 2) for arm in "ABC"] + [(13, "A", 1), (13, "B", 1)]
    params = {place: trial.params for place, trial in zip(places, history, strict=True)}
    assert all(params[k, arm, 1] == params[k, arm, 2] for k in range(13) for arm in "ABC")
    equal = [params[k, "A", 1] == params[k, "C", 1] for k in range(13)]
    assert all(equal[:STARTUP])
    assert all(equal) is (sampler in BLIND)


@pytest.mark.parametrize("sampler", QUICK)
def test_later_configurations_never_change_a_proposal(sampler: str) -> None:
    a_study = study(sampler, seeds=(1,))
    history = run(a_study, 54)
    for number in (4, 14, 21, 34):
        missing = history[number]
        without = [other for other in history if other.configuration != missing.configuration]
        later = [other for other in without if other.configuration > missing.configuration]
        gone = min(other.number for other in history if other.configuration == missing.configuration)
        first = proposed(a_study, gone, without)
        assert (first.arm, first.configuration) == ("A", missing.configuration)
        earlier = [other for other in without if other not in later]
        assert propose(a_study, gone, earlier) == first
        worse = [replace(other, scores=dict.fromkeys(("overall", "sst", "para"), -99.0)) for other in later]
        assert propose(a_study, gone, earlier + worse) == first


@pytest.mark.parametrize("sampler", QUICK)
def test_drivers_that_propose_at_once_propose_for_different_places(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 40)
    places = [(other.arm, other.seed, other.configuration) for other in history]
    for known in (0, 7, 21):
        at_once = [propose(a_study, number, history[:known]) for number in range(known, 40)]
        assert [(one.arm, one.seed, one.configuration) for one in at_once if one] == places[known:]
        # Whatever another driver has added meanwhile, and whoever goes on with the number of a dead one.
        for number, added in ((known + 3, known + 1), (known + 2, known + 9)):
            one = proposed(a_study, number, [*history[:known], history[added]])
            assert (one.arm, one.seed, one.configuration) == places[number]


def test_a_grid_with_an_added_choice_visits_only_the_new_cells() -> None:
    arms = {"A": {}, "B": {"weight_decay": 0.1}}
    small = study("grid", {"dropout": [0.1, 0.3], "sts_loss": ["mse", "ce"]}, arms, (1,))
    large = study("grid", {"dropout": [0.1, 0.2, 0.3], "sts_loss": ["mse", "ce"]}, arms, (1,))
    history = run(small, 7, lambda trial: 0.0)
    while (trial := propose(large, len(history), history)) is not None:
        history.append(past(trial, 0.0))
    assert len(history) == 12
    assert len({(trial.arm, *trial.params.values()) for trial in history}) == 12
    assert history[7].params == history[6].params
    assert [trial.params["dropout"] for trial in history[8:]] == [0.2] * 4


def test_a_drawn_configuration_follows_what_another_arm_recorded() -> None:
    """Arms stay comparable when a range was widened between two of them."""
    narrow = study(seeds=(1,))
    wide = study(space=SPACE | {"learning_rate": {"low": 1e-6, "high": 1e-1, "log": True}}, seeds=(1,))
    history = run(narrow, 4)
    trial, fresh = proposed(wide, 4, history), proposed(wide, 4, history[:3])
    assert trial.params == history[3].params
    assert (fresh.configuration, fresh.params != history[3].params) == (1, True)


def test_an_arm_learns_from_its_own_trials_only() -> None:
    a_study = study(seeds=(1,))
    history = run(a_study, 45)
    other = [replace(past, scores={"overall": 0.0}) if past.arm != "A" else past for past in history]
    first, second = proposed(a_study, 45, history), proposed(a_study, 45, other)
    assert first.arm == "A"
    assert first == second


def test_the_sampler_seed_changes_the_proposals() -> None:
    first, second = (proposed(study(sampler_seed=seed), 0, []) for seed in (1, 2))
    assert first.params != second.params


@pytest.mark.parametrize("sampler", ["tpe", "cma-es"])
def test_a_sampler_learns(sampler: str) -> None:
    def last(sampler: str, seed: int) -> float:
        a_study = study(sampler, RANGES, seeds=(1,), arms={"A": {}}, sampler_seed=seed)
        return fmean(overall(trial) for trial in run(a_study, 40)[-15:])

    gains = [last(sampler, seed) - last("random", seed) for seed in range(4)]
    assert fmean(gains) > 0.3
    assert min(gains) > 0


def test_running_and_failed_trials_are_kept_away_from() -> None:
    """Five workers that propose before any of them has finished do not all propose the same."""
    a_study = study(seeds=(1,), arms={"A": {}})
    history = run(a_study, 30)
    proposals = []
    for number in range(30, 35):
        trial = proposed(a_study, number, history)
        proposals.append(trial.params)
        history.append(past(trial, None))
    rates = sorted(math.log10(params["learning_rate"]) for params in proposals)
    assert len({round(rate, 6) for rate in rates}) == 5


def test_pruned_configurations_are_worse_than_any_complete_one() -> None:
    """No result says where to go, only where trials were stopped; those count as started with too."""
    a_study = study(seeds=(1,), arms={"A": {}}, space={"warmup": RANGES["warmup"]})
    history: list[PastTrial] = []
    for number in range(24):
        warmup = number / 24
        state = RunState.PRUNED if warmup >= 0.5 or number < 3 else RunState.COMPLETE
        scores = {"overall": 0.5} if state is RunState.COMPLETE else None
        history.append(PastTrial(number, "A", {"warmup": warmup}, 1, number, state, scores))
    drawn = run(a_study, 36, lambda trial: 0.4, history)[24:]
    assert sum(trial.params["warmup"] < 0.5 for trial in drawn) >= 9


def test_values_that_the_space_has_lost_do_not_stop_the_search() -> None:
    narrow = study(space=SPACE | {"sts_loss": ["ce"]}, seeds=(1,), arms={"A": {}})
    trial = proposed(narrow, 30, run(study(seeds=(1,), arms={"A": {}}), 30))
    assert trial.params["sts_loss"] == "ce"


def test_a_grid_visits_every_cell_once_per_arm_and_seed_and_ends() -> None:
    space = {
        "dropout": {"low": 0.1, "high": 0.3, "step": 0.1},
        "sts_loss": ["mse", "ce"],
        "epochs": {"low": 1, "high": 2},
    }
    a_study = study("grid", space)
    end = end_of(a_study)
    assert end is not None
    assert end.trials == 3 * 2 * 2 * 3 * 2
    history: list[PastTrial] = []
    for number in count():
        trial = propose(a_study, number, history)
        if trial is None:
            break
        history.append(past(trial, 0.0))
    seen = {(t.arm, t.seed, *t.params.values()) for t in history}
    assert seen == {
        (arm, seed, dropout, loss, epochs)
        for arm in "ABC"
        for seed in (1, 2)
        for dropout in (0.1, 0.2, 0.3)
        for loss in ("mse", "ce")
        for epochs in (1, 2)
    }
    assert len(history) == len(seen) == 72


def test_without_a_space_each_arm_runs_once_per_seed() -> None:
    a_study = study(space={})
    end = end_of(a_study)
    assert end is not None
    assert end.trials == 6
    history = run(a_study, 6, lambda trial: 0.0)
    assert [(t.arm, t.seed, t.params) for t in history] == [
        (arm, seed, {}) for seed in (1, 2) for arm in ("A", "B", "C")
    ]
    assert propose(a_study, 6, history) is None


def test_other_samplers_never_end() -> None:
    assert end_of(study("tpe")) is None
    assert end_of(study("random")) is None


def test_the_configuration_carries_arm_params_and_seed() -> None:
    trial = proposed(study(), 4, run(study(), 4))
    assert (trial.number, trial.arm, trial.seed, trial.configuration) == (4, "B", 2, 0)
    assert trial.config == study().config("B", trial.params, 2)
    assert (trial.config.weight_decay, trial.config.seed) == (0.1, 2)


def test_a_gaussian_process_learns() -> None:
    a_study = study("gp", RANGES, seeds=(1,), arms={"A": {}})
    history = run(a_study, 14)
    assert fmean(map(overall, history[-5:])) > max(map(overall, history[:STARTUP]))


def test_qmc_spreads_its_points_more_evenly_than_chance() -> None:
    """Of 2^n points of a Sobol sequence each of 2^n equal parts of every range has exactly one."""
    a_study = study("qmc", {"warmup": RANGES["warmup"], "sts_loss": ["mse", "ce"]}, {"A": {}}, (1,))
    drawn = [trial.params for trial in run(a_study, 16, lambda trial: 0.0)]
    assert sorted(int(params["warmup"] * 16) for params in drawn) == list(range(16))
    assert [params["sts_loss"] for params in drawn].count("ce") == 8


def test_one_objective_may_be_a_task() -> None:
    """`sts` falls where `overall` rises: raising one must lower the other."""
    best = {}
    for objective in ("sst", "sts"):
        history = run(study(seeds=(1,), arms={"A": {}}, objective=objective), 40)
        best[objective] = fmean(map(overall, history[-15:]))
    assert best["sst"] > best["sts"] + 0.5


def test_several_objectives_are_raised_together() -> None:
    def search(sampler: str, seed: int) -> float:
        """Mean over the last trials of both objectives' distance to where both are at their best."""
        a_study = study(sampler, RANGES, {"A": {}}, (1,), seed, objective=["sst", "sts"])
        history: list[PastTrial] = []
        for number in range(60):
            trial = proposed(a_study, number, history)
            rate = -abs(math.log10(trial.params["learning_rate"]) + 3)
            scores = {"overall": 0.0, "sst": rate, "sts": -trial.params["warmup"]}
            history.append(replace(past(trial, 0.0), scores=scores))
        return fmean(sum((one.scores or {}).values()) for one in history[-20:])

    for sampler in ("nsga2", "tpe"):
        assert fmean(search(sampler, seed) - search("random", seed) for seed in range(4)) > 0.2


def test_enqueued_configurations_come_first_in_every_arm_and_seed() -> None:
    enqueue = [{"dropout": 0.3, "warmup": 1}, {}, {"sts_loss": "ce", "max_grad_norm": None}]
    a_study = study(enqueue=enqueue)
    history = run(a_study, 3 * 6)
    drawn = run(study(), 3 * 6)
    for one, other in zip(history, drawn, strict=True):
        assert one.params == other.params | enqueue[one.configuration]
    assert type(history[0].params["warmup"]) is float


@pytest.mark.parametrize(("done", "expected"), [(9, "333"), (10, "444"), (18, "666"), (37, "dcc")])
def test_a_configuration_enqueued_late_is_the_next_one_of_every_arm(done: int, expected: str) -> None:
    """The same one as long as arms are drawn alike; later each arm has it as soon as it can."""
    enqueue = [{"dropout": 0.3, "warmup": 0.5}]
    late = {"dropout": 0.1, "sts_loss": "ce", "warmup": 0.25}
    history = run(study(seeds=(1,), enqueue=enqueue), done)
    history = run(study(seeds=(1,), enqueue=[*enqueue, late]), done + 9, begun=history)
    places = [(one.arm, one.configuration) for one in history if late.items() <= one.params.items()]
    assert sorted(places) == [(arm, int(place, 16)) for arm, place in zip("ABC", expected, strict=True)]


def test_a_long_history_is_searched_as_fast_and_its_best_are_not_forgotten() -> None:
    a_study = study(seeds=(1,), arms={"A": {}}, space={"warmup": RANGES["warmup"]})
    history: list[PastTrial] = []
    for number in range(2500):
        params = {"warmup": number * 7919 % 2500 / 2500}
        scores = {"overall": -abs(params["warmup"] - 0.2)}
        history.append(PastTrial(number, "A", params, 1, number, RunState.COMPLETE, scores))
    began = time.process_time()
    trial = propose(a_study, 2500, history)
    assert time.process_time() - began < 0.5
    assert trial is not None
    assert trial.params["warmup"] == pytest.approx(0.2, abs=0.05)
