"""One of several drivers on one database; ``test_database.py`` runs it as a script.

Waits for a line on its standard input, so that all of them open the database at the same moment.
"""

import sys

from optuna.distributions import FloatDistribution

from model.config import TrainConfig
from model.result import EpochResult, Metric
from sweeper.store.database import Database
from sweeper.trial import Outcome, RunState, TrialSpec

TASK = {
    "kind": "single",
    "classes": 2,
    "source": {"kind": "demo", "task": "sst"},
    "text": ["sentence"],
    "label": "label",
    "metric": "accuracy",
}


def drive(url: str, owner: str, trials: int) -> None:
    config = TrainConfig.model_validate({"tasks": {"sst": TASK}})
    result = EpochResult(1, 0.5, True, (Metric("dev", "overall", "overall", 0.5),), 1, 1, {}, {}, 100)
    outcome = Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=1, scores={"overall": 0.5, "sst": 0.5})
    with Database(url) as database:
        store = database.create("s@demo", {}, {}, digest="d", version="1", wanted=40)
        leases, outcomes = store.leases(owner, 60), store.outcomes(owner)
        for _ in range(trials):
            number = leases.claim()
            trial = TrialSpec(number, "all", {"x": number / 100}, config, config.seed, number)
            assert leases.add(trial, {"x": FloatDistribution(0, 1)})
            outcomes.started(number, 1, "cpu", {})
            outcomes.epoch(number, result)
            outcomes.finished(number, outcome)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    drive(sys.argv[1], sys.argv[2], int(sys.argv[3]))
