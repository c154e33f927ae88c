"""How near ASHA comes to a full search's best overall, and with what share of its epochs.

Example: python -m tests.faults.asha_budget --rounds 5 --trials 48

Each round runs the study sbert-grid on the demo twice, with seeds of its own for sampler and training: in
full, and with `pruner: asha`. The demo's four epochs are cut into sixteen shorter ones of the same steps
altogether, for both searches: with four evaluations there is little to halve. ASHA compares the trials of
all arms, as it looks for the best of all, at epochs 2 and 6: at epoch 1 the learning rate still warms up.
Demands, of the medians over the rounds: ASHA's best overall is at most .005 below the full search's, with at
most a third of its epochs.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from sweeper.database import Database
from sweeper.run import RunState
from sweeper.rundir import shipped_studies
from sweeper.yamlfile import read_yaml

from .sweep import Sweep
from .verdict import Verdict

LOSS, SHARE = 0.005, 1 / 3
FIRST_SEED = 100
TRAIN_SAMPLE = 100
"""Training rows scored at every epoch: of sixteen evaluations, 500 would cost more than training."""


@dataclass(frozen=True)
class Search:
    """What a search has found, and at what cost.

    Attributes:
        best: Highest `overall` of a complete trial.
        epochs: Epochs trained by all trials.
        pruned: Trials that were stopped early.
    """

    best: float
    epochs: int
    pruned: int


def search(folder: Path, seed: int, given: argparse.Namespace, trials: int, pruner: dict[str, Any]) -> Search:
    """Runs sbert-grid to its end in a home of its own."""
    study = dict(read_yaml(shipped_studies() / "sbert-grid.yaml").data)
    cut = {"epochs": given.epochs, "steps_per_epoch": given.steps, "train_sample": TRAIN_SAMPLE}
    study["base"] = {**study["base"], **cut}
    study |= {"sampler": {"name": "tpe", "seed": seed}, "seeds": [seed], "pruner": pruner}
    folder.mkdir(parents=True)
    path = folder / "sbert-grid.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    sweep = Sweep(folder / "home", trials, str(path), "demo", given.workers)
    sweep.finish(timeout=7200)
    with Database(sweep.url, must_exist=True) as database:
        runs, curves = database.runs("sbert-grid@demo"), database.curves("sbert-grid@demo")
    assert len(runs) == trials
    assert {run.state for run in runs} <= {RunState.COMPLETE, RunState.PRUNED}
    return Search(
        best=max((run.scores or {})["overall"] for run in runs if run.state is RunState.COMPLETE),
        epochs=sum(len(curve.values) for curve in curves),
        pruned=sum(run.state is RunState.PRUNED for run in runs),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="seeds, each with both searches")
    parser.add_argument("--trials", type=int, default=48, help="trials of a search, over its four arms")
    parser.add_argument("--asha-trials", type=int, default=48, help="trials of the search with ASHA")
    parser.add_argument("--epochs", type=int, default=16, help="epochs of a trial")
    parser.add_argument("--steps", type=int, default=10, help="steps of an epoch")
    parser.add_argument("--min-epochs", type=int, default=2, help="epochs that ASHA gives every trial")
    parser.add_argument("--reduction-factor", type=int, default=3, help="ASHA's")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    asha = {"name": "asha", "min_epochs": given.min_epochs, "reduction_factor": given.reduction_factor}
    asha |= {"peers": "study"}
    pairs: list[tuple[Search, Search]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            full = search(Path(folder) / "full", seed, given, given.trials, {"name": "none"})
            halved = search(Path(folder) / "asha", seed, given, given.asha_trials, asha)
        pairs.append((full, halved))
        print(
            f"seed {seed}: full {full.best:.3f} in {full.epochs} epochs; asha {halved.best:.3f} in "
            f"{halved.epochs} ({halved.epochs / full.epochs:.2f}), {halved.pruned} pruned",
            flush=True,
        )
    best = [median(one.best for one in searches) for searches in zip(*pairs, strict=True)]
    epochs = [median(one.epochs for one in searches) for searches in zip(*pairs, strict=True)]
    verdict = Verdict()
    with verdict.case(f"median best overall: full {best[0]:.4f}, asha {best[1]:.4f}"):
        assert best[1] >= best[0] - LOSS
    with verdict.case(
        f"median epochs: full {epochs[0]}, asha {epochs[1]}, {epochs[1] / epochs[0]:.3f} of it"
    ):
        assert epochs[1] <= SHARE * epochs[0]
    return verdict.exit_code(
        f"{given.rounds} rounds: {given.trials} trials in full, {given.asha_trials} with ASHA"
    )


if __name__ == "__main__":
    sys.exit(main())
