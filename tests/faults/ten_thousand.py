"""With 10,000 finished trials in the database: how long `sweeper status` and the next proposal take.

Example: python -m tests.faults.ten_thousand
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

import sqlalchemy as sa

from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.store.database import Database
from sweeper.store.tables import epoch_metric, run
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, RunState

STATUS_SECONDS, PROPOSAL_SECONDS = 2.0, 0.2
CHUNK = 500


def fill(url: str, study: Study, trials: int) -> None:
    """Writes finished trials as a sweep would have left them: one in fifty failed, all of Optuna's told."""
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    with Database(url) as database:
        found = database.create(
            study.name, spec, workload, digest=study.digest(), version="0", wanted=trials + 1
        ).row
    engine = sa.create_engine(url)
    random, now, arms = Random(1), datetime.now(UTC), list(study.spec.arms)
    with engine.begin() as connection:
        for first in range(0, trials, CHUNK):
            numbers = range(first, min(first + CHUNK, trials))
            rows, metrics, told = [], [], []
            for number in numbers:
                configuration, arm = divmod(number, len(arms))
                params = {key: entry.at(random.random()) for key, entry in study.space.items()}
                config = study.config(arms[arm], params, study.spec.seeds[0])
                failed = number % 50 == 49
                scores = dict.fromkeys(("overall", *study.tasks), random.random())
                rows.append({
                    "id": number + 1, "sweep_id": found.id, "number": number, "trial_id": number + 1,
                    "arm": arms[arm], "seed": study.spec.seeds[0], "configuration": configuration,
                    "state": RunState.FAILED if failed else RunState.COMPLETE, "owner": "host:1:1",
                    "attempts": 1, "threads": 1, "device": "cpu", "created": now, "started": now,
                    "finished": now, "seconds": 60.0, "params": params, "halvings": 0,
                    "config": config.model_dump(mode="json"), "scores": None if failed else scores,
                    "best_epoch": None if failed else 1,
                    "error_class": ErrorClass.NAN if failed else None,
                    "traceback": "Traceback\n" * 20 if failed else None,
                })  # fmt: skip
                told.append({"id": number + 1, "number": number, "state": "FAIL" if failed else "COMPLETE"})
                metrics += [
                    {"run_id": number + 1, "epoch": epoch, "split": split, "task": task, "metric": "m",
                     "value": random.random()}
                    for epoch in range(1, config.epochs + 1)
                    for split in ("train", "dev")
                    for task in ("overall", *study.tasks)
                ]  # fmt: skip
            connection.execute(
                sa.text(
                    "INSERT INTO trials (trial_id, number, study_id, state) VALUES (:id, :number, 1, :state)"
                ),
                told,
            )
            connection.execute(run.insert(), rows)
            connection.execute(epoch_metric.insert(), metrics)
        if engine.dialect.name == "postgresql":  # whose counters do not see keys that were given
            for table, key in (("trials", "trial_id"), ("run", "id")):
                counter = sa.func.pg_get_serial_sequence(table, key)
                connection.execute(sa.select(sa.func.setval(counter, trials)))
    engine.dispose()


def status_seconds(url: str) -> tuple[float, float]:
    """Wall time and CPU time of `sweeper status`, from the start of its process to its end."""
    began, used = time.perf_counter(), os.times()
    command = [sys.executable, "-m", "sweeper", "status", "--storage", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - began
    assert " trials" in said
    after = os.times()
    cpu = after.children_user + after.children_system - used.children_user - used.children_system
    return seconds, cpu


def proposal_seconds(url: str, study: Study, number: int) -> float:
    """Wall time in which a driver reads the history and proposes the next trial."""
    with Database(url) as database:
        trials = database.study(study.name).trials
        history = History.of(study, trials.past())  # as a driver that has proposed before
        began = time.perf_counter()
        for past in trials.past(history.end, history.unfinished, history.failed):
            history.enter(past)
        trial = propose(study, number, history)
        seconds = time.perf_counter() - began
    assert trial is not None
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000, help="finished trials (default: 10,000)")
    parser.add_argument("--repeats", type=int, default=5, help="measurements, of which the median counts")
    given = parser.parse_args()
    study = load_study("sbert-grid", "demo")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'studies.db'}"
        fill(url, study, given.trials)
        status = [status_seconds(url) for _ in range(given.repeats)]
        proposal = [proposal_seconds(url, study, given.trials) for _ in range(given.repeats)]
    failed = False
    print(f"CPU time of sweeper status: median {median(cpu for _, cpu in status):.3f} s")
    for what, seconds, limit in (
        ("sweeper status", [wall for wall, _ in status], STATUS_SECONDS),
        ("history and proposal", proposal, PROPOSAL_SECONDS),
    ):
        good = median(seconds) <= limit
        failed |= not good
        print(
            f"{what}: median {median(seconds):.3f} s, worst {max(seconds):.3f} s of {given.repeats} "
            f"(limit {limit} s): {'ok' if good else 'TOO SLOW'}"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
