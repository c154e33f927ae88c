"""Samplers on a planted function of a conditional space, whose optimum is known.

    python -m tests.sweeper_tests.search.conditional --repeats 50

prints the median regret of each sampler after as many configurations as asked, and whether another one is
better than tpe; it ends with 1 where random is, or has the lower median.
"""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from scipy.stats import wilcoxon

from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.study.study import Study
from sweeper.trial import TrialSpec
from tests.sweeper_tests import made
from tests.sweeper_tests.search.proposals import overall, past

ARMS: dict[str, Any] = {
    "Plain": {},
    "Scaled": {"space": {"head_learning_rate_scale": {"low": 1.0, "high": 30.0, "log": True}}},
    "SMART": {
        "smart": {"enabled": True},
        "space": {
            "smart.strength": {"low": 0.1, "high": 5.0, "log": True},
            "smart.steps": {"low": 1, "high": 4},
        },
    },
}
"""Three arms, two of them with a space of their own."""

SPACE: dict[str, Any] = {
    "learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
    "optimizer": ["adamw", "sgd"],
    "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
    "warmup": {"low": 0.0, "high": 0.9, "when": {"learning_rate": "> 3e-4", "optimizer": ["adamw", "sgd"]}},
    "smart.epsilon": {"low": 1e-3, "high": 1e-1, "log": True, "when": {"smart.enabled": True}},
}
"""Three conditions: on a choice, on a range, and on what the arms set."""

CENTRES: dict[str, tuple[float, float]] = {
    "learning_rate": (-3.0, 1.0),
    "weight_decay": (0.1, 3.0),
    "warmup": (0.2, 1.0),
    "head_learning_rate_scale": (0.9, 1.0),
    "smart.strength": (0.3, 1.0),
    "smart.steps": (3.0, 0.3),
    "smart.epsilon": (-2.0, 1.0),
}
"""Where each setting is best, on its scale, and how much a unit of distance from there costs."""

LOGARITHMIC = ("learning_rate", "head_learning_rate_scale", "smart.strength", "smart.epsilon")

WORST = {"sgd": 0.3}


def study(sampler: str, seed: int = 1, **fields: Any) -> Study:
    """A study of these arms."""
    written: dict[str, Any] = {
        "arms": ARMS,
        "space": SPACE,
        "sampler": {"name": sampler, "seed": seed},
        "seeds": [1],
        "tables": ["arms"],
    }
    if sampler == "nsga2":
        written["objective"] = ["sst", "para"]
    return made.study(made.WORKLOAD, **written | fields)


def regret(params: Mapping[str, Any]) -> float:
    """How far values are from the best: 0 there, and more for each setting that lies apart."""
    found = WORST.get(params["optimizer"], 0.0)
    for key, value in params.items():
        if key in CENTRES:
            centre, price = CENTRES[key]
            found += price * abs((math.log10(value) if key in LOGARITHMIC else value) - centre)
    return found


def search(of: Study, trials: int) -> list[float]:
    """The regret of each configuration of a search, in all arms, in order."""
    history = History.of(of)
    found: list[float] = []
    for number in range(trials):
        trial = propose(of, number, history)
        assert trial is not None
        check(of, trial)
        history.enter(past(trial, -regret(trial.params)))
        found.append(regret(trial.params))
    assert all(one.scores is None or overall(one) <= 0 for one in history)
    return found


def check(of: Study, trial: TrialSpec) -> None:
    """Looks at the values of a trial: no one is there that does not apply, and none is missing that does."""
    params = trial.params
    expected = {"learning_rate", "optimizer"}
    expected |= {"weight_decay"} if params["optimizer"] == "adamw" else set()
    expected |= {"warmup"} if params["learning_rate"] > 3e-4 else set()
    expected |= {"head_learning_rate_scale"} if trial.arm == "Scaled" else set()
    expected |= {"smart.strength", "smart.steps", "smart.epsilon"} if trial.arm == "SMART" else set()
    assert set(params) == expected, (trial.arm, params)
    config = trial.config
    if "weight_decay" not in params:
        assert config.weight_decay == of.config("Plain", {}, 1).weight_decay
    assert config.smart.enabled is (trial.arm == "SMART")


def compare(others: Sequence[str], repeats: int, trials: int) -> dict[str, tuple[float, float]]:
    """The median of the best regret of each sampler, and the p-value of being better than tpe.

    One-sided, by Wilcoxon's signed ranks of searches with one seed (scipy).
    """
    best = {
        sampler: [min(search(study(sampler, seed), trials)) for seed in range(1, repeats + 1)]
        for sampler in dict.fromkeys(["tpe", *others])
    }
    found = {}
    for sampler, own in best.items():
        p = 1.0 if sampler == "tpe" else float(wilcoxon(own, best["tpe"], alternative="less").pvalue)
        found[sampler] = median(own), p
    return found


def main() -> None:
    """Prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--trials", type=int, default=90, help="of all three arms together")
    parser.add_argument("--samplers", nargs="*", default=["random", "qmc"])
    given = parser.parse_args()
    found = compare(given.samplers, given.repeats, given.trials)
    for sampler, (middle, p) in found.items():
        versus = "" if sampler == "tpe" else f", better than tpe: one-sided p = {p:.3g}"
        print(f"{sampler}: median regret {middle:.3f}{versus}")
    middle, p = found.get("random", (math.inf, 1.0))
    sys.exit(p < 0.05 or middle < found["tpe"][0])


if __name__ == "__main__":
    main()
