"""What a shell offers for a word that is half typed: names of studies, workloads and arms. Never an error."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from ..errors import SweeperError
from ..paths import storage_url
from ..url import Url

if TYPE_CHECKING:
    from ..store.study import StudyStore


def begun_studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """The studies of the database, in full, and without the workload where that says which is meant."""
    with _begun(ctx) as studies:
        names = [store.row.name for store in reversed(studies)]
    alone = [name.partition("@")[0] for name in names]
    short = [name for name in alone if alone.count(name) == 1]
    return [name for name in (*names, *short) if name.startswith(incomplete)]


def study_files_and_begun(ctx: typer.Context, incomplete: str) -> list[str]:
    """The studies that can be run, and those of the database."""
    from ..study.load import study_files

    found = [name for name in study_files() if name.startswith(incomplete)]
    return list(dict.fromkeys([*found, *begun_studies(ctx, incomplete)]))


def workloads(incomplete: str) -> list[str]:
    """The workloads that there are."""
    from ..study.load import workload_files

    return [name for name in workload_files() if name.startswith(incomplete)]


def arms(ctx: typer.Context, incomplete: str) -> list[str]:
    """The arms of the study that was typed before, else of the latest."""
    # What is half typed is not parsed to its end: words that stand alone are left in `args`.
    named = next(filter(None, [*map(ctx.params.get, ("study_argument", "study_option")), *ctx.args]), None)
    with _begun(ctx) as studies:
        meant = [one for one in studies if named in (None, one.row.name, one.row.name.partition("@")[0])]
    return [arm for one in meant[-1:] for arm in one.row.arms if arm.startswith(incomplete)]


@contextmanager
def _begun(ctx: typer.Context) -> "Iterator[list[StudyStore]]":
    """The studies of the database that the command would read, the latest last; none if it cannot be read."""
    from ..store.database import Database

    given = ctx.params.get("storage")
    found: list[StudyStore] = []
    with (
        suppress(SweeperError),
        Database(
            storage_url(Url(str(given)) if given else None), must_exist=True, read_only=True
        ) as database,
    ):
        found = database.studies()
    yield found
