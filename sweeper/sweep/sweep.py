"""Begins a sweep or goes on with one: everything is checked before anything is written."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..errors import ConflictError, DatabaseGoneError, InputError
from ..executors.local import LocalExecutor
from ..executors.protocol import Executor
from ..observers.several import logged
from ..observers.tally import Tally
from ..observers.terminal import say
from ..observers.view import view_of
from ..search.distributions import distributions
from ..show.status import tally
from ..signals import gently
from ..store.database import Database
from ..store.provenance import digest_of
from ..store.retrying import DATABASE_SECONDS, RetryPolicy
from ..store.studies import renamed
from ..store.study import StudyStore
from ..study.changes import as_begun, compare, kept_fields
from ..study.load import stored_study
from ..study.named import is_confirmation
from ..study.owncode import check_direction
from ..study.space import words
from ..study.study import Study
from ..trial import StudyRow
from ..version import __version__
from .atwork import alone, check_alone
from .checks import prepare, say_data
from .driver import Driver
from .files import RunFiles
from .leftovers import sweep_leftovers
from .order import Order
from .precision import check_precision, with_precision
from .total import total_of
from .warmstart import warmed
from .workers import choose_workers
from .workingfolder import working_folder


def run(order: Order, executor: Executor | None = None, *, here: bool = True) -> Tally:
    """Runs a study's missing trials.

    Args:
        order: What is to be done.
        executor: Where the trials run; None: on this machine, as many at once as turn out fastest.
        here: Whether they compute on this machine.

    Returns:
        How many trials are done and how many failed.

    Raises:
        KeyboardInterrupt: If the user stops the sweep; every trial can be resumed.
        InputError: If data, an encoder or the package of a log is missing or malformed, the home cannot be
            a folder, this machine does not compute the study's precision, or this process is running the
            study already.
        ConflictError: If the study was begun with other settings.
        DatabaseError: If the database cannot be used.
    """
    read = prepare(order)
    study, places, console = order.study, order.places, order.console
    if here:
        # `begin` asks again, once ``auto`` is decided: by then the database has been made, or migrated.
        check_precision(study)
    with Database(places.storage, waits=RetryPolicy(DATABASE_SECONDS, partial(say, console))) as database:
        if stored := database.find(study.name):
            check_alone(stored)
        study, store = begin(database, order, here=here)
        with alone(store):
            say_data(order, read)
            if executor is None:
                executor = _measured_executor(study, store, order)
            if ended := _drive(order, study, store, executor):
                say(console, f"Ended early: {ended}")
            return tally(store, executor.workers)


def _drive(order: Order, study: Study, store: StudyStore, executor: Executor) -> str | None:
    """Runs the trials of a study that was begun; returns why it ended before its last trial, if it did."""
    places, console = order.places, order.console
    count = tally(store, executor.workers)
    files = RunFiles.of(places.home, store, partial(say, console))
    files.take(files.say)
    files.fetch_missing(store.trials.standings())
    sweep_leftovers(files, store.trials.standings())
    with (
        view_of(console, count) as view,
        logged(order.logs, files.study.name, places.home, count, view) as observer,
    ):
        driver = Driver(
            store=store,
            study=study,
            wanted=store.row.wanted,
            executor=executor,
            home=places.home,
            data=places.data,
            observer=observer,
            limits=order.limits,
            working_folder=working_folder(places.working),
        )
        store.access.retry_policy = RetryPolicy(DATABASE_SECONDS, observer.noted, lambda: driver.stopped)
        with gently(driver.stop):
            try:
                return driver.run()
            except DatabaseGoneError as error:
                raise DatabaseGoneError(
                    f"{error}: the sweep stops, and what its trials did since is not recorded; their "
                    f"checkpoints and weights are in {files.study.folder}"
                ) from error


def _measured_executor(study: Study, store: StudyStore, order: Order) -> Executor:
    """Measures how many workers are fastest, unless no trial is left for them, and says what came out."""
    count = tally(store)
    left = count.wanted - count.finished
    if left <= 0:
        return LocalExecutor()
    places = order.places
    config = study.config(next(iter(study.spec.arms)), study.first, study.spec.seeds[0])
    with order.console.status("Measuring how many workers are fastest"):
        cpus = study.workload.resources.cpus
        choice = choose_workers(config, places.home, places.data, left, study.sources, cpus=cpus)
    say(order.console, str(choice))
    return LocalExecutor(choice.workers)


def begin(database: Database, order: Order, *, here: bool = True) -> tuple[Study, StudyStore]:
    """Stores a study that is new, or takes up what was added to one that is stored.

    Prints what changed and what the scores mean, and records the changes in the study's history.

    Args:
        database: Where it is stored.
        order: What is to be done.
        here: Whether its trials compute on this machine.

    Returns:
        The study, in which what its file leaves out is as it was begun, and where it is stored.

    Raises:
        ConflictError: If the study was begun with other settings, or another program has changed it in
            Optuna's tables.
        InputError: If it would go on for longer than anybody wants, and nobody said how long, this machine
            does not compute its precision, or it is new and called as the confirmation of another.
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    console = order.console
    store = database.find(order.study.name)
    if store:
        study = _as_begun(store, order, here)
    else:
        _check_direction(order.study)
        study = warmed(database, order, with_precision(order, None, here=here))
    wanted = total_of(study, store, order)
    spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
    if store is None:
        store = _create(database, order, study, wanted)
        if study != order.study and stored_study(store.row) != study:
            return begin(database, order, here=here)  # another machine was quicker, and what it found holds
    row, changes = store.row, _additions(store.row, study)
    files = _files(study, store if not changes else None)
    # What is done stays done, however few are asked for now.
    done = sum(trial.state.final for trial in store.trials.standings())
    wanted = max(wanted, done)
    if changes and done == wanted:
        say(console, f"{study.name}: all {done} trials asked for are done; ask for more with --trials")
    if wanted != row.wanted:
        changes.append(f"trials: {row.wanted} -> {wanted}")
    # In text, where the order counts too.
    same = json.dumps([row.study, row.workload]) == json.dumps([spec, workload])
    if changes or not same or row.written != (files and digest_of(files)):
        space, digest = distributions(study), study.digest()
        if not store.change(spec, workload, digest=digest, space=space, descriptions=changes, files=files):
            return begin(database, order, here=here)  # another driver took up another change meanwhile
        if wanted != row.wanted:
            store.set_wanted(wanted)
        store = store.fresh()
        if store.row.digest != digest:
            return begin(database, order, here=here)  # another driver has taken up another one since
    for line in changes:
        say(console, f"{study.name} changes: {line}")
    say(console, f"{study.name}: {study.overall.words(study.tasks)}")
    if study.workload.notice:
        say(console, study.workload.notice)
    return study, store


def _as_begun(store: StudyStore, order: Order, here: bool) -> Study:
    """The study of an order, in which what its files leave to us is as it was begun; says what that is."""
    console = order.console
    store.check_counterpart()
    stored = stored_study(store.row)
    _check_direction(stored)
    written = with_precision(order, stored, here=here)
    study = as_begun(stored, written)
    if kept := kept_fields(written, study):
        say(console, f"{study.name} keeps as begun what its file leaves out: {', '.join(kept)}")
    for key, entry in study.workload.space.items():
        said = f"{key} from {words(entry)}, which its workload put in the place of the file's"
        say(console, f"{study.name} goes on with the range that it was begun with: {said}")
    return study


def _check_direction(study: Study) -> None:
    check_direction(study.name, study.spec.code, {task.metric for task in study.tasks.values()})


def _create(database: Database, order: Order, study: Study, wanted: int) -> StudyStore:
    """Stores a study that is new; says so where one that was renamed once had its name.

    Raises:
        InputError: If it is called as one that `confirm` makes, and is none: reports would take it for that.
    """
    if is_confirmation(study.name) and study.written is not None and study.written.confirms is None:
        raise InputError(
            f"study {study.name!r} would have the name of a study that confirms another one: "
            "call it otherwise, or run it with --name NAME"
        )
    if called := renamed(database, study.name):
        say(order.console, f"{study.name} begins anew; the study that was called so is {called} now")
    return database.create(
        study.name,
        study.spec.model_dump(mode="json"),
        study.workload.model_dump(mode="json"),
        digest=study.digest(),
        version=__version__,
        wanted=wanted,
        files=_files(study),
    )


def _files(study: Study, unchanged: StudyStore | None = None) -> Mapping[str, Any] | None:
    """What is kept of a study's files: those that it was read from, or else those of before.

    Args:
        study: The study.
        unchanged: Where it is stored, if it says what it said before.
    """
    if study.written is not None:
        return study.written.json()
    return unchanged.provenance().get(unchanged.row.written or "") if unchanged else None


def _additions(row: StudyRow, study: Study) -> list[str]:
    """What was added to a study since it was stored.

    Raises:
        ConflictError: If anything else has changed.
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    change = compare(stored_study(row), study)
    if change.conflicts:
        lines = "\n  ".join(change.conflicts)
        ways = ["Undo the change", "run the changed study under another name with --name NAME"]
        if not study.sources:  # own code is run as the user's files have it, and no other
            ways.append(f"go on as it was begun with: sweeper resume {study.name}")
        raise ConflictError(
            f"study {study.name!r} was begun with other settings, and its trials would not compare:\n  "
            f"{lines}\n{', '.join(ways[:-1])}, or {ways[-1]}"
        )
    return list(change.additions)
