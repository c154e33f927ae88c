"""The command that trains a trial again and compares."""

from typing import Annotated

import typer

from ..paths import Home, data_folder, storage_url
from ..signals import terminable
from ..study.limits import LARGEST_NUMBER
from .command import StudyName
from .options import CodeFile, Storage
from .say import say


def replay(
    *,
    study: StudyName = None,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", max=LARGEST_NUMBER, help="Number of the trial.")],
    code: CodeFile = None,
    storage: Storage = None,
) -> None:
    """Trains a trial again and compares every metric with the record: identical, or what differs.

    Exit code 1 if anything differs. Beside that it names the data files, encoder weights, processor, versions
    and commit that are not those of the record, which stays as it is.

    Example: `sweeper replay sbert-grid 12`
    """
    from ..executors.local import LocalExecutor
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.load import own_code
    from ..sweep.replay import lines
    from ..sweep.replay import replay as train_again

    with Database(storage_url(storage), must_exist=True) as database, terminable():
        store = find_study(database, study)
        found = train_again(
            store,
            trial,
            executor=LocalExecutor(),
            home=Home.from_environment(),
            data=data_folder(),
            say=say,
            plugins=own_code(store.row, code or study),
        )
    for line in lines(store.row.name, trial, found):
        say(line)
    if not found.identical:
        raise typer.Exit(1)
