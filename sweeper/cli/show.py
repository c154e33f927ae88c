"""The command that shows a study, or one trial."""

from typing import Annotated

import typer
from rich.console import Console

from ..paths import Home, storage_url
from ..study.limits import LARGEST_NUMBER
from .command import StudyName
from .options import AsJson, Storage
from .say import say, say_json


def show(
    *,
    study: StudyName = None,
    trial: Annotated[
        int | None,
        typer.Argument(
            metavar="TRIAL", max=LARGEST_NUMBER, help="Number of the trial; default: the study itself."
        ),
    ] = None,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Shows a study and its history; or one trial: every setting with its origin, scores, what went wrong.

    The history says when the study began, what was changed in it, what was noted, and what it was called.

    Example: `sweeper show sbert-grid`

    A trial: `sweeper show sbert-grid 12`
    """
    from ..show.study import study_json, study_text, trial_json, trial_words
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        if as_json:
            say_json(study_json(store) if trial is None else trial_json(store, trial))
        elif trial is None:
            say(study_text(store, Home.from_environment()))
        else:
            say(trial_words(store, trial, Console().width))
