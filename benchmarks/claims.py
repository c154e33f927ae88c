"""How often a report claims what is not so, and finds what is: A/A studies through the tool's own functions.

    python -m benchmarks.claims --deals 200     # a tenth of it

Identical arms: the dev predictions of 40 networks of the study quickstart, trained on the demo, are dealt at
random to two arms (seeds that do not match); or they and those of networks trained at the same seeds with a
learning rate 3 % higher are swapped by a coin at each seed (seeds that match). Nine identical arms, power and
coverage are simulated. Every verdict is that of `Comparisons`, as a report prints it. `claims.npz` holds the
trained networks' predictions; `--train` makes it.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.overall import Overall
from model.predictions import Predictions, read_predictions
from model.tasks import Task
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparison, Comparisons
from sweeper.report.statistics.paired import Verdict
from sweeper.study.load import load_study
from sweeper.trial import RunState

RUNS = Path(__file__).with_name("claims.npz")
ARMS = {"Baseline": {}, "Baseline, 3 % faster": {"learning_rate": 3.1e-3}}
"""What is trained, with its settings: two arms that are as good as one, and share no network."""
TRAINED = 40
DEALS, STUDIES, FAMILIES = 2000, 1000, 200
SEEDS = (1, 3, 5, 10)

Run = Mapping[str, Predictions]
Array = NDArray[np.float64]


def study(arms: Mapping[str, Mapping[int, Run]], tasks: Mapping[str, Task]) -> Results:
    """A study in which each arm's only configuration has these runs by seed."""
    rows: list[dict[str, Any]] = []
    runs: list[Run] = []
    for arm, by_seed in arms.items():
        for seed, run in by_seed.items():
            scores = {name: task.score(run[name]) for name, task in tasks.items()}
            rows.append(
                {
                    "number": len(runs),
                    "arm": arm,
                    "seed": seed,
                    "state": RunState.COMPLETE.value,
                    "config": {},
                }
                | {"overall": Overall().score(tasks, scores)}
                | scores
            )
            runs.append(run)
    names = tuple(arms)
    pairs = tuple((name, names[0]) for name in names[1:])
    trials, epochs = pd.DataFrame(rows), pd.DataFrame()
    return Results(
        "made", "", "", tasks, names, {}, len(runs), trials, epochs, pairs=pairs, predictions=runs.__getitem__
    )


def claimed(comparisons: list[Comparison]) -> bool:
    """Whether any of them calls one side better."""
    return any(each.verdict in (Verdict.BETTER, Verdict.WORSE) for each in comparisons)


def trained() -> tuple[dict[str, list[Run]], Mapping[str, Task]]:
    """The runs of both arms by seed, and their tasks."""
    tasks = load_study("quickstart", "demo").tasks
    with np.load(RUNS, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    runs: dict[str, list[Run]] = {}
    for arm in ARMS:
        runs[arm] = [
            {
                name: Predictions(
                    arrays[f"{name}.id"].astype(np.str_),
                    arrays[f"{arm}.{name}"][seed].astype(np.float64),
                    arrays[f"{name}.label"].astype(np.float64),
                )
                for name in tasks
            }
            for seed in range(TRAINED)
        ]
    return runs, tasks


def dealt(rng: np.random.Generator, runs: Mapping[str, list[Run]], seeds: int) -> dict[str, dict[int, Run]]:
    """Two arms of the same networks at seeds that do not match."""
    drawn = rng.permutation(TRAINED)[: 2 * seeds].tolist()
    own = runs["Baseline"]
    return {"A": {s: own[s] for s in drawn[:seeds]}, "B": {s: own[s] for s in drawn[seeds:]}}


def swapped(rng: np.random.Generator, runs: Mapping[str, list[Run]], seeds: int) -> dict[str, dict[int, Run]]:
    """Two arms at the same seeds, whose labels a coin swaps at each seed."""
    sides: tuple[dict[int, Run], dict[int, Run]] = {}, {}
    for seed in rng.permutation(TRAINED)[:seeds].tolist():
        first = int(rng.integers(2))
        arms = list(ARMS)
        sides[0][seed], sides[1][seed] = runs[arms[first]][seed], runs[arms[1 - first]][seed]
    return {"A": sides[0], "B": sides[1]}


def false_verdicts(
    deal: Callable[[np.random.Generator, Mapping[str, list[Run]], int], dict[str, dict[int, Run]]],
    seeds: int,
    deals: int,
) -> float:
    """Share of deals of two identical arms in which one is called better."""
    runs, tasks = trained()
    rng = np.random.default_rng(seeds)
    return float(
        np.mean([claimed(Comparisons(study(deal(rng, runs, seeds), tasks)).declared) for _ in range(deals)])
    )


ROWS, UNSURE = 2000, 0.12
"""Dev rows of a simulated arm, and the share of them of which no network is sure: two networks then differ on
six in a hundred, and a difference of two has a standard error of .0055 over rows, as MiniLM's has."""

SEED_SD = 0.0086
"""Standard deviation of a score over seeds, of MiniLM on the real files."""

ONE = {"sst": load_study("quickstart", "demo").tasks["sst"]}


def simulated(rng: np.random.Generator, gap: float = 0.0) -> Run:
    """A run of an arm that scores .7 on average, and `gap` more."""
    unsure = int(UNSURE * ROWS)
    own = np.sqrt(SEED_SD**2 - UNSURE * 0.25 / ROWS)  # what the rows do not make of it
    chance = 0.5 + (gap + rng.normal(0.0, own)) / UNSURE
    right = np.arange(ROWS) < 0.64 * ROWS
    right[-unsure:] = rng.random(unsure) < chance
    labels = np.arange(ROWS) % 5
    return {
        "sst": Predictions(np.arange(ROWS).astype(str), np.where(right, labels, (labels + 1) % 5), labels)
    }


def nine(seeds: int, matched: bool, studies: int) -> tuple[float, float]:
    """Share of studies of nine identical arms with a false verdict: against the baseline, the leader."""
    rng = np.random.default_rng(100 + seeds)
    found = []
    for _ in range(studies):
        arms = {
            f"arm {n}": {seed if matched else seed + seeds * n: simulated(rng) for seed in range(seeds)}
            for n in range(9)
        }
        compared = Comparisons(study(arms, ONE))
        found.append((claimed(compared.declared), claimed(compared.against_best)))
    declared, leader = np.mean(found, axis=0)
    return float(declared), float(leader)


def power(gap: float, seeds: int, studies: int) -> float:
    """Share of studies of two arms, one better by `gap`, that find it, at seeds that do not match."""
    rng = np.random.default_rng(seeds)
    found = []
    for _ in range(studies):
        arms = {
            "A": {seed: simulated(rng) for seed in range(seeds)},
            "B": {seeds + seed: simulated(rng, gap) for seed in range(seeds)},
        }
        [each] = Comparisons(study(arms, ONE)).declared
        found.append(each.verdict is Verdict.BETTER)
    return float(np.mean(found))


def populations(rng: np.random.Generator, seeds: int, rows: int = 500) -> dict[int, Run]:
    """Runs of an arm on rows drawn anew: seeds, rows, and both together move accuracy and correlation."""
    labels, hard = rng.standard_normal((2, rows))
    classes = np.arange(rows) % 5
    runs: dict[int, Run] = {}
    for seed in range(seeds):
        skill = rng.normal(0.0, 0.06)
        right = 0.5 + skill + hard + rng.standard_normal(rows) > 0
        score = (0.7 + rng.normal(0.0, 0.03)) * labels + 0.4 * hard + 0.5 * rng.standard_normal(rows)
        ids = np.arange(rows).astype(str)
        runs[seed] = {
            "sst": Predictions(ids, np.where(right, classes, (classes + 1) % 5), classes),
            "sts": Predictions(ids, score, labels),
        }
    return runs


def truth() -> float:
    """The arm's true `overall`: the mean over seeds of what a network scores on all rows there could be."""
    from scipy.stats import norm

    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    accuracy = weights @ norm.cdf((0.5 + 0.06 * nodes) / np.sqrt(2))
    slope = 0.7 + 0.03 * nodes
    pearson = weights @ (slope / np.sqrt(slope**2 + 0.4**2 + 0.5**2))
    return float((accuracy + (pearson + 1) / 2) / 2)


def coverage(seeds: int, studies: int) -> float:
    """Share of intervals for seeds and rows together that hold an arm's true score."""
    tasks = {name: load_study("quickstart", "demo").tasks[name] for name in ("sst", "sts")}
    rng, true = np.random.default_rng(200 + seeds), truth()
    held = []
    for _ in range(studies):
        compared = Comparisons(study({"A": populations(rng, seeds)}, tasks))
        interval = (compared.intervals(compared.leaders[0]) or {})["overall"]
        held.append(interval.low <= true <= interval.high)
    return float(np.mean(held))


def figures(deals: int) -> Iterator[tuple[str, float]]:
    """Every figure with its name, as it comes."""
    part = deals / DEALS
    for seeds in SEEDS:
        # With one seed nothing is ever said: fewer deals show that.
        own = deals if seeds > 1 else max(deals // 10, 20)
        yield f"two arms, {seeds} seeds dealt", false_verdicts(dealt, seeds, own)
        yield f"two arms, {seeds} seeds matched", false_verdicts(swapped, seeds, own)
    for seeds in SEEDS:
        for matched in (False, True):
            kind = "matched" if matched else "dealt"
            declared, leader = nine(seeds, matched, max(int(FAMILIES * part), 20))
            yield f"nine arms, {seeds} seeds {kind}, declared", declared
            yield f"nine arms, {seeds} seeds {kind}, leader", leader
    for gap, seeds in ((0.020, 5), (0.010, 14)):
        yield f"power, {gap:.3f} at {seeds} seeds", power(gap, seeds, max(int(STUDIES * part), 50))
    for seeds in SEEDS[1:]:
        yield f"coverage, {seeds} seeds", coverage(seeds, max(int(DEALS * part), 50))


def measure(deals: int = DEALS) -> dict[str, float]:
    """All figures, printed as they come."""
    found: dict[str, float] = {}
    for name, value in figures(deals):
        found[name] = value
        print(f"  {name:42}{value:7.1%}", flush=True)
    false = {name: value for name, value in found.items() if name.startswith(("two arms", "nine arms"))}
    single = [value for name, value in false.items() if " 1 seeds" in name]
    several = [value for name, value in false.items() if " 1 seeds" not in name]
    return found | {"worst at one seed": max(single), "worst at several seeds": max(several)}


def train_networks() -> None:
    """Trains both arms at every seed and keeps their predictions."""
    from model.files import RunFolder
    from model.trainer import train

    quickstart = load_study("quickstart", "demo")
    arrays: dict[str, NDArray[Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        for arm, settings in ARMS.items():
            of_seeds: dict[str, list[Array]] = {}
            for seed in range(TRAINED):
                folder = Path(name) / arm / str(seed)
                for _ in train(
                    quickstart.config("Baseline", settings, seed),
                    folder,
                    data=None,
                    cache=Path(name) / "cache",
                ):
                    pass
                for task, own in (read_predictions(RunFolder(folder).predictions) or {}).items():
                    arrays |= {f"{task}.id": own.ids, f"{task}.label": own.labels.astype(np.float32)}
                    of_seeds.setdefault(task, []).append(own.predicted.astype(np.float32))
            arrays |= {f"{arm}.{task}": np.stack(runs) for task, runs in of_seeds.items()}
    np.savez_compressed(RUNS, allow_pickle=False, **arrays)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deals", type=int, default=DEALS, help=f"of each kind (default: {DEALS:,})")
    parser.add_argument("--train", action="store_true", help="trains the 80 networks first: 20 minutes")
    given = parser.parse_args()
    if given.train:
        train_networks()
    measure(given.deals)
