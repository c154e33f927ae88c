"""Studies and trials made by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.result import EpochResult, Metric
from sweeper.report.document import Document, Table
from sweeper.report.results import Results
from sweeper.search.distributions import distributions
from sweeper.store.database import Database
from sweeper.store.frames import epochs_frame, trials_frame
from sweeper.store.study import StudyStore
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from sweeper.trial import ErrorClass, Outcome, RunState, TrialRow, TrialSpec

BEGUN = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
WORKLOAD = load_study("quickstart", "demo").workload
SPACE = {
    "learning_rate": "workload",
    "dropout": [0.1, 0.3, 0.5],
    "weight_decay": [0.1, 0.3],
}
PARAMS = {"learning_rate": 3.21e-4, "dropout": 0.3, "weight_decay": 0.1}
VERSIONS = {"sweeper": "0.1.0", "torch": "2.9.0"}


def study(workload: Workload = WORKLOAD, **fields: Any) -> Study:
    """Two arms over three settings on the demo corpus, unless `fields` of the study file say otherwise."""
    written = {
        "name": "made",
        "description": "Is S-BERT better than a baseline?",
        "arms": {
            "Baseline": {"sst_head": "mlp", "paraphrase_head": "linear", "sts_head": "cosine"},
            "S-BERT": {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"},
        },
        "space": SPACE,
        "tables": ["arms", "table2", "table3"],
    }
    return Study(StudySpec.model_validate(written | fields), workload)


def row(
    of: Study,
    number: int,
    arm: str,
    scores: Sequence[float] | None = None,
    *,
    params: Mapping[str, Any] = PARAMS,
    seed: int = 11711,
    state: RunState = RunState.COMPLETE,
    error: str | None = None,
) -> TrialRow:
    """One trial; a complete one has a score for each task, a failed one an error."""
    chosen = of.spaces[arm].applying(params)
    named = dict(zip(of.tasks, scores, strict=True)) if scores is not None else None
    begun = BEGUN + timedelta(minutes=number)
    return TrialRow(
        id=number + 1,
        number=number,
        trial_id=number + 1,
        arm=arm,
        params=chosen,
        config=of.config(arm, chosen, seed).model_dump(mode="json"),
        seed=seed,
        configuration=number,
        state=state,
        owner="host:1",
        lease_expires=None,
        attempts=1,
        threads=1,
        device="cpu",
        versions=VERSIONS,
        created=begun,
        started=begun,
        finished=begun + timedelta(seconds=12.5) if state.final else None,
        seconds=12.5 if state.final else None,
        peak_memory_mb=321.0 if state.final else None,
        best_epoch=2 if named else None,
        scores={"overall": of.overall.score(of.tasks, named)} | named if named else None,
        error_class=ErrorClass.ERROR if state is RunState.FAILED else None,
        traceback=error,
    )


def epochs(of: Study, run: TrialRow) -> list[EpochResult]:
    """Three epochs of a complete trial: dev scores peak at the second, training scores rise."""
    if run.scores is None:
        return []
    results = []
    for epoch in (1, 2, 3):
        metrics = [
            Metric("dev", "overall", "overall", run.scores["overall"]),
            Metric("train", "sst", "loss", 1.5),
        ]
        for name, task in of.tasks.items():
            dev = run.scores[name] - 0.03 * abs(epoch - 2)
            metrics += [
                Metric("dev", name, task.metric, dev),
                Metric("train", name, task.metric, dev + 0.05 * epoch),
            ]
        overall = run.scores["overall"] - 0.03 * abs(epoch - 2)
        metrics[0] = Metric("dev", "overall", "overall", overall)
        tokens = dict.fromkeys(of.tasks, 100)
        results.append(
            EpochResult(epoch, overall, epoch < 3, tuple(metrics), 1.0, 0.5, tokens, tokens, 321.0)
        )
    return results


def results(
    of: Study, runs: Sequence[TrialRow], wanted: int | None = None, metrics: Sequence[Any] | None = None
) -> Results:
    """What tables and figures are made from; `metrics` are other rows of epochs than those of `epochs`."""
    own = [
        (run.number, run.arm, epoch.epoch, metric.split, metric.task, metric.name, metric.value)
        for run in runs
        for epoch in epochs(of, run)
        for metric in epoch.metrics
    ]
    return Results(
        name=of.name,
        objectives=of.spec.objectives,
        pairs=of.spec.pairs,
        description=of.spec.description,
        notice=of.workload.notice,
        tasks=of.tasks,
        arms=tuple(of.spec.arms),
        space=of.space,
        wanted=len(runs) if wanted is None else wanted,
        trials=trials_frame(runs, {run.number: len(epochs(of, run)) for run in runs}),
        epochs=epochs_frame(own if metrics is None else metrics),
        spaces={} if all(space.plain for space in of.spaces.values()) else of.spaces,
    )


def document(of: Results, summary: Sequence[str] = (), tables: Sequence[Table] = ()) -> Document:
    """What a report says of them: these sentences and tables."""
    formula = of.formula
    return Document(of.name, of.description, formula, of.notice, tuple(summary), of.arms, tuple(tables))


def trials(of: Study, error: str = "Traceback\nboom") -> list[TrialRow]:
    """Two settings of each of two arms, one that failed, and one that runs."""
    first, second = of.spec.arms
    other = PARAMS | {"dropout": 0.5}
    return [
        row(of, 0, first, (0.400, 0.700, 0.500)),
        row(of, 1, second, (0.450, 0.750, 0.600)),
        row(of, 2, first, (0.420, 0.690, 0.520), params=other),
        row(of, 3, second, (0.470, 0.740, 0.640), params=other),
        row(of, 4, first, None, state=RunState.FAILED, error=error),
        row(of, 5, second, None, state=RunState.RUNNING),
    ]


def begin(database: Database, of: Study, wanted: int) -> StudyStore:
    """Begins the study, unless it has begun."""
    spec, workload = (part.model_dump(mode="json") for part in (of.spec, of.workload))
    return database.create(of.name, spec, workload, digest=of.digest(), version="0.1.0", wanted=wanted)


def store(path: Path, of: Study, runs: Sequence[TrialRow], wanted: int | None = None) -> Database:
    """An open database with the study in it."""
    database = Database(f"sqlite:///{path}/studies.db")
    made = begin(database, of, len(runs) if wanted is None else wanted)
    write_rows(made, of, runs)
    return database


def write_rows(made: StudyStore, of: Study, runs: Sequence[TrialRow]) -> None:
    """Writes trials as a driver would."""
    leases, outcomes = made.leases("host:1", 60.0), made.outcomes("host:1")
    for run in runs:
        number = leases.claim(99)
        config = of.config(run.arm, run.params, run.seed)
        trial = TrialSpec(number, run.arm, run.params, config, run.seed, run.configuration)
        leases.add(trial, distributions(of))
        if run.state is RunState.QUEUED:
            continue
        outcomes.started(number, 1, threads=1, device="cpu", versions=VERSIONS)
        for epoch in epochs(of, run):
            outcomes.epoch(number, epoch)
        if run.state.final:
            outcome = Outcome(
                state=run.state,
                seconds=12.5,
                best_epoch=run.best_epoch,
                scores=run.scores,
                peak_memory_mb=321.0,
                error_class=run.error_class,
                traceback=run.traceback,
            )
            outcomes.finished(number, outcome)
