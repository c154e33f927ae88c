"""Trains the missing trials of a study: what every command and function does that trains."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..errors import InputError, NoStudiesError
from ..observers.tally import Tally
from ..paths import Home, data_folder, storage_url
from ..signals import terminable
from ..study.checks import unconfirmed
from ..study.named import is_file, split_name, way_on
from ..study.study import Study
from ..sweep.order import Order, Places
from ..sweep.stopping import Limits
from ..url import Url

if TYPE_CHECKING:
    from ..store.database import Database
    from ..sweep.runners import Runner


Say = Callable[[str], None]
"""Hears one line of what the user should know."""


def named_study(
    study: str, workload: str | None, say: Say, begun: Callable[[str], Study | None] = lambda name: None
) -> Study:
    """The study that was named, on its workload.

    Args:
        study: Name of a study, with or without @workload, or path of a study file.
        workload: Name or file of the workload; None for the study's own.
        say: Hears what in the files is read otherwise than it stands there, or may surprise.
        begun: As in `load_study`.

    Raises:
        InputError: If the name is not complete or contradicts the workload, or a file is missing or wrong.
    """
    from ..study.load import load_study

    if is_file(study):
        return load_study(study, workload, say, begun)
    asked = split_name(study, workload)
    return load_study(str(asked.study), asked.workload, say, begun)


def study_to_run(
    study: str, workload: str | None, say: Say, storage: Url | None = None, name: str | None = None
) -> Study:
    """The study that was named, with the ranges with which it was begun.

    Args:
        study: As in `named_study`.
        workload: As in `named_study`.
        say: As in `named_study`; hears too that the database is waited for.
        storage: The database in which it may have been begun; None: as in `storage_url`.
        name: The name under which it is to run; None for its own.

    Raises:
        InputError: As in `named_study`.
        DatabaseError: If the database cannot be read.
    """
    from ..study.load import stored_study

    def begun(own: str) -> Study | None:
        asked = own if name is None else f"{name}@{own.rpartition('@')[2]}"
        with suppress(NoStudiesError), _patient_database(storage, say) as database:
            store = database.find(asked)
            return None if store is None else stored_study(store.row)
        return None

    loaded = named_study(study, workload, say, begun)
    if name is not None:
        with way_on(begun, loaded.name):
            loaded = loaded.named(name)
            if reason := unconfirmed(name):
                raise InputError(f"study name {name!r} {reason}")
    return loaded


def begun_study(
    study: str | None, workload: str | None, say: Say, storage: Url | None, code: str | None = None
) -> Study:
    """A study as it was begun; by its UUID too, or by the name under which it began, if no other has that.

    So a job of SLURM goes on that was submitted before its study was renamed.

    Args:
        study: As in `find_study`, or the UUID of the study.
        workload: Name or file of the workload, if it ran on several.
        say: Hears that the database is waited for.
        storage: The database; None: as in `storage_url`.
        code: Study file whose own code may run; None: that which `study` is the path or the name of.

    Raises:
        InputError: If there is none of that name, or more than one, or as in `unchanged_code`.
        ConflictError: If its own code has changed.
        DatabaseError: If the database cannot be read.
    """
    from model.plugins.load import load

    from ..store.studies import find_study, renamed
    from ..study.load import stored_study, unchanged_code

    with _patient_database(storage, say) as database:
        rows = [one.row for one in database.studies()]
        study = next((row.name for row in rows if row.uuid == study), study)
        taken = study is None or any(row.name == study for row in rows)
        if study is not None and not taken and (now := renamed(database, study)):
            say(f"{study} is called {now} now")
            study = now
        row = find_study(database, study, workload).row
    load(sources := unchanged_code(row, code or study, workload))
    return replace(stored_study(row), sources=sources)


def train(
    study: Study,
    runner: "Runner",
    limits: Limits,
    *,
    console: Console,
    storage: Url | None = None,
    trials: int | None = None,
    logs: Collection[str] = (),
    working: Path = Path(),
) -> Tally:
    """Trains the missing trials of a study.

    Args:
        study: The study.
        runner: Where they run, as in `choose_runner`.
        limits: What ends the sweep, or a trial, early.
        console: Where progress is shown.
        storage: The database; None: as in `storage_url`.
        trials: As in `Order`.
        logs: As in `Order`.
        working: The user's working folder, of which git may know something.

    Raises:
        KeyboardInterrupt: As in `sweep.run`, and if SIGTERM or SIGHUP comes.
        InputError: As in `sweep.run`.
        ConflictError: As in `sweep.run`.
        DatabaseError: As in `sweep.run`.
    """
    from model.plugins.load import in_use

    lower = [name for name, task in study.tasks.items() if not task.scorer.higher_is_better]
    limits = replace(limits, lower=lower)
    places = Places(storage_url(storage), Home.from_environment(), data_folder(), working)
    with terminable(), in_use():
        return runner(Order(study, trials, places, console, limits, logs))


def _patient_database(storage: Url | None, say: Say) -> "Database":
    """The database for what trains, which waits where it does not answer instead of giving up.

    Raises:
        NoStudiesError: If it does not exist, or holds no study.
        DatabaseError: If it cannot be read.
    """
    from ..store.database import Database
    from ..store.retrying import DATABASE_SECONDS, RetryPolicy

    waits = RetryPolicy(DATABASE_SECONDS, say)
    return Database(storage_url(storage), must_exist=True, waits=waits)
