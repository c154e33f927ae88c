import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import optuna
import pytest
from optuna.pruners import BasePruner, MedianPruner, PatientPruner, SuccessiveHalvingPruner
from scipy import stats

from sweeper.search.pruners.halving import bracket
from sweeper.search.pruning import Question, peers_of, should_prune
from sweeper.store.curverows import Sought
from sweeper.trial import Curve, RunState
from tests.sweeper_tests import made
from tests.sweeper_tests.search.curves import EPOCHS, drive, full_curve, spec, study


def in_optuna(pruner: BasePruner, trials: int) -> list[int]:
    """Epochs of each trial when Optuna runs the loop; the last epoch is not asked about."""

    def objective(trial: optuna.Trial) -> float:
        values = full_curve(trial.number)
        for epoch, value in values.items():
            trial.report(value, epoch)
            if epoch < EPOCHS and trial.should_prune():
                raise optuna.TrialPruned
        return max(values.values())

    search = optuna.create_study(direction="maximize", pruner=pruner)
    search.optimize(objective, n_trials=trials)
    return [len(trial.intermediate_values) for trial in search.trials]


def patient(pruner: BasePruner, patience: int) -> BasePruner:
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        return PatientPruner(pruner, patience)


@pytest.mark.parametrize(
    ("options", "pruner"),
    [
        ({"name": "asha"}, lambda: SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)),
        ({"name": "asha", "min_epochs": 2, "reduction_factor": 2},
         lambda: SuccessiveHalvingPruner(min_resource=2, reduction_factor=2)),
        ({"name": "median"}, lambda: MedianPruner(n_startup_trials=5, n_warmup_steps=1)),
        ({"name": "median", "startup": 2, "min_epochs": 4},
         lambda: MedianPruner(n_startup_trials=2, n_warmup_steps=4)),
        ({"name": "median", "patience": 1}, lambda: patient(MedianPruner(5, 1), 1)),
    ],
)  # fmt: skip
def test_a_trial_ends_where_optuna_would_end_it(
    options: dict[str, Any], pruner: Callable[[], BasePruner]
) -> None:
    ours = [len(done.values) for done in drive(study(options), 60)]
    assert ours == in_optuna(pruner(), 60)
    assert len(set(ours)) > 2


def test_asha_keeps_the_best_and_spares_two_thirds() -> None:
    done = drive(study({"name": "asha"}), 200)
    epochs = [len(one.values) for one in done]
    assert set(epochs) == {1, 3, 9, 12}
    assert sum(epochs) < 200 * EPOCHS / 3
    best = max(range(200), key=lambda number: max(full_curve(number).values()))
    kept = max(max(one.values.values()) for one in done)
    assert kept > max(full_curve(best).values()) - 0.1


def test_hyperband_gives_every_bracket_its_share_and_halves_within_it() -> None:
    """Optuna's own shares of three brackets: 27/3, 9/2 and 3/1 in ratio, rounded up."""
    a_study = study({"name": "hyperband"})
    asked = Question(a_study, spec(a_study, 0), {}, ())
    brackets = [bracket(asked, configuration) for configuration in range(2000)]
    shares = [9, 5, 3]
    for place, share in enumerate(shares):
        assert brackets.count(place) / 2000 == pytest.approx(share / sum(shares), abs=0.04)
    done = drive(a_study, 120)
    for place, first in enumerate((1, 3, 9)):
        ours = [one for one in done if brackets[one.configuration] == place]
        assert min(len(one.values) for one in ours) == first
        halving = SuccessiveHalvingPruner(1, 3, place)
        search = optuna.create_study(direction="maximize", pruner=halving)
        for one in ours:
            trial_of_optuna = search.ask()
            for epoch, value in full_curve(one.number).items():
                trial_of_optuna.report(value, epoch)
                if epoch < EPOCHS and trial_of_optuna.should_prune():
                    break
            assert len(search.trials[-1].intermediate_values) == len(one.values)
            search.tell(trial_of_optuna, state=optuna.trial.TrialState.FAIL)


def test_a_configuration_has_one_bracket_in_all_arms_and_seeds() -> None:
    a_study = study({"name": "hyperband"}, arms=("A", "B"), seeds=(1, 2))
    for configuration in range(20):
        brackets = {
            bracket(Question(a_study, spec(a_study, 7, arm, seed), {}, ()), configuration)
            for arm in "AB"
            for seed in (1, 2)
        }
        assert len(brackets) == 1


@pytest.mark.parametrize("name", ["median", "asha", "hyperband", "top"])
def test_another_arm_another_seed_and_later_trials_do_not_matter(name: str) -> None:
    a_study = study({"name": name}, arms=("A", "B"), seeds=(1, 2))
    done = drive(study({"name": name}), 60)
    high = dict.fromkeys(range(1, EPOCHS + 1), 9.0)
    strangers = [
        Curve(1000 + 3 * n + k, arm, seed, n, RunState.COMPLETE, high)
        for n in range(30)
        for k, (arm, seed) in enumerate((("B", 1), ("A", 2), ("B", 2)))
    ]
    strangers = [replace(one, number=one.number - 1000 - 300) for one in strangers]
    later = [Curve(61 + n, "A", 1, 61 + n, RunState.COMPLETE, high) for n in range(30)]
    answers = []
    for seen in (done, done + strangers + later):
        values: dict[int, float] = {}
        mine = []
        for epoch, value in full_curve(17, slope=0.5).items():
            values[epoch] = value
            mine.append(should_prune(a_study, spec(a_study, 60), values, list(reversed(seen))))
        answers.append(mine)
    assert answers[0] == answers[1]


def weak_and_strong(pruner: dict[str, Any]) -> dict[str, list[int]]:
    """Epochs of the trials of two arms, of which all trials of one are far below those of the other."""
    a_study = study(pruner, arms=("weak", "strong"))
    done: list[Curve] = []
    for number in range(80):
        arm = ("weak", "strong")[number % 2]
        trial, values = spec(a_study, number, arm, configuration=number // 2), {}
        for epoch, value in full_curve(number // 2).items():
            values[epoch] = value + (5.0 if arm == "strong" else 0.0)
            if should_prune(a_study, trial, values, done):
                break
        done.append(Curve(number, arm, 1, number // 2, RunState.COMPLETE, values))
    return {arm: [len(one.values) for one in done if one.arm == arm] for arm in ("weak", "strong")}


def test_asha_compares_the_trials_of_each_arm() -> None:
    lengths = weak_and_strong({"name": "asha"})
    assert lengths["weak"] == lengths["strong"]


def test_asha_over_the_whole_study_gives_up_a_weak_arm() -> None:
    lengths = weak_and_strong({"name": "asha", "peers": "study"})
    # Before the first strong trial the first weak one had no rival.
    assert lengths["weak"] == [EPOCHS, *[1] * 39]
    assert max(lengths["strong"]) == EPOCHS


def test_a_trial_that_was_adopted_is_judged_by_its_whole_curve() -> None:
    a_study = study({"name": "median", "patience": 1})
    done = drive(a_study, 30)
    values = {1: 0.2, 2: 0.1, 3: 0.1, 4: 0.1}
    assert should_prune(a_study, spec(a_study, 30), values, done)
    recorded = Curve(30, "A", 1, 30, RunState.RUNNING, {1: 0.2, 2: 0.1, 3: 0.1})
    assert should_prune(a_study, spec(a_study, 30), {4: 0.1}, [*done, recorded])
    assert not should_prune(a_study, spec(a_study, 30), {4: 0.1}, done)


def test_the_database_gives_the_curves(tmp_path: Path) -> None:
    of = made.study()
    runs = [made.row(of, 0, "Baseline", (0.5, 0.6, 0.2)), made.row(of, 1, "S-BERT", (0.4, 0.7, 0.3), seed=7)]
    runs += [made.row(of, 2, "Baseline", state=RunState.QUEUED)]
    with made.store(tmp_path, of, runs) as database:
        trials = database.study(of.name).trials
        curves = trials.curves()
        frame = trials.epochs_frame()
        assert [(c.number, c.arm, c.seed, c.configuration, c.state) for c in curves] == [
            (run.number, run.arm, run.seed, run.configuration, run.state) for run in runs[:2]
        ]
        for curve in curves:
            rows = frame[(frame["number"] == curve.number) & (frame["metric"] == "overall")]
            rows = rows[rows["split"] == "dev"]
            assert curve.values == dict(zip(rows["epoch"], rows["value"], strict=True))
            assert len(curve.values) > 1
        assert trials.curves(Sought("S-BERT", 7)) == curves[1:]
        assert trials.curves(Sought("S-BERT", 11711)) == []


def test_nothing_is_pruned_at_its_last_epoch_or_without_a_pruner() -> None:
    low, high = dict.fromkeys(range(1, EPOCHS + 1), -1.0), dict.fromkeys(range(1, EPOCHS + 1), 1.0)
    done = [Curve(n, "A", 1, n, RunState.COMPLETE, high) for n in range(30)]
    for options in ({"name": "median"}, {"name": "asha"}, {"name": "top"}):
        assert should_prune(study(options), spec(study(options), 30), {1: -1.0}, done)
        assert not should_prune(study(options), spec(study(options), 30), low, done)
        assert not should_prune(study(options), spec(study(options), 30), {}, done)
    assert not should_prune(study({"name": "none"}), spec(study({"name": "none"}), 30), {1: -1.0}, done)


@pytest.mark.parametrize(
    ("options", "peers"),
    [
        ({"name": "none"}, None),
        ({"name": "median"}, ("B", 2)),
        ({"name": "asha"}, ("B", 2)),
        ({"name": "asha", "peers": "study"}, (None, 2)),
        ({"name": "hyperband", "peers": "study"}, (None, 2)),
        ({"name": "top"}, ("B", None)),
        ({"name": "wilcoxon", "p_threshold": 0.6}, ("B", None)),
    ],
)
def test_the_peers_of_a_trial_are_those_of_its_arm_and_seed_unless_the_pruner_asks_for_more(
    options: dict[str, Any], peers: tuple[str | None, int | None] | None
) -> None:
    a_study = study(options, arms=("A", "B"), seeds=(1, 2))
    trial = spec(a_study, 4, "B", seed=2)
    assert peers_of(a_study, trial, EPOCHS - 1) == peers
    assert peers_of(a_study, trial, EPOCHS) is None


def test_patience_spares_what_still_improves() -> None:
    rising = {epoch: epoch / 100 for epoch in range(1, EPOCHS + 1)}
    stuck = rising | dict.fromkeys(range(4, EPOCHS + 1), 0.01)
    done = [Curve(n, "A", 1, n, RunState.COMPLETE, dict.fromkeys(rising, 1.0)) for n in range(30)]
    for name in ("median", "asha"):
        a_study = study({"name": name, "patience": 2})
        for values, end in ((rising, None), (stuck, 6)):
            asked = [
                epoch
                for epoch in range(1, EPOCHS)
                if should_prune(a_study, spec(a_study, 30), {e: values[e] for e in range(1, epoch + 1)}, done)
            ]
            assert (asked[0] if asked else None) == end


def seeds_of(number: int, configuration: int, values: list[float]) -> list[Curve]:
    return [
        Curve(number + seed, "A", seed, configuration, RunState.COMPLETE, {1: 0.0, 2: value})
        for seed, value in enumerate(values)
    ]


@pytest.mark.parametrize("shift", [-0.2, -0.03, 0.0, 0.2])
def test_wilcoxon_prunes_what_is_significantly_worse_at_the_seeds_already_done(shift: float) -> None:
    chance = random.Random(5)  # noqa: S311
    best = [0.7 + 0.05 * chance.random() for _ in range(8)]
    weak = [value - 0.3 for value in best]
    own = [value + shift + 0.1 * (chance.random() - 0.5) for value in best]
    a_study = study({"name": "wilcoxon"}, arms=("A", "B"), seeds=tuple(range(8)))
    for seeds_done in range(8):
        # The best configuration, a weak one, one that lacks seeds, one of another arm, one that comes later.
        others = (
            seeds_of(0, 0, best) + seeds_of(8, 1, weak) + seeds_of(16, 2, [0.99] * max(0, seeds_done - 1))
        )
        others += seeds_of(24, 3, own[:seeds_done]) + seeds_of(500, 4, [0.99] * 8)
        others += [replace(one, arm="B") for one in seeds_of(40, 0, [0.99] * 8)]
        trial = spec(a_study, 100, seed=seeds_done, configuration=3)
        expected = False
        if seeds_done >= 2 and fmean(own[:seeds_done]) < fmean(best):
            differences = [mine - theirs for mine, theirs in zip(own, best[:seeds_done], strict=False)]
            test = stats.wilcoxon(differences, alternative="less", zero_method="zsplit")
            expected = test.pvalue < 0.1
        assert should_prune(a_study, trial, {1: 0.5}, others) == expected
    assert expected == (shift == -0.2) or abs(shift) < 0.1


def test_wilcoxon_bears_equal_configurations_and_none() -> None:
    a_study = study({"name": "wilcoxon"}, seeds=(0, 1, 2, 3, 4))
    same = seeds_of(0, 0, [0.5] * 5) + seeds_of(10, 1, [0.5] * 4)
    assert not should_prune(a_study, spec(a_study, 20, seed=4, configuration=1), {1: 0.1}, same)
    assert not should_prune(a_study, spec(a_study, 20, seed=4, configuration=1), {1: 0.1}, [])
    assert not should_prune(a_study, spec(a_study, 20, seed=0, configuration=2), {1: 0.1}, same)


def test_another_process_decides_the_same() -> None:
    program = """
from tests.sweeper_tests.search.curves import drive, study
print([len(one.values) for one in drive(study({"name": "hyperband"}), 60)])
"""
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=root
    )
    assert done.stdout.strip() == str([len(one.values) for one in drive(study({"name": "hyperband"}), 60)])


def test_many_trials_are_compared_quickly() -> None:
    done = [Curve(n, "A", 1, n, RunState.COMPLETE, full_curve(n)) for n in range(2500)]
    for name in ("median", "asha", "hyperband", "top"):
        a_study = study({"name": name})
        began = time.process_time()
        should_prune(a_study, spec(a_study, 2500), {1: 0.4}, done)
        assert time.process_time() - began < 5  # hundredths, on a machine that does nothing else
