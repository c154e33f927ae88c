"""What a sampler makes of the scores so far."""

import math
import time
from dataclasses import replace
from statistics import fmean

import pytest

from sweeper.search.propose import propose
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.search.proposals import BLIND, RANGES, STARTUP, overall, past, proposed, run, study


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


def test_an_arm_learns_from_its_own_trials_only() -> None:
    a_study = study(seeds=(1,))
    history = run(a_study, 45)
    other = [replace(past, scores={"overall": 0.0}) if past.arm != "A" else past for past in history]
    first, second = proposed(a_study, 45, history), proposed(a_study, 45, other)
    assert first.arm == "A"
    assert first == second


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


def test_a_long_history_is_searched_as_fast_and_its_best_are_not_forgotten() -> None:
    a_study = study(seeds=(1,), arms={"A": {}}, space={"warmup": RANGES["warmup"]})
    history: list[PastTrial] = []
    for number in range(2500):
        params = {"warmup": number * 7919 % 2500 / 2500}
        scores = {"overall": -abs(params["warmup"] - 0.2)}
        history.append(PastTrial(number, "A", params, 1, number, RunState.COMPLETE, scores))
    began = time.process_time()
    trial = propose(a_study, 2500, history)
    assert time.process_time() - began < 5  # tenths, on a machine that does nothing else
    assert trial is not None
    assert trial.params["warmup"] == pytest.approx(0.2, abs=0.05)
