"""The command that prints and writes a report."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from ..url import Url
from .command import StudyName
from .completion import begun_studies
from .options import (
    ArmNames,
    AsJson,
    ImageFormat,
    Quiet,
    SortColumn,
    Storage,
    TableFormat,
    TableKeys,
    file_path,
)
from .say import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..store.database import Database
    from ..store.study import StudyStore


Beside = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="STUDY",
        help="Add a table of the best of this imported study, not ranked with the others; repeatable.",
    ),
]


Further = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[STUDY]...",
        help="More studies, for one report of all of them, with a column for the study.",
        autocompletion=begun_studies,
    ),
]


def report(
    *,
    study: StudyName = None,
    further: Further = None,
    folder: Annotated[Path, file_path("FOLDER", "Folder of the reports.")] = Path("reports"),
    form: TableFormat = "terminal",
    as_json: AsJson = False,
    quiet: Quiet = False,
    tables: TableKeys = None,
    arms: ArmNames = None,
    sort: SortColumn = None,
    figures: ImageFormat = None,
    beside: Beside = None,
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md`, `tables.tex`, `tables.csv` and
    `tables.json` hold the tables, `trials.csv` every trial, `checklist.md` and `checklist.tex` what
    conferences ask about experiments. A study that still runs can be reported too.

    What is printed can be chosen with `--table` (`trials` is one more), `--arm`, `--sort` and `--format`. The
    files always hold the whole report. Of an imported study there are `tables.*` and `trials.csv`.

    Several studies have one report together, in a folder that is called as all of them: their arms side by
    side, those of one name compared, and in what the studies differ. STUDY may be a bundle, the FILE of
    `sweeper export --bundle FILE`: then nothing else is read.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`

    Example: `sweeper report sbert-grid@minilm sbert-grid@mpnet`
    """
    from ..report.formats import FORMATS
    from ..report.formats.terminal import print_tables
    from ..report.selection import Selection
    from ..report.several.write import several_folder, write_several
    from ..report.write import write_foreign, write_report
    from ..store.studies import find_study

    if as_json and form not in ("terminal", "json"):
        raise InputError(f"--json and --format {form}: leave one of them out")
    form = "json" if as_json else form
    selection = Selection(tables or (), arms or (), sort)
    with _opened(study, further or [], storage) as (database, store, home):
        name, first = store.row.name, "index.html"
        imported = [_imported(find_study(database, one, foreign=True)) for one in beside or ()]
        if further:
            names = _distinct([name, *(find_study(database, one).row.name for one in further)])
            name = several_folder(names)
            written = write_several(
                database, names, folder / name, home, selection, images=figures, imported=imported
            )
        elif store.row.origin is not None:
            written, first = write_foreign(store, folder / name, selection), "tables.md"
        else:
            written = write_report(
                database, name, folder / name, home, selection, images=figures, imported=imported
            )
    if written.folder != folder / name:
        say(f"{folder / name} is the report of another study of that name", err=True)
    if quiet:
        return
    if form == "terminal":
        for warning in written.shown.warnings:
            say(f"Warning: {warning}")
        print_tables(written.shown.tables, Console())
    else:
        typer.echo(FORMATS[form].render(written.shown), nl=False)
    for sentence in (*written.said, *written.shown.summary, f"Report: {written.folder / first}"):
        say(sentence, err=form != "terminal")


@contextmanager
def _opened(
    study: str | None, further: list[str], storage: Url | None
) -> "Iterator[tuple[Database, StudyStore, Home]]":
    """The database of a study, the study and its home: the user's, or those of a bundle.

    Raises:
        InputError: As of `find_study` and `open_bundle`, or if a bundle is named beside other things.
    """
    from ..export.bundle.unpacked import is_bundle, open_bundle
    from ..store.database import Database
    from ..store.studies import find_study

    bundles = [one for one in (study, *further) if one is not None and is_bundle(one)]
    if not bundles:
        with Database(storage_url(storage), must_exist=True) as database:
            yield database, find_study(database, study, foreign=True), Home.from_environment()
        return
    if further or storage is not None:
        raise InputError(f"{bundles[0]} is a bundle, with a database of its own: name nothing beside it")
    with (
        open_bundle(bundles[0]) as bundle,
        Database(bundle.storage, must_exist=True, read_only=True) as database,
    ):
        yield database, database.study(bundle.study), bundle.home


def _distinct(names: list[str]) -> list[str]:
    """Names of studies, each once.

    Raises:
        InputError: If one is there twice.
    """
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"study {name!r} is named more than once")
    return names


def _imported(store: "StudyStore") -> "StudyStore":
    """A study that sweeper did not make.

    Raises:
        InputError: If it did.
    """
    if store.row.origin is None:
        raise InputError(f"--beside {store.row.name}: was not imported: it has a report of its own")
    return store
