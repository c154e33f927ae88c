"""The command that writes all trials to one file, or packs a study into one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from ..paths import Home, storage_url
from ..text import one_line, plural
from .command import StudyName
from .options import Quiet, Storage, file_path
from .say import saying

if TYPE_CHECKING:
    from ..store.study import StudyStore


def export(
    study: StudyName = None,
    *,
    trials: Annotated[
        Path | None, file_path("FILE", "Write all trials: a name that ends in .csv, .json or .parquet.")
    ] = None,
    bundle: Annotated[
        Path | None, file_path("FILE", "Pack the whole study, naming nobody: a name that ends in .zip.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there already.")] = False,
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Writes all trials of a study to one file, or packs the study for co-authors and blind review.

    `--trials` has one row a trial, numbers in full; of an imported study each row says where it is from.
    `--bundle` has the rows of the study, its predictions, its files and its report, without names of
    machines, users, folders and repositories; `sweeper report FILE` makes the report of it anywhere.

    Example: `sweeper export sbert-grid --trials trials.parquet`
    """
    from ..export.bundle.packing import check_place, write_bundle
    from ..export.trials import check_suffix
    from ..show.disk import in_bytes
    from ..store.database import Database
    from ..store.studies import find_study

    if (trials is None) == (bundle is None):
        raise InputError("name what is to be written: --trials FILE or --bundle FILE, one of them")
    if trials is not None:
        if force:
            raise InputError("--force goes with --bundle: --trials replaces a file that is there")
        check_suffix(trials)
    if bundle is not None:
        check_place(bundle, force)
    say, where = saying(quiet), storage_url(storage)
    with Database(where, must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        if trials is not None:
            say(_write_trials(store, trials))
        if bundle is not None:
            packed = write_bundle(database, store, where, Home.from_environment(), bundle)
            predicted = f"predictions of {packed.predicted}" if packed.predicted else "no predictions"
            say(f"{plural(packed.trials, 'trial')}, {predicted}, {in_bytes(packed.size)}: {bundle}")
            for sentence in packed.words(store.row.name):
                say(sentence)


def _write_trials(store: "StudyStore", file: Path) -> str:
    """Writes the trials of a study; returns what is to be said of it."""
    from ..export.trials import write_trials
    from ..report.foreign import marked_frame
    from ..store.foreign import foreign_study

    if store.row.origin is not None:
        study = foreign_study(store)
        write_trials(marked_frame(study), file)
        return f"{plural(len(study.trials), 'trial')}, {one_line(study.origin.words())}: {file}"
    frame = store.trials.trials_frame()
    write_trials(frame, file)
    return f"{plural(len(frame), 'trial')}: {file}"
