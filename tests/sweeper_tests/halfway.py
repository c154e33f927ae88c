"""A study half way, as those see it who look at it meanwhile."""

from model.result import EpochResult, Metric
from sweeper.search.distributions import distributions
from sweeper.search.propose import propose
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, Outcome, RunState

HERE = str(Owner.this_process())
DEAD = str(Owner(Owner.this_process().host, 1, 1))


def add(store: StudyStore, study: Study, owner: str) -> int:
    leases = store.leases(owner, 60.0)
    number = leases.claim(99)
    trial = propose(study, number, store.trials.past())
    assert trial is not None
    assert leases.add(trial, distributions(study))
    return number


def evaluation(epoch: int, value: float) -> EpochResult:
    metrics = (Metric("train", "sst", "loss", 1 / value), Metric("dev", "overall", "overall", value))
    return EpochResult(epoch, value, True, metrics, 1.0, 1.0, {}, {}, 10.0)


def fill(store: StudyStore, study: Study) -> None:
    """Four trials: complete, failed after three epochs, running, and left by a driver that died."""
    outcomes = store.outcomes(HERE)
    for owner in (HERE, HERE, HERE, DEAD):
        add(store, study, owner)
    for number in (0, 1, 2):
        outcomes.started(number, 1, threads=1, device="cpu", versions={"torch": "9.9"})
    for epoch, value in ((1, 0.5), (2, 0.625)):
        outcomes.epoch(0, evaluation(epoch, value))
        outcomes.epoch(1, evaluation(epoch, value))
    outcomes.epoch(1, evaluation(3, float("nan")))
    outcomes.epoch(2, evaluation(1, 0.5))
    scores = {"overall": 0.625, "sst": 0.25}
    outcomes.finished(0, Outcome(state=RunState.COMPLETE, seconds=9.0, best_epoch=2, scores=scores))
    failed = Outcome(
        state=RunState.FAILED,
        seconds=3.0,
        error_class=ErrorClass.NAN,
        traceback="Traceback (most recent call last):\n  [red]here[/red]\nValueError: the loss is nan\n",
    )
    outcomes.finished(1, failed)
