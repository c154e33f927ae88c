"""How near ASHA comes to a full search's best overall with a third of its epochs.

Example: python -m tests.faults.asha_budget --rounds 5 --workers 2

Each round runs the study sbert-grid on the demo twice, with seeds of its own for sampler and training: in
full, and with `pruner: asha`. The demo's four epochs are cut into sixteen shorter ones of the same steps
altogether, for both searches: with four evaluations there is little to halve. ASHA compares the trials of
all arms, as it looks for the best of all, at epochs 2 and 6: at epoch 1 the learning rate still warms up.
ASHA has more trials, which cost more than it may spend, and its best is what it has found by the time a third
of the full search's epochs is spent: a trial counts if all epochs of the trials that began before it ended
are within that third. Demands that the median over the rounds of what the best then lacks is at most .005.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from sweeper.paths import shipped_studies
from sweeper.store.database import Database
from sweeper.study.yamlfile import read_yaml
from sweeper.trial import RunState

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
        epochs: Epochs trained by all trials.
        pruned: Trials that were stopped early.
        found: For each complete trial its `overall`, and the epochs that all trials which began before it
            ended have trained.
    """

    epochs: int
    pruned: int
    found: list[tuple[float, int]]

    def best(self, epochs: float) -> float:
        """Highest `overall` of a complete trial within so many epochs."""
        return max(overall for overall, spent in self.found if spent <= epochs)


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
        stored = database.study("sbert-grid@demo").trials
        runs, curves = stored.rows(), stored.curves()
    assert len(runs) == trials
    assert {run.state for run in runs} <= {RunState.COMPLETE, RunState.PRUNED}
    epochs = {curve.number: len(curve.values) for curve in curves}
    return Search(
        epochs=sum(epochs.values()),
        pruned=sum(run.state is RunState.PRUNED for run in runs),
        found=[
            (
                (run.scores or {})["overall"],
                sum(epochs[other.number] for other in runs if _at(other.started) < _at(run.finished)),
            )
            for run in runs
            if run.state is RunState.COMPLETE
        ],
    )


def _at(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="seeds, each with both searches")
    parser.add_argument("--trials", type=int, default=48, help="trials of a search, over its four arms")
    parser.add_argument("--asha-trials", type=int, default=60, help="trials of the search with ASHA")
    parser.add_argument("--epochs", type=int, default=16, help="epochs of a trial")
    parser.add_argument("--steps", type=int, default=10, help="steps of an epoch")
    parser.add_argument("--min-epochs", type=int, default=2, help="epochs that ASHA gives every trial")
    parser.add_argument("--reduction-factor", type=int, default=3, help="ASHA's")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    asha = {"name": "asha", "min_epochs": given.min_epochs, "reduction_factor": given.reduction_factor}
    asha |= {"peers": "study"}
    lacking = []
    for seed in range(FIRST_SEED, FIRST_SEED + given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            full = search(Path(folder) / "full", seed, given, given.trials, {"name": "none"})
            halved = search(Path(folder) / "asha", seed, given, given.asha_trials, asha)
        budget = SHARE * full.epochs
        best, reached = full.best(full.epochs), halved.best(budget)
        lacking.append(best - reached)
        print(
            f"seed {seed}: full {best:.4f} in {full.epochs} epochs; asha {reached:.4f} in {budget:.0f}, "
            f"{halved.best(halved.epochs):.4f} in {halved.epochs}, {halved.pruned} pruned",
            flush=True,
        )
    verdict = Verdict()
    with verdict.case(f"median of what ASHA's best lacks: {median(lacking):.4f}"):
        assert median(lacking) <= LOSS
    return verdict.exit_code(
        f"{given.rounds} rounds: {given.trials} trials in full, {given.asha_trials} with ASHA"
    )


if __name__ == "__main__":
    sys.exit(main())
