"""The command that writes all trials to one file."""

from pathlib import Path
from typing import Annotated

from ..paths import storage_url
from ..text import plural
from .command import StudyName
from .options import Quiet, Storage, file_path
from .say import saying


def export(
    study: StudyName = None,
    *,
    trials: Annotated[Path, file_path("FILE", "Where to: a name that ends in .csv, .json or .parquet.")],
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Writes all trials of a study to one file, one row each, numbers in full.

    Example: `sweeper export sbert-grid --trials trials.parquet`
    """
    from ..export.trials import check_suffix, write_trials
    from ..store.database import Database
    from ..store.studies import find_study

    check_suffix(trials)
    with Database(storage_url(storage), must_exist=True) as database:
        frame = find_study(database, study).trials.trials_frame()
    write_trials(frame, trials)
    saying(quiet)(f"{plural(len(frame), 'trial')}: {trials}")
