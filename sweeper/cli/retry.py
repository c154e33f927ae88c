"""The command that queues failed trials again."""

from typing import Annotated

import typer

from ..paths import storage_url
from ..trial import ErrorClass
from .command import StudyName
from .options import Storage, resuming
from .say import say


def retry(
    *,
    study: StudyName = None,
    error_class: Annotated[
        ErrorClass | None,
        typer.Option(
            "--class", metavar="CLASS", help="Only those that failed of oom, nan, killed, timeout or error."
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Puts the failed trials of a study back into the queue; `sweeper resume` then goes on with them.

    They keep their numbers, and continue from their checkpoints where there are any.

    Example: `sweeper retry sbert-grid --class oom`
    """
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.owncode import know

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study)
        name, numbers = store.row.name, store.retry(error_class)
        own_code = know(store.row) is not None
    kind = f" of class {error_class}" if error_class else ""
    if not numbers:
        say(f"{name} has no failed trials{kind}.")
        return
    again = resuming(name, storage, own_code=own_code)
    say(f"{name}: queued again: trial {', '.join(map(str, numbers))}; go on with: {again}")
