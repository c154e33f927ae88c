"""Begins a sweep or goes on with one: everything is checked before anything is written."""

import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from model.errors import ModelError
from model.pretrained import verified_minilm_folder
from model.sources import check
from model.tasks import overall_formula

from . import __version__
from .database import Database
from .driver import Driver
from .errors import ConflictError, InputError
from .executors import Executor
from .progress import Tally, progress, say
from .run import RunState, SweepRow
from .rundir import Home
from .search import grid_size
from .study import Study

CONFIGURATIONS_PER_ARM = 10
"""What an arm gets where neither the user nor the study says how many."""


@dataclass(frozen=True)
class Places:
    """Where a sweep keeps and finds things.

    Attributes:
        storage: URL of the database.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
    """

    storage: str
    home: Home
    data: Path | None


def run(study: Study, trials: int | None, executor: Executor, places: Places, console: Console) -> Tally:
    """Runs a study's missing trials.

    Args:
        study: The study.
        trials: Number of trials that it shall have in total. None: what was asked for before, or else every
            trial of a study that ends, or 10 configurations for each arm and seed.
        executor: Where the trials run.
        places: Where things are.
        console: Where progress is shown.

    Returns:
        How many trials are done and how many failed.

    Raises:
        InputError: If data or an encoder is missing or malformed, or the home cannot be a folder.
        ConflictError: If the study was begun with other settings.
        DatabaseError: If the database cannot be used.
    """
    check_inputs(study, places.data)
    check_home(places.home)
    with Database(places.storage) as database:
        row = _begin(database, study, trials)
        say(console, f"{study.name}: {overall_formula(study.tasks)}")
        if study.workload.notice:
            say(console, study.workload.notice)
        count = tally(database, row, executor.workers)
        with progress(console, count) as observer:
            Driver(
                database=database,
                study=study,
                wanted=row.wanted,
                executor=executor,
                home=places.home,
                data=places.data,
                observer=observer,
            ).run()
        return tally(database, row, executor.workers)


def find_sweep(database: Database, name: str | None, workload: str | None = None) -> SweepRow:
    """A study of the database.

    Args:
        database: The database.
        name: ``study@workload``, or ``study`` if it ran on one workload only; None for the latest study.
        workload: Name of the workload, where `name` does not say it.

    Raises:
        InputError: If there is none of that name, or more than one.
    """
    rows = database.sweeps()
    if not rows:
        raise InputError("there is no study yet; begin one with: sweeper run --study quickstart --trials 8")
    if name is None:
        return rows[-1]
    base, _, on = name.partition("@")
    if workload is not None and on not in ("", workload):
        raise InputError(f"--workload {workload} contradicts {name!r}: leave one of them out")
    of_that_name = [row for row in rows if row.name.partition("@")[0] == base]
    on = on or workload or ""
    found = [row for row in of_that_name if on in ("", row.name.partition("@")[2])]
    if len(found) == 1:
        return found[0]
    known = ", ".join(row.name for row in of_that_name or rows)
    if found:
        raise InputError(f"study {name!r} ran on several workloads; name one of: {known}")
    raise InputError(f"study {f'{base}@{on}' if on else base!r} has never run; those that have: {known}")


def tally(database: Database, row: SweepRow, workers: int = 1) -> Tally:
    """How far a study has come; `workers` is how many trials run at once."""
    runs = database.runs(row.name)
    complete = [(run.number, (run.scores or {})["overall"]) for run in runs if run.state is RunState.COMPLETE]
    return Tally(
        wanted=row.wanted,
        finished=sum(run.state.final for run in runs),
        failed=sum(run.state is RunState.FAILED for run in runs),
        best=max(complete, key=lambda pair: pair[1], default=None),
        workers=workers,
        durations=[run.seconds for run in runs if run.state.final and run.seconds is not None],
    )


def check_home(home: Home) -> None:
    """Looks, without writing, whether SWEEPER_HOME is a folder that can be written, or can become one.

    Raises:
        InputError: If not.
    """
    nearest = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not nearest.is_dir():
        raise InputError(f"SWEEPER_HOME {str(home.root)!r} cannot be a folder: {str(nearest)!r} is a file")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(
            f"SWEEPER_HOME {str(home.root)!r} cannot be written: this user may not write in {str(nearest)!r}"
        )


def check_inputs(study: Study, data: Path | None) -> None:
    """Reads all data and weights that the study's arms need.

    Raises:
        InputError: If anything is missing or malformed.
    """
    checked = set()
    try:
        for arm in study.spec.arms:
            config = study.config(arm, {}, study.spec.seeds[0])
            if config.encoder.source == "minilm" and "minilm" not in checked:
                checked.add("minilm")
                verified_minilm_folder()
            rows = repr([(task.source, task.text, task.label) for task in config.tasks.values()])
            if rows not in checked:
                checked.add(rows)
                check(config, data)
    except ModelError as error:
        raise InputError(str(error)) from error


def _begin(database: Database, study: Study, trials: int | None) -> SweepRow:
    end = grid_size(study)
    row = database.sweep(study.name)
    wanted = trials or (row.wanted if row else None) or _default_trials(study)
    wanted = wanted if end is None else min(wanted, end)
    if row is None:
        spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
        row = database.create_sweep(
            study.name, spec, workload, digest=study.digest(), version=__version__, wanted=wanted
        )
    if row.digest != study.digest():
        changes = "\n  ".join(study.difference(row.study, row.workload))
        raise ConflictError(
            f"study {study.name!r} was begun with other settings, and its trials would not compare:\n  "
            f"{changes}\nUndo the change, give the changed study a `name` of its own, or go on as it was "
            f"begun with: sweeper resume {study.name}"
        )
    # What is done stays done, however few are asked for now.
    wanted = max(wanted, sum(run.state.final for run in database.runs(study.name)))
    if wanted != row.wanted:
        database.set_wanted(study.name, wanted)
        row = find_sweep(database, study.name)
    return row


def _default_trials(study: Study) -> int:
    return grid_size(study) or CONFIGURATIONS_PER_ARM * len(study.spec.arms) * len(study.spec.seeds)
