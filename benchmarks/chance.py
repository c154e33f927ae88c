"""How often a setting that does nothing passes the level of chance that a report draws beside importances.

Studies of random settings and scores of pure noise, through the functions that draw the figure. A level that
is right is passed by 5 of 100 bars; the share is printed for 20 and 60 trials, and what the top bar holds.
"""

import numpy as np

from sweeper.report.figures.anova import chance, importances
from sweeper.study.entry import parse_entry
from sweeper.study.space import Space

STUDIES = 200
TRIALS = (20, 60)
SPACE: dict[str, Space] = {
    name: parse_entry(name, entry)
    for name, entry in {
        "learning_rate": {"low": 1e-5, "high": 1e-3, "log": True},
        "dropout": [0.1, 0.3, 0.5],
        "weight_decay": {"low": 0.0, "high": 0.3},
        "head_learning_rate_scale": {"low": 1.0, "high": 30.0, "log": True},
    }.items()
}


def noise(rng: np.random.Generator, trials: int) -> tuple[list[dict[str, object]], list[float]]:
    """Settings drawn at random, and scores that have nothing to do with them."""
    settings = [{name: entry.at(float(rng.random())) for name, entry in SPACE.items()} for _ in range(trials)]
    return settings, rng.normal(0.7, 0.01, trials).tolist()


def passed(trials: int, studies: int) -> dict[str, float]:
    """Share of bars above the level by method, and the mean share of the highest bar."""
    rng = np.random.default_rng(trials)
    above: dict[str, list[bool]] = {"fanova": [], "ped_anova": []}
    top: dict[str, list[float]] = {"fanova": [], "ped_anova": []}
    for _ in range(studies):
        settings, scores = noise(rng, trials)
        found, level = importances(SPACE, settings, scores), chance(SPACE, [(settings, scores)])
        for method in above:
            shares, limits = getattr(found, method), getattr(level, method)
            above[method] += [share > limits[name] for name, share in shares.items()]
            top[method].append(max(shares.values()))
    named = {f"{method}, above the level": float(np.mean(bars)) for method, bars in above.items()}
    return named | {f"{method}, top bar": float(np.mean(bars)) for method, bars in top.items()}


def measure(studies: int = STUDIES) -> dict[str, object]:
    """The shares for each number of trials."""
    results: dict[str, dict[str, float]] = {}
    for trials in TRIALS:
        results[f"{trials} trials"] = found = passed(trials, studies)
        print(f"  {trials} trials: " + "; ".join(f"{name} {value:.1%}" for name, value in found.items()))
    shares = [own[name] for own in results.values() for name in own if name.endswith("level")]
    return {**results, "worst": max(shares, key=lambda share: abs(share - 0.05))}


if __name__ == "__main__":
    measure()
