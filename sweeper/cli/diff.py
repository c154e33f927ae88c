"""The command that puts two trials side by side."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..paths import Home, check_target, storage_url
from ..study.limits import LARGEST_NUMBER
from .command import StudyName
from .options import AsJson, Storage, file_path
from .say import say, say_json


def diff(
    *,
    study: StudyName = None,
    first: Annotated[int, typer.Argument(metavar="A", max=LARGEST_NUMBER, help="Number of the one trial.")],
    second: Annotated[int, typer.Argument(metavar="B", max=LARGEST_NUMBER, help="Number of the other.")],
    rows: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Rows that are shown of each kind of disagreement on a task."),
    ] = 5,
    csv: Annotated[
        Path | None,
        file_path("FILE", "Write every dev row with two predictions there, as CSV."),
    ] = None,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Puts two trials side by side: settings that differ, scores by epoch, rows where they disagree.

    Differences are A minus B. Dev rows are named by their id, with their label and both predictions. What is
    said of rows holds for these two networks, and not for arms.

    Example: `sweeper diff sbert-grid 3 12`
    """
    from model.files import write_beside

    from ..errors import InputError
    from ..show.diff import diff as compare
    from ..show.diff import print_diff
    from ..show.differing import diff_json
    from ..show.disagreement import as_csv
    from ..store.database import Database
    from ..store.studies import find_study

    if csv is not None:
        check_target(csv, "--csv")
    with Database(storage_url(storage), must_exist=True) as database:
        found = compare(find_study(database, study), first, second, Home.from_environment())
    if csv is not None and found.rows is None:
        raise InputError(f"--csv {str(csv)!r}: the predictions of one trial are gone, or not made yet")
    if as_json:
        say_json(diff_json(found))
    else:
        print_diff(found, Console(), rows)
    if csv is not None and found.rows is not None:
        write_beside(csv, as_csv(found.rows, found.names))
        say(f"Rows: {csv}", err=as_json)
