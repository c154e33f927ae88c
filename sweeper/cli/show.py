"""The command that shows one trial."""

from typing import Annotated

import typer
from rich.console import Console

from .command import StudyName
from .options import MOST_TRIALS, Storage, storage_url


def show(
    *,
    study: StudyName = None,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", max=MOST_TRIALS, help="Number of the trial.")],
    storage: Storage = None,
) -> None:
    """Shows one trial: settings, scores by epoch, and what went wrong.

    Example: `sweeper show sbert-grid 12`
    """
    from ..show.trial import trial_text
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        typer.echo(trial_text(find_study(database, study), trial, Console().width))
