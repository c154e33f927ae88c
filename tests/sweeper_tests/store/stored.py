"""A study of one arm or two in a database, its trials and their outcomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from model.config import TrainConfig
from model.result import EpochResult, Metric
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.trial import ErrorClass, Outcome, RunState, TrialRow, TrialSpec

NAME = "grid@demo"
ME = "host:1:100"
YOU = "host:2:200"
SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(1e-6, 1e-3, log=True),
    "sts_loss": CategoricalDistribution(["mse", "ce"]),
}
SOURCE = {"kind": "demo", "task": "sts"}
PAIR = {"kind": "pair", "range": (0, 5), "source": SOURCE, "text": ["a", "b"], "label": "y"}
CONFIG = TrainConfig.model_validate(
    {"tasks": {"sts": PAIR | {"metric": "pearson", "loss": "mse"}}, "seed": 7}
)
FIRST_DIGEST = "c6adba9791adf6e9f7092f250d0e84aeb220a6c5bc9d9c7e90d6f80f961553ac"
"""What the first version computed from CONFIG."""

PARAMS = {"learning_rate": 1e-4, "sts_loss": "ce"}
COMPLETE = Outcome(
    state=RunState.COMPLETE,
    seconds=4.5,
    best_epoch=2,
    scores={"overall": 0.75, "sts": 0.5},
    peak_memory_mb=321.0,
)
PRUNED = Outcome(state=RunState.PRUNED, seconds=1.0, best_epoch=1, scores={"overall": 0.6, "sts": 0.2})
FAILED = Outcome(state=RunState.FAILED, seconds=2.0, error_class=ErrorClass.OOM, traceback="no \0 \udcff")


def trial(number: int, arm: str = "plain", params: dict[str, Any] | None = None) -> TrialSpec:
    return TrialSpec(number, arm, PARAMS if params is None else params, CONFIG, CONFIG.seed, number)


def epoch(number: int, overall: float, loss: float = 1.5) -> EpochResult:
    metrics = (
        Metric("dev", "sts", "pearson", 2 * overall - 1),
        Metric("dev", "overall", "overall", overall),
        Metric("train", "sts", "loss", loss),
    )
    return EpochResult(number, overall, True, metrics, 1.0, 0.5, {"sts": 10}, {"sts": 12}, 100.0)


def begin(database: Database, name: str = NAME) -> StudyStore:
    return database.create(name, {"name": "grid"}, {"name": "demo"}, digest="abc", version="0.1", wanted=40)


def queue(store: StudyStore, arm: str = "plain", owner: str = ME) -> int:
    leases = store.leases(owner, 60)
    number = leases.claim(99)
    assert leases.add(trial(number, arm), SPACE)
    return number


def row_of(store: StudyStore, number: int) -> TrialRow:
    row = store.trials.row(number)
    assert row is not None
    return row


def run_whole(store: StudyStore, outcome: Outcome, arm: str = "plain") -> int:
    number, outcomes = queue(store, arm), store.outcomes(ME)
    outcomes.started(number, 1, threads=2, device="cpu", versions={"torch": "2.9"})
    outcomes.epoch(number, epoch(1, 0.6))
    outcomes.finished(number, outcome)
    return number


@contextmanager
def in_optuna(url: str) -> Iterator[list[optuna.trial.FrozenTrial]]:
    """The trials as Optuna itself reads them."""
    storage = optuna.storages.RDBStorage(url)
    yield optuna.load_study(study_name=NAME, storage=storage).trials
    storage.engine.dispose()
