"""The command that prints and writes a report."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from .command import StudyName
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
    from ..store.study import StudyStore


Beside = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="STUDY",
        help="Add a table of the best of this imported study, not ranked with the others; repeatable.",
    ),
]


def report(
    *,
    study: StudyName = None,
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

    STUDY may be a bundle, the FILE of `sweeper export --bundle FILE`: then nothing else is read.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`
    """
    from ..export.bundle.unpacked import is_bundle, open_bundle
    from ..report.formats import FORMATS
    from ..report.formats.terminal import print_tables
    from ..report.selection import Selection
    from ..report.write import write_foreign, write_report
    from ..store.database import Database
    from ..store.studies import find_study

    if as_json and form not in ("terminal", "json"):
        raise InputError(f"--json and --format {form}: leave one of them out")
    form = "json" if as_json else form
    bundle = open_bundle(study) if study is not None and is_bundle(study) else None
    if bundle is not None and storage is not None:
        raise InputError(f"{study} is a bundle, which has its own database: leave --storage out")
    with (
        bundle or nullcontext() as packed,
        Database(packed.storage if packed else storage_url(storage), must_exist=True) as database,
    ):
        store = find_study(database, packed.study if packed else study, foreign=True)
        name = store.row.name
        selection = Selection(tables or (), arms or (), sort)
        if store.row.origin is not None:
            written, first = write_foreign(store, folder / name, selection), "tables.md"
        else:
            imported = [_imported(find_study(database, one, foreign=True)) for one in beside or ()]
            home, first = packed.home if packed else Home.from_environment(), "index.html"
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


def _imported(store: "StudyStore") -> "StudyStore":
    """A study that sweeper did not make.

    Raises:
        InputError: If it did.
    """
    if store.row.origin is None:
        raise InputError(f"--beside {store.row.name}: was not imported: it has a report of its own")
    return store
