"""A job of SLURM meets its time limit in the middle of a trial, is requeued, and goes on from the checkpoint.

    python -m tests.slurm.timelimit

One trial that takes longer than a minute, in a job that may take a minute, on a cluster of one node that is
started for it (see ``cluster.py``). Demanded: the job is warned and requeued at least once, the study ends,
at most one step of training is lost by each warning, and the metrics of every epoch are those of a trial that
nobody disturbed.
"""

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sweeper.trial import RunState
from tests.faults.sweep import Run, Sweep
from tests.faults.verdict import Verdict
from tests.slurm.cluster import cluster, missing


def counted(sweep: Sweep) -> Sweep:
    """The same, but its training steps are counted."""
    path = os.pathsep.join(map(str, (Path(__file__).parent / "counting", Path(__file__).parents[2])))
    return replace(sweep, environment={**sweep.environment, "PYTHONPATH": path})


def start(sweep: Sweep, *options: str) -> Run:
    """Types the command that submits jobs, or finds those that live."""
    study = ("--study", sweep.study, "--workload", sweep.workload, "--trials", str(sweep.trials))
    return sweep.command("run", *study, "--executor", "slurm", "--workers", str(sweep.workers), *options)


def logs(sweep: Sweep) -> list[str]:
    """What each job has written so far."""
    files = sorted((sweep.home / "slurm" / sweep.name).glob("*_log.out"))
    return [file.read_text(encoding="utf-8") for file in files]


def wait_for(sweep: Sweep, text: str, seconds: float = 120.0) -> None:
    """Waits until a job has written `text`."""
    deadline = time.monotonic() + seconds
    while not any(text in log for log in logs(sweep)):
        assert time.monotonic() < deadline, f"no {text!r} in {logs(sweep)}"
        time.sleep(0.1)


def assert_resumed(sweep: Sweep) -> int:
    """Checks a counted study of one trial in one job that was requeued; returns how often it was."""
    [log] = logs(sweep)
    [row] = sweep.runs()
    assert row.state is RunState.COMPLETE
    requeued = log.count("trial 0 continues")
    assert requeued >= 1, log
    assert row.attempts == requeued + 1
    steps = (sweep.home / "steps").stat().st_size
    needed = row.config["epochs"] * row.config["steps_per_epoch"]
    print(f"    {steps} steps trained, {needed} needed, the job requeued {requeued} times", flush=True)
    assert needed <= steps <= needed + requeued, f"{steps} steps of {needed}: trained twice"
    replay = sweep.command("replay", sweep.name, "0")
    assert replay.end() == 0, replay.lines
    return requeued


def main() -> None:
    if why := missing():
        sys.exit(why)
    verdict = Verdict()
    requeued = 0
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as name,
        tempfile.TemporaryDirectory() as home,
        cluster(Path(name)) as variables,
        verdict.case("a job that meets its time limit goes on from its checkpoint"),
    ):
        sweep = counted(Sweep(Path(home), 1, workload="minutes", environment=variables))
        began = time.monotonic()
        run = start(sweep, "--job-time", "1m")
        code = run.end()
        print("".join(run.lines), end="", flush=True)
        assert (code, run.errors) == (0, ""), run.errors
        print(f"    {time.monotonic() - began:.0f} s with a limit of 60 s a job", flush=True)
        requeued = assert_resumed(sweep)
    sys.exit(verdict.exit_code(f"requeued {requeued} times"))


if __name__ == "__main__":
    main()
