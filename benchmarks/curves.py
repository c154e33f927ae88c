"""Curves of whole grids: `overall` of every configuration of a space, at several seeds, after each epoch.

    python -m benchmarks.curves demo --workers 2                                     # about an hour
    SWEEPER_DATA=path/to/cs224n python -m benchmarks.curves minilm-minutes           # over two hours

A study that `sweeper` itself runs, in the home folder (SWEEPER_HOME): what was interrupted goes on where it
ended. The table is written beside this file when all trials are done. A search can be replayed on it without
training anything (`python -m benchmarks search`), as every configuration that it may propose is there.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, Self

from rich.console import Console

from sweeper.executors.local import LocalExecutor
from sweeper.paths import Home, data_folder
from sweeper.store.database import Database
from sweeper.study.cells import Cells
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run
from sweeper.trial import RunState

S_BERT = {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"}

GRIDS: dict[str, dict[str, Any]] = {
    # 300 configurations. An epoch is cut to a few steps: it is the course of a curve that counts.
    "demo": {
        "base": S_BERT | {"epochs": 9, "steps_per_epoch": 16, "train_sample": 1},
        "space": {
            "learning_rate": {"low": 1e-3, "high": 1e-2, "step": 1e-3},
            "dropout": {"low": 0.0, "high": 0.4, "step": 0.1},
            "encoder.pooling": ["mean", "max", "cls"],
            "sts_loss": ["mse", "ce"],
        },
        "seeds": [11711, 11712, 11713],
    },
    # 30 configurations.
    "minilm-minutes": {
        "base": S_BERT | {"epochs": 5},
        "space": {
            "learning_rate": [3e-5, 6e-5, 1e-4, 1.7e-4, 3e-4],
            "dropout": [0.1, 0.3, 0.5],
            "sts_loss": ["mse", "ce"],
        },
        "seeds": [11711, 11712],
    },
}

DIGITS = 4
"""Of a score as it is written."""


def study(name: str, **fields: Any) -> Study:
    """The study on a workload's grid.

    Args:
        name: The workload, of `GRIDS`.
        fields: What its file says otherwise.
    """
    # In random order: the part that is done at any time is like the whole.
    written = {"name": "curves", "sampler": {"name": "random"}} | GRIDS[name] | fields
    return Study(StudySpec.model_validate(written), load_study("quickstart", name).workload)


def path(name: str) -> Path:
    """Where the table of a workload lies."""
    return Path(__file__).with_name(f"curves-{name}.csv")


@dataclass(frozen=True)
class Curves:
    """A table of curves.

    Attributes:
        cells: The configurations.
        seeds: The training seeds.
        values: `overall` after each epoch, by the number of the configuration and the seed.
    """

    cells: Cells
    seeds: tuple[int, ...]
    values: Mapping[tuple[int, int], tuple[float, ...]]

    @classmethod
    def read(cls, name: str) -> Self:
        """The recorded table of a workload."""
        of = study(name)
        cells = Cells.of(of.space)
        assert cells is not None
        with path(name).open(encoding="utf-8", newline="") as file:
            rows = {
                (int(row["configuration"]), int(row["seed"])): tuple(map(float, row["overall"].split()))
                for row in csv.DictReader(file)
            }
        seeds = of.spec.seeds
        assert rows.keys() == {(cell, seed) for cell in range(cells.count) for seed in seeds}
        return cls(cells, seeds, rows)

    def curve(self, params: Mapping[str, Any], seed: int) -> tuple[float, ...]:
        """`overall` after each epoch of a configuration."""
        return self.values[self.cells.index(params), seed]

    @cached_property
    def means(self) -> list[float]:
        """Mean over the seeds of the best epoch's `overall`, by the number of the configuration."""
        return [
            fmean(max(self.values[cell, seed]) for seed in self.seeds) for cell in range(self.cells.count)
        ]

    def rank(self, params: Mapping[str, Any]) -> int:
        """The place of a configuration by its mean over the seeds, from 1."""
        own = self.means[self.cells.index(params)]
        return 1 + sum(mean > own for mean in self.means)


def record(name: str, workers: int) -> None:
    """Trains what is missing of a grid, and writes its table."""
    of, home = study(name), Home.from_environment()
    cells = Cells.of(of.space)
    assert cells is not None
    trials = cells.count * len(of.spec.seeds)
    run(Order(of, trials, Places(home.storage, home, data_folder()), Console()), LocalExecutor(workers))
    with Database(home.storage, must_exist=True) as database:
        trials_of = database.study(of.name).trials
        states = {row.number: row for row in trials_of.rows()}
        rows = [
            (cells.index(states[curve.number].params), curve.seed, states[curve.number].params, curve.values)
            for curve in trials_of.curves()
            if curve.state is RunState.COMPLETE
        ]
    if len(rows) < trials:
        print(f"{len(rows)} of {trials} trials are complete: no table was written")
        return
    _write(path(name), list(of.space), sorted(rows, key=lambda row: row[:2]))


Row = tuple[int, int, Mapping[str, Any], Mapping[int, float]]


def _write(file: Path, settings: Sequence[str], rows: Sequence[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["configuration", "seed", *settings, "overall"])
        for cell, seed, params, values in rows:
            curve = " ".join(f"{values[epoch]:.{DIGITS}f}" for epoch in sorted(values))
            writer.writerow([cell, seed, *(params[key] for key in settings), curve])
    print(f"written: {file}")


def main() -> None:
    """Records what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=list(GRIDS))
    parser.add_argument("--workers", type=int, default=1, help="trials at once (default: 1)")
    given = parser.parse_args()
    record(given.name, given.workers)


if __name__ == "__main__":
    main()
