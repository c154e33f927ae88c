"""1,000 trials of an instant trainer, three evaluations each, on SQLite: our driver; Optuna's study.optimize.

Ours does all that a sweep does but train: claim, propose, record every metric of every epoch, renew, end, and
write the same to Optuna's tables. Optuna proposes from the same space, reports `overall` at every epoch, and
ends. Both as they come: TPE, no pruner, SQLite files on the same disk, one process.
"""

import tempfile
import time
from pathlib import Path

import optuna
from optuna.samplers import TPESampler

from model.result import EpochResult, Metric
from sweeper.executors.protocol import Evaluated, Event, Finished, Job, Started
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.search.distributions import distributions
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver

TRIALS = 1000
EPOCHS = 3


class InstantExecutor:
    """Has every event of a trial ready when it is submitted."""

    workers = 1

    def __init__(self) -> None:
        self._events: list[Event] = []

    def submit(self, job: Job) -> None:
        """Queues the events of a whole trial."""
        epochs = [Evaluated(job.number, _result(epoch)) for epoch in range(1, EPOCHS + 1)]
        self._events = [Started(job.number, 1, "cpu", "here"), *epochs, Finished(job.number)]

    def poll(self, timeout: float) -> list[Event]:
        """All events of the trial."""
        events, self._events = self._events, []
        return events

    def cancel(self, number: int) -> None:
        """Never asked: no trial takes time."""

    def stop(self) -> None:
        """Never asked."""

    def close(self) -> None:
        """Nothing runs."""


def drive(store: StudyStore, study: Study, wanted: int, home: Path, observer: Observer) -> None:
    """Brings a study to a number of instant trials."""
    Driver(
        store=store,
        study=study,
        wanted=wanted,
        executor=InstantExecutor(),
        home=Home(home),
        data=None,
        observer=observer,
    ).run()


def ours(folder: Path, study: Study) -> float:
    """Seconds for all trials."""
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    began = time.perf_counter()
    with Database(f"sqlite:///{folder / 'ours.db'}") as database:
        store = database.create(
            study.name, spec, workload, digest=study.digest(), version="bench", wanted=TRIALS
        )
        drive(store, study, TRIALS, folder, Observer())
        seconds = time.perf_counter() - began
        complete = [run for run in store.trials.rows() if run.scores]
        assert len(complete) == TRIALS
    return seconds


def stock(folder: Path, study: Study) -> float:
    """Seconds for all trials."""
    space = distributions(study)

    def objective(trial: optuna.Trial) -> float:
        for name, distribution in space.items():
            trial._suggest(name, distribution)
        for epoch in range(1, EPOCHS + 1):
            trial.report(0.1 * epoch, epoch)
        return 0.1 * EPOCHS

    began = time.perf_counter()
    search = optuna.create_study(
        storage=f"sqlite:///{folder / 'stock.db'}", direction="maximize", sampler=TPESampler(seed=0)
    )
    search.optimize(objective, n_trials=TRIALS)
    return time.perf_counter() - began


def measure() -> dict[str, float]:
    """Seconds of both and their ratio."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = load_study("sbert-grid", "demo")
    with tempfile.TemporaryDirectory() as folder:
        seconds = {"ours": ours(Path(folder), study), "stock": stock(Path(folder), study)}
    ratio = seconds["ours"] / seconds["stock"]
    print(
        f"  {TRIALS} trials: ours {seconds['ours']:.1f} s, stock Optuna {seconds['stock']:.1f} s: "
        f"ratio {ratio:.2f}"
    )
    return {"ours_s": seconds["ours"], "stock_optuna_s": seconds["stock"], "ratio": ratio}


def _result(epoch: int) -> EpochResult:
    tasks = ("sst", "para", "sts", "overall")
    metrics = tuple(Metric(split, task, "score", 0.1 * epoch) for split in ("train", "dev") for task in tasks)
    return EpochResult(
        epoch=epoch,
        overall=0.1 * epoch,
        best=True,
        metrics=metrics,
        train_seconds=1.0,
        eval_seconds=1.0,
        tokens={},
        padded_tokens={},
        peak_memory_mb=1.0,
    )
