from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sweeper.report.configuration import params
from sweeper.report.counts import count_trials
from sweeper.report.figures.learning import learning_curves
from sweeper.report.results import (
    best_per_arm,
    history,
    in_state,
    leaders,
    mean_and_deviation,
    records,
)
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.made import PARAMS, results, row, study

OTHER = PARAMS | {"dropout": 0.5}
SEEDS = (1, 2, 3)


def trials(replicates: int = 3) -> list[TrialRow]:
    """Two settings of S-BERT and one of the baseline, with three seeds each; the last may lack some."""
    of = study(seeds=SEEDS)
    rng = np.random.default_rng(5)
    rows: list[TrialRow] = []
    for arm, setting, level in (("S-BERT", PARAMS, 0.5), ("Baseline", PARAMS, 0.4), ("S-BERT", OTHER, 0.7)):
        for seed in SEEDS[: replicates if setting is OTHER else 3]:
            scores = level + rng.normal(0, 0.05, 3)
            rows.append(row(of, len(rows), arm, list(map(float, scores)), params=setting, seed=seed))
    return rows


def test_the_mean_over_seeds_and_its_error_are_those_of_scipy() -> None:
    rows = trials()
    found = results(study(seeds=SEEDS), rows).configurations
    assert [(one.arm, one.params["dropout"], one.numbers) for one in found] == [
        ("S-BERT", 0.3, (0, 1, 2)),
        ("Baseline", 0.3, (3, 4, 5)),
        ("S-BERT", 0.5, (6, 7, 8)),
    ]
    for one in found:
        for name, mean in one.scores.items():
            values = np.array([(rows[number].scores or {})[name] for number in one.numbers])
            assert mean == pytest.approx(values.mean(), abs=1e-12)
        overall = np.array([(rows[number].scores or {})["overall"] for number in one.numbers])
        assert one.error == pytest.approx(stats.sem(overall), abs=1e-12)


def test_a_single_seed_has_no_error() -> None:
    of = study()
    (one,) = results(of, [row(of, 0, "S-BERT", (0.5, 0.5, 0.5))]).configurations
    assert one.error is None


def test_a_setting_with_fewer_seeds_than_others_of_its_arm_does_not_lead() -> None:
    assert leaders(results(study(seeds=SEEDS), trials(replicates=3)))[0].params["dropout"] == 0.5
    assert leaders(results(study(seeds=SEEDS), trials(replicates=2)))[0].params["dropout"] == 0.3


def test_leaders_stand_best_first_and_arms_in_the_order_of_the_file() -> None:
    found = results(study(seeds=SEEDS), trials())
    assert [one.arm for one in leaders(found)] == ["S-BERT", "Baseline"]
    assert list(best_per_arm(found)) == ["Baseline", "S-BERT"]


def test_the_best_trial_of_an_arm_has_the_highest_overall_and_the_lowest_number_among_equals() -> None:
    of = study()
    scores = [(0.5, 0.5, 0.5), (0.6, 0.6, 0.6), (0.6, 0.6, 0.6)]
    rows = [row(of, number, "S-BERT", each) for number, each in enumerate(scores)]
    rows.append(row(of, 3, "S-BERT", (0.9, 0.9, 0.9), state=RunState.PRUNED))
    assert best_per_arm(results(of, rows))["S-BERT"] == 1


def test_every_trial_is_counted_in_one_state() -> None:
    of = study()
    states = [*RunState, RunState.FAILED, RunState.QUEUED]
    rows = [
        row(of, n, "S-BERT", (0.5,) * 3 if state is RunState.COMPLETE else None, state=state)
        for n, state in enumerate(states)
    ]
    count = count_trials(results(of, rows).trials, wanted=10)
    assert (count.complete, count.pruned, count.failed, count.running, count.queued) == (1, 1, 2, 1, 2)
    assert (count.finished, count.missing) == (4, 6)


def test_a_null_that_the_search_chose_is_not_a_gap() -> None:
    of = study(space={"max_grad_norm": [1.0, None], "dropout": [0.1, 0.3]})
    rows = [
        row(of, n, "S-BERT", params={"max_grad_norm": norm, "dropout": 0.3})
        for n, norm in enumerate([1.0, None])
    ]
    chosen = [params(trial) for trial in records(results(of, rows).trials)]
    assert chosen == [{"max_grad_norm": 1.0, "dropout": 0.3}, {"max_grad_norm": None, "dropout": 0.3}]


def test_the_best_so_far_never_falls() -> None:
    found = results(study(seeds=SEEDS), trials())
    frame = history(found)
    assert frame["best"].tolist() == np.maximum.accumulate(frame["overall"].to_numpy()).tolist()
    assert frame["number"].tolist() == list(range(9))


def test_learning_curves_hold_the_scores_of_the_best_trials_alone() -> None:
    found = results(study(seeds=SEEDS), trials())
    tests = found.epochs[found.epochs["split"] == "dev"].assign(split="test")  # as of a confirmation
    frame = learning_curves(replace(found, epochs=pd.concat([found.epochs, tests], ignore_index=True)))
    assert set(frame["split"]) == {"train", "dev"}
    assert set(frame["number"]) == set(best_per_arm(found).values())
    assert set(frame["metric"]) == {"accuracy", "pearson"}
    assert len(frame) == 2 * 2 * 3 * 3  # arms, splits, tasks, epochs


def test_mean_and_deviation_are_those_of_numpy() -> None:
    values = results(study(seeds=SEEDS), trials()).trials["overall"]
    mean, deviation = mean_and_deviation(values)
    assert mean == pytest.approx(np.mean(values.to_numpy()))
    assert deviation == pytest.approx(np.std(values.to_numpy(), ddof=1))
    assert mean_and_deviation(values[:0]) == (None, None)


def test_a_study_without_trials_has_frames_without_rows() -> None:
    found = results(study(), [], wanted=5)
    assert in_state(found.trials, RunState.COMPLETE).empty
    assert history(found).empty
    assert learning_curves(found).empty
    assert (found.configurations, best_per_arm(found), leaders(found)) == ([], {}, [])
