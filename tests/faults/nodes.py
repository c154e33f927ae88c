"""Runs sbert-grid on a Ray cluster of three nodes over PostgreSQL, undisturbed and with its nodes killed.

    python -m tests.faults.nodes --trials 40

The nodes are on this machine, with one core each. In the case `killed` one of the two nodes beside the head
is killed with a probability of .3 every ten seconds, and replaced, and the driver is killed twice and started
again. Demanded in both cases: exactly the trials asked for, numbered from 0, none twice, all complete, and
every one with the metrics, bit for bit, that the local executor gives its configuration. Counted: the trials
that lost their node or their driver, and the epochs that their checkpoints saved.
"""

import argparse
import math
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from model.checkpoint import epochs_kept
from model.config import TrainConfig
from model.result import EpochResult
from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Evaluated, Failed, Finished, Job
from sweeper.executors.ray_cluster import LOOPBACK
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.trial import TrialRow
from tests.faults import postgresql
from tests.faults.sweep import Run, Sweep
from tests.faults.verdict import Verdict

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

MISSING = "no Ray here: pip install 'sentence-sweeper[ray]'"
NODES = 3
DRIVER_KILLS = 2


def available() -> bool:
    """Whether Ray is installed."""
    return find_spec("ray") is not None


@contextmanager
def cluster() -> Iterator["Cluster"]:
    """Three nodes of one core on 127.0.0.1."""
    os.environ.setdefault(LOOPBACK, "0")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        for _ in range(NODES - 1):
            nodes.add_node(num_cpus=1)
        yield nodes
    finally:
        nodes.shutdown()


class Reaper:
    """Kills nodes at random, and drivers after so many trials; counts.

    Args:
        nodes: The cluster; its head is spared, without which there is none.
        seed: Of moments and victims.
        period: Seconds between two throws of the dice.
        probability: That a node dies at one.
        cores: Of a node.
    """

    def __init__(
        self, nodes: "Cluster", seed: int, period: float, probability: float, cores: int = 1
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._nodes = nodes
        self._random = random.Random(seed)
        self._period = period
        self._probability = probability
        self._cores = cores
        self._next = time.monotonic() + period

    def moments(self, trials: int, kills: int) -> list[int]:
        """After how many finished trials of a study its drivers die."""
        return sorted(self._random.sample(range(1, trials), kills))

    def node(self) -> None:
        """Kills a node and adds another, if it is time and the dice say so."""
        if time.monotonic() < self._next:
            return
        self._next += self._period
        if self._random.random() < self._probability:
            victim = self._random.choice(list(self._nodes.worker_nodes))
            self._nodes.remove_node(victim, allow_graceful=False)
            self._nodes.add_node(num_cpus=self._cores)
            self.counts["nodes killed"] += 1

    def driver(self, sweep: Sweep, run: Run) -> None:
        """Kills a driver; counts the epochs in the checkpoints of the trials that it had."""
        run.kill()
        self.counts["drivers killed"] += 1
        for row in sweep.runs():
            if not row.state.final:
                kept = epochs_kept(Home(sweep.home).runs / sweep.name / str(row.number))
                self.counts["trials that lost their driver"] += 1
                self.counts["epochs saved from them"] += kept or 0

    def hear(self, lines: list[str]) -> None:
        """Counts what a driver said of lost nodes."""
        text = "".join(lines)
        self.counts["trials that lost their node"] += len(
            re.findall(r"trial \d+: its node \w+ is lost", text)
        )
        saved = [int(epochs) for epochs in re.findall(r"from its checkpoint, epoch (\d+) of", text)]
        self.counts["of these from a checkpoint"] += len(saved)
        self.counts["of these from the start"] += len(re.findall(r"goes on, on .*, from its start", text))
        self.counts["epochs saved from these"] += sum(saved)


def start(sweep: Sweep, address: str) -> Run:
    """The driver: the same command each time."""
    options = ["--study", sweep.study, "--workload", sweep.workload, "--trials", str(sweep.trials)]
    return sweep.command("run", *options, "--executor", "ray", "--ray-address", address)


def undisturbed(sweep: Sweep, address: str) -> None:
    """Runs the study to its end."""
    run = start(sweep, address)
    code = run.end()
    assert (code, run.errors) == (0, ""), f"exit code {code}: {run.errors}"


def disturbed(sweep: Sweep, address: str, reaper: Reaper, kills: int, timeout: float = 1200.0) -> None:
    """Runs the study to its end while nodes die, and so many drivers."""
    deadline, moments = time.monotonic() + timeout, reaper.moments(sweep.trials, kills)
    run, finished = start(sweep, address), 0
    while run.running():
        assert time.monotonic() < deadline, "it does not come to its end"
        reaper.node()
        if moments and finished + sum(" complete · " in line for line in run.lines) >= moments[0]:
            finished = moments.pop(0)
            reaper.driver(sweep, run)
            reaper.hear(run.lines)
            run = start(sweep, address)
        time.sleep(0.2)
    code = run.end()
    reaper.hear(run.lines)
    assert (code, run.errors) == (0, ""), f"exit code {code}: {run.errors}"


def assert_as_locally(sweep: Sweep, cache: Path) -> int:
    """Compares every metric with what the local executor gives; returns how many are equal, bit for bit."""
    sweep.tables()
    with Database(sweep.url, must_exist=True) as database:
        trials = database.study(sweep.name).trials
        rows = trials.rows()
        recorded = {row.number: trials.metrics(row.number) for row in rows}
    compared = 0
    for number, result in trained_locally(rows, cache):
        for m in result.metrics:
            value = None if math.isnan(m.value) else m.value
            key = (result.epoch, m.split, m.task, m.name)
            assert recorded[number].pop(key) == value, f"trial {number}: {key}"
            compared += 1
    assert not any(recorded.values()), "a metric that is recorded did not come again"
    return compared


def trained_locally(rows: list[TrialRow], cache: Path) -> Iterator[tuple[int, EpochResult]]:
    """Every epoch of some trials, trained again by the local executor at equal thread counts."""
    executor, left, under_way = LocalExecutor(workers=2), list(rows), 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            while left or under_way:
                while left and under_way < executor.workers:
                    row = left.pop(0)
                    config = TrainConfig.model_validate(row.config)
                    rundir = Path(folder) / str(row.number)
                    executor.submit(Job(row.number, config, rundir, None, cache, row.threads or 1))
                    under_way += 1
                for event in executor.poll(1.0):
                    assert not isinstance(event, Failed), event
                    under_way -= isinstance(event, Finished)
                    if isinstance(event, Evaluated):
                        yield event.number, event.result
        finally:
            executor.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=40, help="of each study (default: 40)")
    parser.add_argument("--case", choices=["undisturbed", "killed"], help="only this one (default: both)")
    parser.add_argument("--period", type=float, default=10.0, help="of the dice, in seconds (default: 10)")
    parser.add_argument("--probability", type=float, default=0.3, help="that a node dies (default: .3)")
    parser.add_argument("--seed", type=int, default=0, help="of moments and victims (default: 0)")
    given = parser.parse_args()
    if not (available() and postgresql.available()):
        sys.exit(MISSING if not available() else postgresql.MISSING)
    verdict, counts = Verdict(), Counter[str]()
    with (
        tempfile.TemporaryDirectory() as name,
        postgresql.server(Path(name) / "data") as server,
        cluster() as nodes,
    ):
        for case in [given.case] if given.case else ["undisturbed", "killed"]:
            study = Sweep(
                Path(name) / case,
                given.trials,
                study="sbert-grid",
                workload="one-core",
                storage=postgresql.new_database(server.url, case),
            )
            began = time.monotonic()
            with verdict.case(f"{case}: {given.trials} trials, none lost, none double, all as locally"):
                if case == "undisturbed":
                    undisturbed(study, nodes.address)
                else:
                    reaper = Reaper(nodes, given.seed, given.period, given.probability)
                    disturbed(study, nodes.address, reaper, DRIVER_KILLS)
                    counts = reaper.counts
                print(f"    {case}: {time.monotonic() - began:.0f} s on {NODES} nodes", flush=True)
                compared = assert_as_locally(study, Path(name) / "cache")
                print(f"    {compared} metrics equal those of the local executor, bit for bit", flush=True)
    sys.exit(verdict.exit_code(", ".join(f"{count} {what}" for what, count in counts.items()) or "no kills"))


if __name__ == "__main__":
    main()
