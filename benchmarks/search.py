"""Epochs until a search has found a good configuration: samplers and pruners, replayed on recorded curves.

Every configuration of a grid was trained at several seeds (`benchmarks.curves`), so that a search can be
replayed without training: what it proposes is looked up, epoch by epoch, until its pruner ends it. Ours go
through `propose` and `should_prune`, one trial after the other; Optuna goes its own way, `study.optimize`
with TPESampler and HyperbandPruner as they come. A search sees one of the recorded seeds, each in turn, and
draws with a seed of its own, a hundred times.

It has found one when it has trained to its end a configuration whose mean over all seeds is within .010 of
the highest. What it would report, the complete trial with the highest score, is ranked by that mean too, at
equal epochs. In a grid random never repeats a configuration: it is the grid in random order.

Example: python -m benchmarks.search demo --orders 20
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from typing import Any

import numpy as np
import optuna
from optuna.pruners import HyperbandPruner
from optuna.samplers import TPESampler

from sweeper.search.distributions import distribution
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.search.pruning import should_prune
from sweeper.trial import Curve, PastTrial, RunState

from .curves import GRIDS, Curves, missing, study

ORDERS = 100
WITHIN = 0.010
BUDGETS = (5, 10)
"""After how many trials' epochs the winner is ranked."""
WORKERS = 2

SAMPLERS = ("random", "tpe")
OTHERS = ("qmc", "gp")
"""Only where they are asked for: gp takes a hundred times as long."""
PRUNERS: dict[str, dict[str, Any]] = {
    "none": {"name": "none"},
    "median": {"name": "median"},
    "asha": {"name": "asha"},
    "hyperband": {"name": "hyperband"},
    "top 1": {"name": "top", "keep": 1},
    "top 2": {"name": "top", "keep": 2},
}
OPTUNA = "Optuna, TPE + Hyperband"
RANDOM, CHOSEN = "random, none", "tpe, asha"
"""What is compared with each other and with Optuna: no pruning, and the best by these tables."""


@dataclass(frozen=True)
class Done:
    """What became of a trial.

    Attributes:
        cell: Number of its configuration.
        epochs: Epochs that it was trained.
        score: Its best `overall` if it was trained to its end, else None.
    """

    cell: int
    epochs: int
    score: float | None


@cache
def table(name: str) -> Curves:
    """The recorded curves of a workload."""
    return Curves.read(name)


@cache
def good(name: str) -> frozenset[int]:
    """The configurations whose mean over the seeds is within reach of the highest."""
    means = table(name).means
    return frozenset(cell for cell, mean in enumerate(means) if mean >= max(means) - WITHIN)


def replayed(name: str, sampler: str, pruner: str, order: int, **fields: Any) -> Iterator[Done]:
    """The trials of one of our searches, until nothing is left; `fields` are more of its study file."""
    curves = table(name)
    seed = curves.seeds[order % len(curves.seeds)]
    written = {"sampler": {"name": sampler, "seed": order}, "pruner": PRUNERS[pruner], "seeds": [seed]}
    written |= fields
    of = study(name, **written)
    past, seen = History.of(of), list[Curve]()
    while (trial := propose(of, past.end, past)) is not None:
        values: dict[int, float] = {}
        state = RunState.COMPLETE
        for epoch, value in enumerate(curves.curve(trial.params, seed), start=1):
            values[epoch] = value
            if should_prune(of, trial, values, seen):
                state = RunState.PRUNED
                break
        score = max(values.values()) if state is RunState.COMPLETE else None
        seen.append(Curve(trial.number, trial.arm, seed, trial.configuration, state, values))
        scores = None if score is None else {"overall": score}
        past.enter(PastTrial(trial.number, trial.arm, trial.params, seed, trial.configuration, state, scores))
        yield Done(curves.cells.index(trial.params), len(values), score)


def optunas(name: str, order: int, enough: Callable[[Sequence[Done]], bool]) -> list[Done]:
    """The trials of Optuna's own search; a configuration that it repeats is trained again, as it would be."""
    curves = table(name)
    seed = curves.seeds[order % len(curves.seeds)]
    space = {key: distribution(entry) for key, entry in curves.cells.space.items()}
    done: list[Done] = []

    def objective(trial: optuna.Trial) -> float:
        params = {key: trial._suggest(key, entry) for key, entry in space.items()}
        cell, values = curves.cells.index(params), curves.curve(params, seed)
        for epoch, value in enumerate(values, start=1):
            trial.report(value, epoch)
            # Not after the last, as ours: that would cost it what it has trained.
            if epoch < len(values) and trial.should_prune():
                done.append(Done(cell, epoch, None))
                raise optuna.TrialPruned
        done.append(Done(cell, len(values), max(values)))
        return max(values)

    def stop(search: optuna.Study, _: optuna.trial.FrozenTrial) -> None:
        if enough(done):
            search.stop()

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    search = optuna.create_study(
        study_name=f"order {order}",  # from which Hyperband draws its brackets
        direction="maximize",
        sampler=TPESampler(seed=order),
        pruner=HyperbandPruner(),
    )
    search.optimize(objective, callbacks=[stop])
    return done


def found(done: Sequence[Done], those: frozenset[int]) -> float:
    """Epochs until one of some configurations has been trained to its end; infinite if none was."""
    for trial, spent in zip(done, accumulate(one.epochs for one in done), strict=True):
        if trial.score is not None and trial.cell in those:
            return spent
    return float("inf")


def winner(done: Sequence[Done], epochs: int) -> int | None:
    """The configuration with the highest score after so many epochs; None if none is complete."""
    within = zip(done, accumulate(one.epochs for one in done), strict=True)
    complete = [(one.score, one.cell) for one, spent in within if spent <= epochs and one.score is not None]
    return max(complete)[1] if complete else None


def outcome(name: str, sampler: str, pruner: str, order: int) -> tuple[float, list[int]]:
    """Epochs until a search has found one, and the winner's rank after each of `BUDGETS`."""
    curves, those = table(name), good(name)
    epochs = len(next(iter(curves.values.values())))
    last = BUDGETS[-1] * epochs

    def enough(done: Sequence[Done]) -> bool:
        return sum(one.epochs for one in done) >= last and found(done, those) < float("inf")

    done: list[Done] = []
    if sampler == OPTUNA:
        done = optunas(name, order, lambda done: enough(done) or len(done) >= 10 * curves.cells.count)
    else:
        for trial in replayed(name, sampler, pruner, order):
            done.append(trial)
            if enough(done):
                break
    ranks = []
    for budget in BUDGETS:
        cell = winner(done, budget * epochs)
        ranks.append(curves.cells.count if cell is None else curves.rank(curves.cells.params(cell)))
    return found(done, those), ranks


def figures(outcomes: Sequence[tuple[float, list[int]]]) -> dict[str, float]:
    """Median and 90th percentile of the epochs, and median ranks."""
    epochs = np.array([spent for spent, _ in outcomes])
    ranks = np.array([each for _, each in outcomes])
    # Of values as they are, not between them: some may be infinite.
    median, most = np.quantile(epochs, [0.5, 0.9], method="higher")
    row = {"median": float(median), "p90": float(most), "never": float(np.isinf(epochs).mean())}
    row |= {f"rank at {n}": float(np.median(ranks[:, at])) for at, n in enumerate(BUDGETS)}
    return row


def contenders(samplers: Sequence[str]) -> list[tuple[str, str]]:
    """Each sampler with each pruner, and Optuna."""
    return [(OPTUNA, ""), *((sampler, pruner) for sampler in samplers for pruner in PRUNERS)]


def measure(
    names: Sequence[str] = tuple(GRIDS), samplers: tuple[str, ...] = SAMPLERS, orders: int = ORDERS
) -> Mapping[str, Any]:
    """The figures of every contender on each table that is there, and what must be shown of the default."""
    results: dict[str, Any] = {}
    for name in names:
        if lacking := missing(name):
            print(f"  {name}: {lacking} curves are not recorded yet (python -m benchmarks.curves {name})")
            continue
        curves = table(name)
        print(
            f"  {name}: {curves.cells.count} configurations, {len(good(name))} of them within {WITHIN:.3f} "
            f"of the highest mean, {max(curves.means):.3f}; {orders} orders"
        )
        print(
            "  sampler, pruner             median     p90   never   rank of the winner after trials' epochs"
        )
        print("                              epochs                  " + "".join(f"{n:8}" for n in BUDGETS))
        rows: dict[str, dict[str, float]] = {}
        with ProcessPoolExecutor(WORKERS) as pool:
            for sampler, pruner in contenders(samplers):
                each = list(pool.map(partial(outcome, name, sampler, pruner), range(orders), chunksize=5))
                key = f"{sampler}, {pruner}" if pruner else sampler
                rows[key] = row = figures(each)
                ranks = "".join(f"{row[f'rank at {n}']:8.0f}" for n in BUDGETS)
                print(
                    f"  {key:26}{row['median']:8.0f}{row['p90']:8.0f}{row['never']:8.0%}      {ranks}",
                    flush=True,
                )
        results[name] = rows | {"shown": shown(rows)} if samplers == SAMPLERS else rows
    return results


def shown(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What must be shown: how much sooner the chosen one is, and how its winner ranks beside theirs."""
    of = {f"of {key}": rows[CHOSEN]["median"] / rows[key]["median"] for key in (RANDOM, OPTUNA)}
    ranks = {
        f"rank beside {key}": max(
            rows[CHOSEN][name] - rows[key][name] for name in rows[key] if "rank" in name
        )
        for key in (RANDOM, OPTUNA)
    }
    for name, value in (found := of | ranks).items():
        print(f"  {CHOSEN}, {name}: {value:.2f}")
    return found


def main() -> None:
    """Replays what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*GRIDS, []], help=", ".join(GRIDS))
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS, choices=SAMPLERS + OTHERS)
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"default: {ORDERS}")
    given = parser.parse_args()
    measure(given.names or tuple(GRIDS), tuple(given.samplers), given.orders)


if __name__ == "__main__":
    main()
