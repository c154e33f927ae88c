"""Resumed equals uninterrupted, whatever happens in between, as Hypothesis state machines.

Drivers begin, go on, are killed at any poll or before any statement, do not hear what became of a
transaction, or fall silent until their lease has run out; trials are pruned, run out of memory, fail for good
or by accident, and are retried; the study file gets a seed more; its leaders are confirmed; what is of no use
is cleaned away; another study of the same name, in a database of its own, has the same home. After each step
everything in ``invariants.py`` must hold. At the end of every story the studies are brought to their end, and
the first is compared with the one that nobody disturbed.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from sweeper.executors.protocol import Job
from sweeper.paths import Home
from sweeper.report.confirmation import confirmation
from sweeper.report.read import read_study
from sweeper.report.results import rank_configurations
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.load import stored_study
from sweeper.study.named import confirmation_name
from sweeper.study.study import Study
from sweeper.sweep.files import RunFiles
from sweeper.sweep.leftovers import FAILED, in_runs
from sweeper.trial import ErrorClass, TrialRow
from tests.faults.invariants import check, check_weights
from tests.faults.stepped import ELSEWHERE, HERE, LEASE_SECONDS, SteppedDriver, finish, stage
from tests.sweeper_tests import made

ASKED = 40
"""More than there are: every driver finds out that there are no more."""

SEEDS = ((1,), (1, 2))
"""Of the study as it begins, and with the one that is added."""

ACCIDENTS = (ErrorClass.KILLED, ErrorClass.ERROR, ErrorClass.TIMEOUT, ErrorClass.OOM)

numbers = st.integers(0, 3)
polls = st.integers(1, 6)


def never_works(job: Job) -> bool:
    """One of the configurations fails wherever it runs."""
    return (job.config.learning_rate, job.config.dropout) == (1e-3, 0.3)


class Disturbed(RuleBasedStateMachine):
    """Several drivers at once, with random proposals, which do not depend on what ends first."""

    sampler: ClassVar[str] = "random"
    pruner: ClassVar[dict[str, Any]] = {"name": "none"}
    endings: ClassVar[set[str]] = {"complete", "failed"}
    drivers_at_once: ClassVar[int] = 3
    alone: ClassVar[bool] = False
    new_url: ClassVar[Callable[[Path], str]]
    expected: ClassVar[dict[tuple[int, ...], dict[str, pd.DataFrame]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.stage = self.stack.enter_context(stage())
        self.study = self.study_with(SEEDS[0])
        self.confirming: Study | None = None
        self.urls = [type(self).new_url(self.folder / "one")]
        if not self.alone:
            self.urls.append(type(self).new_url(self.folder / "two"))
        self.databases = [self.stack.enter_context(Database(url, clock=self.stage)) for url in self.urls]
        for database in self.databases:
            made.begin(database, self.study, 1)
        self.living: list[SteppedDriver] = []
        self.pids = count(1)
        self.seen: dict[str, dict[int, TrialRow]] = {}

    def study_with(self, seeds: tuple[int, ...]) -> Study:
        """Two arms that reuse results, over so few values that each has all; tpe learns one of them."""
        return made.study(
            made.WORKLOAD,
            base={"epochs": 4},
            arms={"Mean": {}, "The same": {"encoder.pooling": "mean"}},
            space={"learning_rate": [1e-4, 1e-3, 1e-2], "dropout": [0.1, 0.3]},
            sampler={"name": self.sampler},
            pruner=self.pruner,
            seeds=seeds,
        )

    # What may happen

    def start(self, study: Study, url: str, workers: int = 1, here: bool = True) -> SteppedDriver:
        owner = Owner(HERE if here else ELSEWHERE, next(self.pids), "1")
        driver = SteppedDriver(
            url, study, ASKED, self.folder / "home", owner, self.stage, workers, never_works
        )
        if driver.alive:
            self.living.append(driver)
        return driver

    @precondition(lambda self: len(self.living) < self.drivers_at_once)
    @rule(workers=st.integers(1, 2), here=st.booleans(), which=st.sampled_from([0, 0, 0, 1, 2]))
    def begin_driver(self, workers: int, here: bool, which: int) -> None:
        """Of the study, of the one that confirms it once there is one, or of the other one of its name."""
        study = (self.confirming if which == 1 else None) or self.study
        self.start(study, self.urls[which // 2], workers, here)

    @precondition(lambda self: self.living)
    @rule(which=numbers, polls=polls)
    def advance(self, which: int, polls: int) -> None:
        self._pick(which).advance(polls)

    @precondition(lambda self: self.living)
    @rule(which=numbers)
    def kill(self, which: int) -> None:
        driver = self._pick(which)
        driver.kill()
        self.stage.dead.add(driver.owner)

    @precondition(lambda self: self.living)
    @rule(which=numbers, statement=st.integers(0, 60), polls=polls)
    def kill_between_statements(self, which: int, statement: int, polls: int) -> None:
        driver = self._pick(which)
        driver.kill_before_statement(statement, polls)
        self.stage.dead.add(driver.owner)

    @precondition(lambda self: self.living)
    @rule(which=numbers, transaction=st.integers(0, 8))
    def lose_an_answer(self, which: int, transaction: int) -> None:
        self._pick(which).lose_answer(transaction)

    @precondition(lambda self: self.living)
    @rule(which=numbers, accident=st.sampled_from(ACCIDENTS))
    def fail(self, which: int, accident: ErrorClass) -> None:
        driver = self._pick(which)
        driver.executor.next_failure = accident
        driver.advance()

    @rule(accident=st.sampled_from((None, *ACCIDENTS)))
    def retry(self, accident: ErrorClass | None) -> None:
        for store in self.stores():
            store.retry(accident)

    @rule(leases=st.sampled_from([0.1, 0.3, 1.1]))
    def let_time_pass(self, leases: float) -> None:
        """Living drivers, which do not move meanwhile, may lose their leases."""
        self.stage.seconds += leases * LEASE_SECONDS

    @rule()
    def clean(self) -> None:
        """As `sweeper clean --yes` does."""
        for store in self.stores():
            files = RunFiles.of(Home(self.folder / "home"), store)
            for leftover in in_runs(files, store.trials.standings()):
                if leftover.kind != FAILED:
                    leftover.remove()

    @rule()
    def add_a_seed(self) -> None:
        """To the file of the study, which drivers read as they begin."""
        self.study = self.study_with(SEEDS[1])

    @rule(leaders=st.integers(1, 2), seeds=st.integers(1, 2))
    def confirm(self, leaders: int, seeds: int) -> None:
        """As `sweeper confirm` does before it becomes a driver."""
        database = self.databases[0]
        store = database.study(self.study.name)
        found = read_study(database, store)
        best = rank_configurations(found.results)[:leaders]
        if best:
            earlier = database.find(confirmation_name(store.row.name))
            before = stored_study(earlier.row) if earlier else None
            self.confirming = confirmation(found.study, best, seeds, before)

    def _pick(self, which: int) -> SteppedDriver:
        self.living = [driver for driver in self.living if driver.alive] or self.living
        return self.living[which % len(self.living)]

    # What must hold

    def stores(self) -> list[StudyStore]:
        return [store for database in self.databases for store in database.studies()]

    @invariant()
    def everything_holds(self) -> None:
        for store in self.stores():
            before = self.seen.get(store.row.uuid, {})
            self.seen[store.row.uuid] = check(store, self.folder / "home", before)

    def teardown(self) -> None:
        with self.stack:
            self._end()
            self.everything_holds()
            expected = self.expected[self.study.spec.seeds]
            for name, frame in self.tables().items():
                pd.testing.assert_frame_equal(frame, expected[name], check_exact=True)

    def _end(self) -> None:
        finish(self.living)
        for store in self.stores():
            for accident in ACCIDENTS:
                store.retry(accident)
        ends = [(self.study, url) for url in self.urls]
        if self.confirming is not None:
            ends.append((self.confirming, self.urls[0]))
        for study, url in (*ends, *ends):  # the second ones have nothing to do but to tidy up
            finish([self.start(study, url)])
        for store in self.stores():
            assert all(row.state.final for row in store.trials.rows())
            assert [number for number, _ in store.trials.orphans()] == []
            check_weights(store, self.folder / "home")

    def tables(self) -> dict[str, pd.DataFrame]:
        """Trials and epochs of the study."""
        trials = self.databases[0].study(self.study.name).trials
        rows = trials.rows()
        assert len(rows) == 12 * len(self.study.spec.seeds)
        assert {row.error_class for row in rows} <= {None, ErrorClass.NAN}
        frame = pd.DataFrame(
            {"number": row.number, "arm": row.arm, "seed": row.seed, "configuration": row.configuration}
            | {"state": str(row.state), **row.params, **(row.scores or {})}
            for row in rows
        )
        epochs = trials.epochs_frame().merge(frame[["number", "arm", "seed", "configuration"]])
        return {"trials": self._comparable(frame), "epochs": self._comparable(epochs)}

    def _comparable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Drivers that work at once may take the places of a study in another order."""
        place = ["configuration", "seed", "arm"]
        return frame.drop(columns="number").sort_values(place, kind="stable", ignore_index=True)


class Resumed(Disturbed):
    """One driver after another; proposals and pruning learn: the tables are equal, numbers and all."""

    sampler = "tpe"
    pruner: ClassVar[dict[str, Any]] = {"name": "median", "startup": 2}
    endings: ClassVar[set[str]] = {"complete", "failed", "pruned"}
    drivers_at_once = 1
    alone = True

    # Proposals that come after an accident know less than they would have.
    fail = retry = add_a_seed = confirm = None  # type: ignore[assignment]

    @initialize()
    def begin_first(self) -> None:
        self.start(self.study, self.urls[0])

    @precondition(lambda self: not any(driver.alive for driver in self.living))
    @rule(here=st.just(True))
    def begin_driver(self, here: bool) -> None:
        self.living.clear()
        self.start(self.study, self.urls[0], here=here)

    def _comparable(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


class ResumedHalving(Resumed):
    """The same with successive halving."""

    pruner: ClassVar[dict[str, Any]] = {"name": "asha", "reduction_factor": 2}
    endings: ClassVar[set[str]] = {"complete", "pruned"}
