"""Trials that a search needs with a warm start from an earlier study, beside those of a cold one.

On the recorded curves (`benchmarks.curves`), without training. The earlier study is a search of 30 trials, at
another seed of the same table, or on the table of another encoder whose space shares five settings; its three
best configurations are taken over as `warm_start` does (`taken_over`, `propose`). Cold and warm searches are
paired: the same table, sampler, order and training seed. Found: as of `benchmarks.search`, a configuration
whose mean over the seeds is within .010 of the highest.

Example: python -m benchmarks.warm --orders 20
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from sweeper.study.warmstart import WarmStart, taken_over

from .search import ORDERS, WORKERS, good, replayed, table

EARLIER = 30
"""Trials of the earlier study."""
TOP = 3
PAIRS = (("demo", "demo"), ("demo-frozen", "demo"), ("demo-frozen", "demo-frozen"))
"""Table of the earlier study, and of the later one."""
SAMPLERS = ("tpe", "random")


def taken(earlier: str, later: str, sampler: str, order: int) -> list[dict[str, Any]]:
    """What a search takes over from one that was made before it, at the next of the recorded seeds."""
    curves = table(earlier)
    done = list(islice(replayed(earlier, sampler, "none", order + 1), EARLIER))
    ranked = sorted(done, key=lambda one: -(one.score or 0.0))
    best = [curves.cells.params(one.cell) for one in ranked]
    return taken_over([best], table(later).cells.space, TOP)


def trials(name: str, sampler: str, order: int, **fields: Any) -> int:
    """How many trials a search takes until it has found a good configuration."""
    for count, one in enumerate(replayed(name, sampler, "none", order, **fields), start=1):
        if one.cell in good(name):
            return count
    raise RuntimeError(f"{name}: ended without one of its own configurations")


def pair(earlier: str, later: str, sampler: str, order: int) -> tuple[int, int]:
    """Trials of a cold search and of a warm one."""
    found = taken(earlier, later, sampler, order)
    warm = WarmStart(studies=("earlier",), top=TOP, configurations=tuple(found))
    return trials(later, sampler, order), trials(later, sampler, order, warm_start=warm)


def measure(orders: int = ORDERS, pairs: Sequence[tuple[str, str]] = PAIRS) -> Mapping[str, Any]:
    """Median trials of both, their ratio, and Wilcoxon's p of warm searches needing no fewer."""
    results: dict[str, Any] = {}
    print("  earlier, later, sampler                cold    warm   ratio   p")
    with ProcessPoolExecutor(WORKERS) as pool:
        for earlier, later in pairs:
            for sampler in SAMPLERS:
                found = pool.map(partial(pair, earlier, later, sampler), range(orders), chunksize=5)
                cold, warm = np.array(list(found)).T
                row = {
                    "cold": float(np.median(cold)),
                    "warm": float(np.median(warm)),
                    "ratio": float(np.median(warm) / np.median(cold)),
                    "p": float(wilcoxon(warm, cold, alternative="less").pvalue),
                }
                key = f"{earlier}, {later}, {sampler}"
                results[key] = row
                print(
                    f"  {key:36}{row['cold']:7.1f}{row['warm']:8.1f}{row['ratio']:8.2f}   {row['p']:.1e}",
                    flush=True,
                )
    return results


def main() -> None:
    """Measures what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"default: {ORDERS}")
    measure(parser.parse_args().orders)


if __name__ == "__main__":
    main()
