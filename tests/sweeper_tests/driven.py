"""Drivers and whole sweeps of instant trials."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from sweeper.executors.protocol import Executor
from sweeper.observers.observer import Observer
from sweeper.observers.tally import Tally
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.sweep.order import Order, Places
from sweeper.sweep.stopping import Limits
from sweeper.sweep.sweep import run
from sweeper.trial import Outcome, TrialSpec
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.made import begin

UNLIMITED = Limits()


class Listener(Observer):
    def __init__(self) -> None:
        self.resumed: list[int] = []
        self.messages: list[str] = []
        self.ended_early: str | None = None

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        if resumed:
            self.resumed.append(trial.number)

    def noted(self, text: str) -> None:
        self.messages.append(text)

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        self.messages.append(f"{number} {outcome.state} {message}")


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'studies.db'}"


@contextmanager
def open_study(
    folder: Path, study: Study, wanted: int = 8, *, url: str | None = None
) -> Iterator[StudyStore]:
    with Database(url or url_of(folder)) as database:
        yield database.find(study.name) or begin(database, study, wanted)


def drive(
    folder: Path,
    study: Study,
    executor: Executor,
    wanted: int = 8,
    *,
    lease_seconds: float = 120.0,
    limits: Limits = UNLIMITED,
    url: str | None = None,
    owner: Owner | None = None,
) -> Listener:
    observer = Listener()
    with open_study(folder, study, wanted, url=url) as store:
        observer.ended_early = Driver(
            store=store,
            study=study,
            wanted=wanted,
            executor=executor,
            home=Home(folder),
            data=None,
            observer=observer,
            limits=limits,
            lease_seconds=lease_seconds,
            owner=owner,
        ).run()
    return observer


def table(folder: Path, study: Study, *, url: str | None = None) -> pd.DataFrame:
    with open_study(folder, study, url=url) as store:
        frame = store.trials.trials_frame()
    when_and_how_often = ["created", "started", "finished", "seconds", "attempts", "config"]
    return frame.drop(columns=when_and_how_often)


def sweep(
    study: Study, places: Places, trials: int | None, executor: Executor | None = None, **order: Any
) -> tuple[Tally, str]:
    """Runs a sweep as the command does; returns its tally and what it said."""
    console = Console(file=io.StringIO(), width=200)
    tally = run(Order(study, trials, places, console, **order), executor or InstantExecutor())
    assert isinstance(console.file, io.StringIO)
    return tally, console.file.getvalue()
