"""Resumed equals uninterrupted, whatever happens in between, as Hypothesis state machines.

Drivers begin, go on, are killed at any poll or before any transaction, or fall silent until their lease has
run out; trials are pruned, fail for good or by accident, and are retried. At the end of every story the study
is brought to its end, and is compared with the one that nobody disturbed.
"""

import shutil
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sweeper.executors import Job
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, RunState
from tests.faults.stepped import ELSEWHERE, HERE, LEASE_SECONDS, SteppedDriver, finish, stage
from tests.sweeper_tests import made

ASKED = 14
TRIALS = 12
"""All that there are: more are asked for, and every driver finds out that there are no more."""

ACCIDENTS = (ErrorClass.KILLED, ErrorClass.ERROR, ErrorClass.TIMEOUT)

numbers = st.integers(0, 3)
polls = st.integers(1, 6)


def study(sampler: str, pruner: dict[str, Any]) -> Study:
    """Two arms that reuse results, over so few values that each has all six; tpe learns one of them."""
    return made.study(
        made.WORKLOAD,
        base={"epochs": 4},
        arms={"Mean": {}, "The same": {"encoder.pooling": "mean"}},
        space={"learning_rate": [1e-4, 1e-3, 1e-2], "dropout": [0.1, 0.3]},
        sampler={"name": sampler},
        pruner=pruner,
    )


def never_works(job: Job) -> bool:
    """One of the configurations fails wherever it runs."""
    return (job.config.learning_rate, job.config.dropout) == (1e-3, 0.3)


class Disturbed(RuleBasedStateMachine):
    """Several drivers at once, with random proposals, which do not depend on what ends first."""

    sampler: ClassVar[str] = "random"
    pruner: ClassVar[dict[str, Any]] = {"name": "none"}
    endings: ClassVar[set[str]] = {"complete", "failed"}
    drivers_at_once: ClassVar[int] = 3
    expected: ClassVar[dict[str, pd.DataFrame]] = {}
    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.copy(self.template, self.folder / "studies.db")
        self.url = f"sqlite:///{self.folder / 'studies.db'}"
        self.study = study(self.sampler, self.pruner)
        self.stage = self.stack.enter_context(stage())
        database = self.stack.enter_context(Database(self.url, clock=self.stage))
        self.store = made.begin(database, self.study, ASKED)
        self.living: list[SteppedDriver] = []
        self.pids = count(1)

    # What may happen

    def start(self, workers: int, here: bool) -> SteppedDriver:
        owner = Owner(HERE if here else ELSEWHERE, next(self.pids), "1")
        driver = SteppedDriver(
            self.url, self.study, ASKED, self.folder, owner, self.stage, workers, never_works
        )
        if driver.alive:
            self.living.append(driver)
        return driver

    @precondition(lambda self: len(self.living) < self.drivers_at_once)
    @rule(workers=st.integers(1, 2), here=st.booleans())
    def begin_driver(self, workers: int, here: bool) -> None:
        self.start(workers, here)

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
    @rule(which=numbers, transaction=st.integers(0, 12), polls=polls)
    def kill_between_transactions(self, which: int, transaction: int, polls: int) -> None:
        driver = self._pick(which)
        driver.kill_before_transaction(transaction, polls)
        self.stage.dead.add(driver.owner)

    @precondition(lambda self: self.living)
    @rule(which=numbers, accident=st.sampled_from(ACCIDENTS))
    def fail(self, which: int, accident: ErrorClass) -> None:
        driver = self._pick(which)
        driver.executor.next_failure = accident
        driver.advance()

    @rule(accident=st.sampled_from((None, *ACCIDENTS)))
    def retry(self, accident: ErrorClass | None) -> None:
        self.store.retry(accident)

    @rule(leases=st.sampled_from([0.1, 0.3, 1.1]))
    def let_time_pass(self, leases: float) -> None:
        """Living drivers, which do not move meanwhile, may lose their leases."""
        self.stage.seconds += leases * LEASE_SECONDS

    def _pick(self, which: int) -> SteppedDriver:
        self.living = [driver for driver in self.living if driver.alive] or self.living
        return self.living[which % len(self.living)]

    # What must hold

    def teardown(self) -> None:
        with self.stack:
            self._end()
            for name, frame in self.tables().items():
                pd.testing.assert_frame_equal(frame, self.expected[name], check_exact=True)

    def _end(self) -> None:
        finish(self.living)
        for accident in ACCIDENTS:
            self.store.retry(accident)
        finish([self.start(workers=1, here=True)])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Trials and epochs of the study, after checking that all are there and Optuna agrees."""
        recorded = self.store.trials
        runs = recorded.rows()
        assert [run.number for run in runs] == list(range(TRIALS))
        assert {run.state for run in runs} <= {RunState.COMPLETE, RunState.PRUNED, RunState.FAILED}
        assert {run.error_class for run in runs} <= {None, ErrorClass.NAN}
        cells = {(run.arm, *run.params.values()) for run in runs}
        assert len(cells) == TRIALS
        assert recorded.untold() == []
        assert [number for number, _ in recorded.orphans() if number < TRIALS] == []
        rows: list[dict[str, Any]] = [
            {"number": run.number, "arm": run.arm, "seed": run.seed, "configuration": run.configuration}
            | {"state": str(run.state), **run.params, **(run.scores or {})}
            for run in runs
        ]
        trials = pd.DataFrame(rows)
        epochs = self.store.trials.epochs_frame().merge(trials[["number", "arm", "seed", "configuration"]])
        metrics = ["number", "epoch", "split", "task", "metric"]
        assert not epochs.duplicated(metrics).any()
        return {"trials": self._comparable(trials), "epochs": self._comparable(epochs)}

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

    # Proposals that come after an accident know less than they would have.
    fail = None  # type: ignore[assignment]
    retry = None  # type: ignore[assignment]

    @initialize()
    def begin_first(self) -> None:
        self.start(workers=1, here=True)

    @precondition(lambda self: not any(driver.alive for driver in self.living))
    @rule(here=st.just(True))
    def begin_driver(self, here: bool) -> None:
        self.living.clear()
        self.start(workers=1, here=here)

    def _comparable(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


class ResumedHalving(Resumed):
    """The same with successive halving."""

    pruner: ClassVar[dict[str, Any]] = {"name": "asha", "reduction_factor": 2}
    endings: ClassVar[set[str]] = {"complete", "pruned"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("machine") / "studies.db"
    Database(f"sqlite:///{file}").close()
    return file


@pytest.mark.parametrize("machine", [Disturbed, Resumed, ResumedHalving])
def test_resumed_equals_uninterrupted(
    machine: type[Disturbed], template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disturbed, "template", template, raising=False)
    undisturbed = machine()
    with undisturbed.stack:
        finish([undisturbed.start(workers=1, here=True)])
        machine.expected = undisturbed.tables()
    assert set(machine.expected["trials"]["state"]) == machine.endings
    suppressed = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=suppressed,
            # Shrinking takes minutes; fifteen steps can be read as they are.
            phases=[Phase.generate],
        ),
    )
