"""The command that shows one trial."""

from typing import Annotated

import typer
from rich.console import Console

from ..paths import storage_url
from .command import StudyName
from .options import MOST_TRIALS, AsJson, Storage
from .say import say, say_json


def show(
    *,
    study: StudyName = None,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", max=MOST_TRIALS, help="Number of the trial.")],
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Shows one trial: every setting with where it came from, scores by epoch, and what went wrong.

    Example: `sweeper show sbert-grid 12`
    """
    from ..show.record import read_record, record_json
    from ..show.trial import trial_text
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study)
        if as_json:
            say_json(record_json(read_record(store, trial)))
        else:
            say(trial_text(store, trial, Console().width))
