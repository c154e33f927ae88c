"""Importances against spaces in which it is known what matters, and against Optuna's own."""

import math
import random
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator, get_param_importances

from sweeper.report.figures.anova import DEPTH, FEWEST, SEED, TREES, UnfitTrialsError, importances
from sweeper.report.figures.importances import PALE, importances_figure, toggles
from sweeper.report.results import Results, records
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, SPACE, results, row, study

INSIDE = PARAMS | {"learning_rate": 1e-3}

Params = dict[str, Any]
LOW, HIGH = math.log10(5e-4), math.log10(1e-2)
"""The demo corpus wants learning rates in this range, whatever the study says."""


def drawn(number: int, seed: int = 0) -> list[Params]:
    chance = random.Random(seed)  # noqa: S311
    return [
        {
            "learning_rate": 10 ** chance.uniform(LOW, HIGH),
            "dropout": chance.choice([0.1, 0.3, 0.5]),
            "weight_decay": chance.choice([0.1, 0.3]),
        }
        for _ in range(number)
    ]


def by_rate(params: Params) -> float:
    return 0.5 - 0.1 * abs(math.log10(params["learning_rate"]) + 2.6)


def by_dropout(params: Params) -> float:
    return float(params["dropout"])


def found(number: int, value: Callable[[Params], float], **fields: Any) -> Results:
    """Trials of all arms in turn; those of the last arm are .2 better in sst."""
    of = study(**fields)
    arms = list(of.spec.arms)
    return results(
        of,
        [
            row(
                of,
                n,
                arms[n % len(arms)],
                (value(params) + 0.2 * (n % len(arms) == len(arms) - 1), 0.7, 0.5),
                params=params,
            )
            for n, params in enumerate(drawn(number))
        ],
    )


@pytest.mark.parametrize(("value", "first"), [(by_rate, "learning_rate"), (by_dropout, "dropout")])
def test_what_alone_matters_comes_first(value: Callable[[Params], float], first: str) -> None:
    trials = drawn(80)
    shares = importances(study().space, trials, [value(params) for params in trials])
    assert shares.fanova[first] > 0.95
    assert max(shares.ped_anova, key=shares.ped_anova.__getitem__) == first
    for method in (shares.fanova, shares.ped_anova):
        assert set(method) == set(SPACE)
        assert sum(method.values()) == pytest.approx(1)


def test_optuna_finds_the_same_in_a_study_that_it_ran_itself() -> None:
    asked = []

    def objective(trial: optuna.Trial) -> float:
        params = {
            "learning_rate": 10 ** trial.suggest_float("learning_rate", LOW, HIGH),
            "dropout": trial.suggest_categorical("dropout", [0.1, 0.3, 0.5]),
            "weight_decay": trial.suggest_categorical("weight_decay", [0.1, 0.3]),
        }
        asked.append(params)
        return by_rate(params) + by_dropout(params) / 10

    search = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    search.optimize(objective, n_trials=60)
    shares = importances(study().space, asked, [by_rate(p) + by_dropout(p) / 10 for p in asked])
    fanova = FanovaImportanceEvaluator(n_trees=TREES, max_depth=DEPTH, seed=SEED)
    # A choice that is a number in Optuna's study is one in ours; equal but for the last digits of the logs.
    assert shares.fanova == pytest.approx(get_param_importances(search, evaluator=fanova), abs=1e-9)
    expected = get_param_importances(search, evaluator=PedAnovaImportanceEvaluator())
    assert shares.ped_anova == pytest.approx(expected, abs=1e-9)


def test_a_small_forest_says_the_same_as_optunas_own_within_a_few_hundredths() -> None:
    trials = drawn(100)
    values = [by_rate(params) + by_dropout(params) / 10 for params in trials]
    ours = importances(study().space, trials, values).fanova
    search = optuna.create_study(direction="maximize")
    distributions = {
        "learning_rate": optuna.distributions.FloatDistribution(LOW, HIGH),
        "dropout": optuna.distributions.CategoricalDistribution([0.1, 0.3, 0.5]),
        "weight_decay": optuna.distributions.CategoricalDistribution([0.1, 0.3]),
    }
    for params, value in zip(trials, values, strict=True):
        own = params | {"learning_rate": math.log10(params["learning_rate"])}
        search.add_trial(optuna.trial.create_trial(params=own, distributions=distributions, value=value))
    whole = get_param_importances(search, evaluator=FanovaImportanceEvaluator(seed=1))
    assert ours == pytest.approx(whole, abs=0.05)


def test_too_few_or_all_alike_says_nothing() -> None:
    space, trials = study().space, drawn(FEWEST)
    with pytest.raises(UnfitTrialsError, match="19 complete trials, 20 are needed"):
        importances(space, trials[1:], [by_rate(params) for params in trials[1:]])
    with pytest.raises(UnfitTrialsError, match="all trials have the same overall"):
        importances(space, trials, [0.5] * FEWEST)
    with pytest.raises(UnfitTrialsError, match="all trials have the same settings"):
        importances(space, [INSIDE] * FEWEST, [0.01 * n for n in range(FEWEST)])
    importances(space, trials, [by_rate(params) for params in trials])


def test_trials_of_an_earlier_space_do_not_count() -> None:
    trials = drawn(20)
    outside = [INSIDE | {"dropout": 0.9}, INSIDE | {"learning_rate": 1.0}, INSIDE | {"weight_decay": None}]
    values = [by_rate(params) for params in trials]
    assert importances(study().space, [*trials, *outside], [*values, 9.0, 9.0, 9.0]) == importances(
        study().space, trials, values
    )


def test_over_all_arms_what_sets_them_apart_counts() -> None:
    figure = importances_figure(found(64, by_dropout))
    panels = {panel.key: panel.drawing for panel in figure.panels}
    assert list(panels) == [
        "importance-fanova",
        "importance-ped-anova",
        "importance-fanova-arms",
        "importance-ped-anova-arms",
    ]
    within, over = panels["importance-fanova"], panels["importance-fanova-arms"]
    bars = [trace for trace in within.data if trace.type == "bar"]
    assert [trace.name for trace in bars] == ["S-BERT", "Baseline"], "bars are stacked from below"
    assert [trace.y[-1] for trace in bars] == ["dropout", "dropout"]
    for trace in bars:
        shown = dict(zip(trace.y, trace.marker.opacity, strict=True))
        assert shown["dropout"] == 1
        assert shown["weight_decay"] == PALE, "what does nothing is pale"
    [stroke] = [trace for trace in within.data if trace.type == "scatter"]
    assert stroke.name == "95 % of chance"
    assert set(over.data[0].y) == {*SPACE, "paraphrase_head"}
    # sst is .2 better in one of two arms, variance .01; dropout is .1, .3 or .5, variance .027.
    shares = dict(zip(over.data[0].y, over.data[0].x, strict=True))
    assert shares["paraphrase_head"] == pytest.approx(0.01 / (0.01 + 0.08 / 3), abs=0.08)
    assert "Left out" not in figure.caption


def test_settings_that_go_together_are_one_toggle() -> None:
    smart = {"enabled": True, "weight": "dynamic", "tasks": ["sst"]}
    arms = {"a": {}, "b": {"gradient": "pcgrad"}, "c": {"gradient": "pcgrad", "smart": smart}}
    of = study(arms=arms)
    rows = records(results(of, [row(of, n, arm, (0.4, 0.7, 0.5)) for n, arm in enumerate(arms)]).trials)
    assert toggles(results(of, []), rows) == {
        "gradient": {"a": '"sum"', "b": '"pcgrad"', "c": '"pcgrad"'},
        "smart.enabled": {"a": "false", "b": "false", "c": "true"},
    }


def test_an_arm_with_too_few_trials_is_named() -> None:
    of = study()
    runs = [
        row(of, n, "S-BERT", (by_dropout(params), 0.7, 0.5), params=params)
        for n, params in enumerate(drawn(20))
    ]
    runs += [row(of, 20 + n, "Baseline", (0.1 * n, 0.7, 0.5), params=INSIDE) for n in range(3)]
    runs += [row(of, 30, "Baseline", None, state=RunState.FAILED)]
    figure = importances_figure(results(of, runs))
    assert "Left out: Baseline (1 complete trial, 20 are needed)." in figure.caption
    assert [trace.name for trace in figure.panels[0].drawing.data] == ["S-BERT", "95 % of chance"]


def test_one_arm_has_no_other_to_be_set_apart_from() -> None:
    only = {"only": {"paraphrase_head": "sbert"}}
    assert len(importances_figure(found(20, by_dropout, arms=only)).panels) == 2
    assert importances_figure(found(5, by_dropout, arms=only)).panels == ()
