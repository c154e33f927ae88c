"""Recording a trial of three epochs on SQLite: our database, Optuna's tables included; stock Optuna."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import optuna

from model.result import EpochResult, Metric
from sweeper.database import Database
from sweeper.run import Outcome, RunState
from sweeper.search import distributions, propose
from sweeper.studyfile import load_study

TRIALS = 40
EPOCHS = 3


def ours(folder: Path) -> list[float]:
    """Milliseconds of each trial: claim, propose, record every metric of every epoch, end."""
    study = load_study("sbert-grid", "demo")
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    times = []
    with Database(f"sqlite:///{folder / 'ours.db'}") as database:
        database.create_sweep(
            study.name, spec, workload, digest=study.digest(), version="bench", wanted=TRIALS
        )
        for _ in range(TRIALS):
            began = time.perf_counter()
            number = database.claim_number(study.name, "bench")
            trial = propose(study, number, database.history(study.name))
            assert trial is not None
            database.add_run(study.name, trial, distributions(study), "bench", 60.0)
            database.start_run(study.name, number, 1, "cpu", {})
            for epoch in range(1, EPOCHS + 1):
                database.record_epoch(study.name, number, _result(epoch))
            scores = {"overall": 0.5}
            outcome = Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=1, scores=scores)
            database.finish_run(study.name, number, outcome)
            times.append(1000 * (time.perf_counter() - began))
    return times


def stock(folder: Path) -> list[float]:
    """Milliseconds of each trial in Optuna as it comes: ask, report `overall` of every epoch, tell."""
    space = distributions(load_study("sbert-grid", "demo"))
    study = optuna.create_study(storage=f"sqlite:///{folder / 'stock.db'}", direction="maximize")
    times = []
    for _ in range(TRIALS):
        began = time.perf_counter()
        trial = study.ask(space)
        for epoch in range(1, EPOCHS + 1):
            trial.report(0.5, epoch)
        study.tell(trial, 0.5)
        times.append(1000 * (time.perf_counter() - began))
    return times


def measure() -> dict[str, float]:
    """Medians in milliseconds; ours writes the same to Optuna's tables and all metrics to its own."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sides: dict[str, Callable[[Path], list[float]]] = {"ours": ours, "stock": stock}
    with tempfile.TemporaryDirectory() as folder:
        medians = {name: statistics.median(side(Path(folder))) for name, side in sides.items()}
    ratio = medians["ours"] / medians["stock"]
    print(
        f"  ours {medians['ours']:.1f} ms, stock Optuna {medians['stock']:.1f} ms a trial: ratio {ratio:.2f}"
    )
    return {"ours_ms": medians["ours"], "stock_optuna_ms": medians["stock"], "ratio": ratio}


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
