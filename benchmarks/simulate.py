"""Past this machine: the real driver, search and database on a virtual clock, 1 to 1,000 simulated workers.

Simulated are the trials and their nodes. A trial takes five minutes, a fifth more or less, and saves a
checkpoint after each epoch; a node is lost with p = .03 every 10 s, the rate of Ray's release tests, here of
every node for itself, and another takes its place at once. Real is what a driver does: every second of it,
measured, passes on the virtual clock too, in which the workers wait. Many drivers on one SQLite database wait
for each other's transactions.

Example: python -m benchmarks.simulate 200 drivers

Without names all of them are simulated, which takes a quarter of an hour on two cores.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from sweeper.observers.several import Several
from sweeper.observers.view import view_of
from sweeper.paths import Home
from sweeper.show.status import tally
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.trial import RunState

from .databaseload import DatabaseLoad
from .nodes import Ledger, Load, Nodes
from .virtualclock import VirtualClock

SEEDS = (11711, 11712, 11713, 11714, 11715)
WARMUPS = (0.0, 0.1, 0.2)


@dataclass(frozen=True)
class Case:
    """What is simulated.

    Attributes:
        workers: Workers of a driver.
        trials: Trials of the study.
        drivers: Drivers, which share the database.
        load: What the trials ask of their nodes.
    """

    workers: int
    trials: int
    drivers: int = 1
    load: Load = Load()  # noqa: RUF009 - frozen


# With few workers nothing bends: fewer trials say the same.
GROUPS: dict[str, tuple[Case, ...]] = {
    "1-100": (Case(1, 20), Case(10, 200), Case(50, 1_000), Case(100, 2_000)),
    "200": (Case(200, 10_000),),
    "500": (Case(500, 5_000),),
    "1000": (Case(1_000, 10_000),),
    "drivers": tuple(Case(1, 10 * drivers, drivers) for drivers in (10, 50, 100)),
    "epochs": tuple(Case(50, 500, load=Load(epochs=epochs)) for epochs in (5, 10, 20, 40)),
    "quiet": (Case(200, 2_000, load=Load(lost=0.0)),),
    # So short that a driver cannot keep up.
    "short": tuple(
        Case(1_000, 3_000, load=Load(trial_seconds=seconds, epochs=3, start_seconds=0.5, lost=0.0))
        for seconds in (60.0, 20.0, 10.0)
    ),
}
TITLES = {
    "drivers": "drivers of one worker",
    "epochs": "epochs of a trial, 50 workers",
    "quiet": "workers, no node lost",
    "short": "seconds of a trial, 1,000 workers, no node lost",
}
FIGURES = {
    "efficiency": "efficiency %",
    "while_trials_are_left": "while trials are left %",
    "trained_again": "trained again %",
    "waiting": "waiting for the driver %",
    "nothing_left": "no trial left %",
    "failed": "failed trials",
    "driver_busy": "driver busy %",
    "driver_ms": "driver, ms a trial",
    "database_ms": "of that in the database",
    "statements": "statements/s",
    "transactions": "transactions/s",
    "writing": "database written to %",
    "proposal_p50_ms": "proposal p50, ms",
    "proposal_p99_ms": "p99",
    "wait_p99_s": "free worker waits p99, s",
}


def simulate(case: Case, folder: Path, timer: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Runs a study to its end in a database of its own; see `FIGURES`, and `VirtualClock` for the timer."""
    clock, ledger, study = VirtualClock(timer), Ledger(), large_study(case.load.epochs)
    load, url = DatabaseLoad(clock), f"sqlite:///{folder / 'studies.db'}"
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    nodes: list[Nodes] = []

    def drive() -> None:
        nodes.append(Nodes(case.workers, case.load, clock, ledger, seed=len(nodes)))
        _drive(url, study, nodes[-1], Home(folder), clock)

    with Database(url) as database:
        store = database.create(
            study.name, spec, workload, digest=study.digest(), version="simulated", wanted=case.trials
        )
        with load.measured():
            clock.run([drive] * case.drivers)
        states = {run.number: run.state for run in store.trials.standings()}
    assert len(states) == case.trials
    assert all(state.final for state in states.values())
    for each in nodes:
        each.end(clock.latest)
    return _figures(case, clock, ledger, load, states)


def _drive(url: str, study: Study, nodes: Nodes, home: Home, clock: VirtualClock) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(Database(url, clock=clock)).study(study.name)
        # What a sweep prints into a file.
        file = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        count = tally(store, nodes.workers)
        observer = Several(count, view_of(Console(file=file), count))
        Driver(
            store=store,
            study=study,
            wanted=store.row.wanted,
            executor=nodes,
            home=home,
            data=None,
            observer=observer,
            owner=clock.owner(),
        ).run()


def _figures(
    case: Case, clock: VirtualClock, ledger: Ledger, load: DatabaseLoad, states: dict[int, RunState]
) -> dict[str, float]:
    wall = clock.latest
    whole = case.drivers * case.workers * wall
    useful = sum(ledger.trained[number] for number, state in states.items() if state is RunState.COMPLETE)
    waited = sum(ledger.waits)
    assert abs(ledger.busy + waited + ledger.over - whole) < 0.001 * whole
    p50, p99 = np.quantile(load.proposals, (0.5, 0.99))
    return {
        "trials": case.trials,
        "drivers": case.drivers,
        "epochs": case.load.epochs,
        "hours": wall / 3600,
        "nodes_lost": ledger.nodes_lost,
        "efficiency": 100 * useful / whole,
        "while_trials_are_left": 100 * useful / (whole - ledger.over),
        "trained_again": 100 * (ledger.busy - useful) / whole,
        "waiting": 100 * waited / whole,
        "nothing_left": 100 * ledger.over / whole,
        "failed": sum(state is RunState.FAILED for state in states.values()),
        "driver_busy": 100 * clock.working / wall / case.drivers,
        "driver_ms": 1000 * clock.working / case.trials,
        "database_ms": 1000 * load.seconds / case.trials,
        "statements": load.statements / wall,
        "transactions": load.transactions / wall,
        "writing": 100 * clock.held / wall,
        "proposal_p50_ms": 1000 * float(p50),
        "proposal_p99_ms": 1000 * float(p99),
        "wait_p99_s": float(np.quantile(ledger.waits, 0.99)),
    }


def large_study(epochs: int) -> Study:
    """A large ablation: twelve arms at five seeds, trials of so many epochs."""
    shipped = load_study("sbert-grid", "demo")
    arms = {
        f"{arm}, warm-up {share}": {**settings, "warmup": share}
        for arm, settings in shipped.spec.arms.items()
        for share in WARMUPS
    }
    update = {
        "arms": arms,
        "baseline": next(iter(arms)),
        "seeds": SEEDS,
        "base": {**shipped.spec.base, "epochs": epochs},
    }
    return Study(shipped.spec.model_copy(update=update), shipped.workload)


def measure(names: tuple[str, ...] = tuple(GROUPS)) -> dict[str, dict[str, dict[str, float]]]:
    """The figures of some groups of cases, by group and by workers."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name in names:
        print(f"\n| {TITLES.get(name, 'workers')} | trials | {' | '.join(FIGURES.values())} |")
        print("|---" * (2 + len(FIGURES)) + "|", flush=True)
        found[name] = {}
        for case in GROUPS[name]:
            with tempfile.TemporaryDirectory() as folder:
                figures = simulate(case, Path(folder))
            found[name][_key(name, case)] = figures
            cells = (f"{round(figures[figure], 3) + 0.0:,.4g}" for figure in FIGURES)
            print(f"| {_key(name, case)} | {case.trials:,} | {' | '.join(cells)} |", flush=True)
    return found


def _key(group: str, case: Case) -> str:
    """What tells a case from others of its group."""
    load = case.load
    told = {"epochs": load.epochs, "short": round(load.trial_seconds)}
    return f"{told.get(group, case.drivers * case.workers)}"


def main() -> None:
    """Simulates what is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*GROUPS, []], help=", ".join(GROUPS))
    measure(tuple(parser.parse_args().names) or tuple(GROUPS))


if __name__ == "__main__":
    main()
