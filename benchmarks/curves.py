"""Curves of whole grids: `overall` of every configuration of a space, at several seeds, after each epoch.

    python -m benchmarks.curves demo-frozen --workers 2
    SWEEPER_DATA=path/to/cs224n python -m benchmarks.curves minilm-minutes           # over two hours

The configurations of a study that goes through a grid, trained one by one by the trainer itself, without its
checkpoints; what was interrupted goes on where it ended. The table lies beside this file. A search can be
replayed on it without training anything (`python -m benchmarks search`), as every configuration that it may
propose is there.
"""

import argparse
import csv
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import repeat
from pathlib import Path
from statistics import fmean
from typing import Any, Self
from unittest.mock import patch

from model.trainer import train
from sweeper.paths import Home, data_folder
from sweeper.study.cells import Cells
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload

SPACE = {
    "learning_rate": [6e-3, 1.2e-2, 3e-3, 2.4e-2, 1e-3, 5e-2],
    "encoder.pooling": ["mean", "max", "cls"],
    "paraphrase_head": ["linear", "sbert"],
    "sts_head": ["linear", "cosine"],
    "sts_loss": ["mse", "ce"],
}
SHORT = {"sst_head": "mlp", "epochs": 9, "steps_per_epoch": 16, "train_sample": 1, "max_grad_norm": None}
"""An epoch is cut to a few steps, as it is the course of a curve that counts."""
FROZEN = {"encoder.source": "minilm", "encoder.freeze": "all", "encoder.dropout": None}
SEEDS = [11711, 11712, 11713]

GRIDS: dict[str, dict[str, Any]] = {
    # 288 configurations of the demo's own encoder; of half the batch, as there are 864 trials.
    "demo": {
        "workload": "demo",
        "base": SHORT | {"batch_size": 16},
        "space": SPACE | {"dropout": [0.0, 0.2]},
        "seeds": SEEDS,
    },
    # 144 of heads on all-MiniLM-L6-v2 as it is, whose trials take a second.
    "demo-frozen": {
        "workload": "demo",
        "base": SHORT | FROZEN | {"dropout": 0.0},
        "space": SPACE,
        "seeds": SEEDS,
    },
    # 60 of the best of these heads, of which the first epoch tells less.
    "demo-rates": {
        "workload": "demo",
        "base": SHORT | FROZEN | {"paraphrase_head": "sbert", "sts_head": "cosine", "dropout": 0.0},
        "space": {
            "learning_rate": {"low": 3e-3, "high": 3e-2, "step": 3e-3},
            "encoder.pooling": ["mean", "max", "cls"],
            "sts_loss": ["mse", "ce"],
        },
        "seeds": SEEDS,
    },
    # 30 configurations.
    "minilm-minutes": {
        "workload": "minilm-minutes",
        "base": {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine", "epochs": 5},
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


@cache
def workload(name: str) -> Workload:
    """A workload that is shipped."""
    return load_study("quickstart", name).workload


def study(name: str, **fields: Any) -> Study:
    """The study of a grid.

    Args:
        name: Its name, of `GRIDS`.
        fields: What its file says otherwise.
    """
    written = {"name": f"curves-{name}", "sampler": {"name": "grid"}} | GRIDS[name] | fields
    return Study(StudySpec.model_validate(written), workload(written["workload"]))


def path(name: str) -> Path:
    """Where the table of a grid lies."""
    return Path(__file__).with_name(f"curves-{name}.csv")


def missing(name: str) -> int:
    """How many trials a table lacks: it is recorded over several days."""
    wanted = _cells(name).count * len(study(name).spec.seeds)
    if not path(name).exists():
        return wanted
    with path(name).open(encoding="utf-8", newline="") as file:
        return wanted - sum(1 for _ in csv.DictReader(file))


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
        """The recorded table of a grid."""
        of = study(name)
        cells = _cells(name)
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


def trained(name: str, cell: int, seed: int) -> list[str]:
    """A row of the table: one trial, trained here, of which nothing but its curve is kept."""
    of, cells = study(name), _cells(name)
    params = cells.params(cell)
    config = of.config("all", params, seed)
    home = Home.from_environment()
    with tempfile.TemporaryDirectory() as folder, patch("model.checkpoint.save"):
        trial = train(config, Path(folder), data=data_folder(), cache=home.cache)
        curve = " ".join(f"{epoch.overall:.{DIGITS}f}" for epoch in trial)
    return [str(cell), str(seed), *(str(value) for value in params.values()), curve]


def record(name: str, workers: int) -> None:
    """Trains what is missing of a table, adding rows as they come; puts them in order when all are there."""
    of, cells, file = study(name), _cells(name), path(name)
    header = ["configuration", "seed", *of.space, "overall"]
    if not file.exists():
        _write(file, [header])
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))[1:]
    there = {(row[0], row[1]) for row in rows}
    wanted = [(cell, seed) for cell in range(cells.count) for seed in of.spec.seeds]
    missing = [one for one in wanted if (str(one[0]), str(one[1])) not in there]
    print(f"{len(missing)} of {len(wanted)} trials are missing", flush=True)
    with ProcessPoolExecutor(workers) as pool, file.open("a", encoding="utf-8", newline="") as opened:
        for row in pool.map(trained, repeat(name), *zip(*missing, strict=True)) if missing else ():
            rows.append(row)
            csv.writer(opened, lineterminator="\n").writerow(row)
            opened.flush()
            print(*row, flush=True)
    _write(file, [header, *sorted(rows, key=lambda row: (int(row[0]), int(row[1])))])


def _cells(name: str) -> Cells:
    cells = Cells.of(study(name).space)
    assert cells is not None
    return cells


def _write(file: Path, rows: Sequence[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerows(rows)


def main() -> None:
    """Records what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=list(GRIDS))
    parser.add_argument("--workers", type=int, default=1, help="trials at once (default: 1)")
    given = parser.parse_args()
    record(given.name, given.workers)


if __name__ == "__main__":
    main()
