"""The command that prints and writes a report."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from ..url import Url
from .command import StudyName
from .options import AsJson, ImageFormat, Quiet, Storage, TableFormat, file_path
from .say import say
from .serve import Port, Serve, serve_report
from .shape import (
    ArmNames,
    Beside,
    Bold,
    Columns,
    Digits,
    Ensembles,
    Further,
    SortColumn,
    TableKeys,
    Template,
)

if TYPE_CHECKING:
    from ..report.document import Table
    from ..report.files import Report
    from ..report.selection import Selection
    from ..store.database import Database
    from ..store.study import StudyStore


def report(
    *,
    context: typer.Context,
    study: StudyName = None,
    further: Further = None,
    folder: Annotated[Path, file_path("FOLDER", "Folder of the reports.")] = Path("reports"),
    form: TableFormat = "terminal",
    as_json: AsJson = False,
    quiet: Quiet = False,
    tables: TableKeys = None,
    arms: ArmNames = None,
    sort: SortColumn = None,
    columns: Columns = None,
    digits: Digits = 3,
    bold: Bold = "best",
    template: Template = None,
    figures: ImageFormat = None,
    beside: Beside = None,
    ensembles: Ensembles = False,
    serve: Serve = False,
    port: Port = None,
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md`, `tables.tex`, `tables.csv` and
    `tables.json` hold the tables, `trials.csv` every trial, `checklist.md` and `checklist.tex` what
    conferences ask about experiments. A study that still runs can be reported too.

    What is printed can be chosen with `--table` (`trials` is one more), `--arm`, `--column`, `--sort`,
    `--bold` and `--format`; a `--template` prints the same. The files always hold the whole report. Of an
    imported study there are `tables.*` and `trials.csv`.

    Several studies have one report, called as all of them: their arms side by side, those of one name
    compared, and in what they differ. STUDY may be the FILE of `sweeper export --bundle FILE` too.

    With `--serve` it writes nothing, and shows the page of a study in a browser of this machine, which keeps
    itself new while the study runs: `http://127.0.0.1:8090/`, until Ctrl-C.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`

    Example: `sweeper report sbert-grid@minilm sbert-grid@mpnet`
    """
    from ..report.formats.template import load
    from ..report.selection import Selection
    from ..text import digits as decimals

    if serve or port is not None:
        serve_report(context, study, serve, port, beside=beside or (), storage=storage)
        return
    _ = template and load(template)  # before anything is written
    form = _form(form, as_json)
    selection = Selection(tables or (), arms or (), sort, columns or (), bold)
    with _opened([study, *(further or ())], storage) as (database, home, stores), decimals(digits):
        others = _tables(stores, home, _stores(database, beside or ()), ensembles)
        written = _write(database, home, stores, folder, selection, images=figures, further=others)
    made = [] if template is None else [f"Template: {_fill(template, written)}"]
    if not quiet:
        _print(written, form, made)


def _form(form: str, as_json: bool) -> str:
    """The format of what is printed.

    Raises:
        InputError: If two are asked for.
    """
    if as_json and form not in ("terminal", "json"):
        raise InputError(f"--json and --format {form}: leave one of them out")
    return "json" if as_json else form


@contextmanager
def _opened(
    names: Sequence[str | None], storage: Url | None
) -> "Iterator[tuple[Database, Home, list[StudyStore]]]":
    """The database of some studies, their home and the studies: the user's, or those of a bundle.

    Raises:
        InputError: As in `_stores` and `open_bundle`, or if a bundle is named beside other things.
    """
    from ..export.bundle.unpacked import is_bundle, open_bundle
    from ..store.database import Database

    bundles = [one for one in names if one is not None and is_bundle(one)]
    if not bundles:
        with Database(storage_url(storage), must_exist=True) as database:
            yield database, Home.from_environment(), _stores(database, names)
        return
    if len(names) > 1 or storage is not None:
        raise InputError(f"{bundles[0]} is a bundle, with a database of its own: name nothing beside it")
    with (
        open_bundle(bundles[0]) as bundle,
        Database(bundle.storage, must_exist=True, read_only=True) as database,
    ):
        yield database, bundle.home, [database.study(bundle.study)]


def _stores(database: "Database", names: Sequence[str | None]) -> list["StudyStore"]:
    """Studies by what the user calls them.

    Raises:
        InputError: As in `find_study`, or if one of several is there twice or was imported.
    """
    from ..store.studies import find_study

    found = [find_study(database, name, foreign=True) for name in names]
    called = [one.row.name for one in found]
    for name in called:
        if called.count(name) > 1:
            raise InputError(f"study {name!r} is named more than once")
    return found


def _tables(
    stores: "Sequence[StudyStore]", home: Home, imported: "Sequence[StudyStore]", ensembles: bool
) -> "list[Table]":
    """The tables that are asked for beside those of every report.

    Raises:
        InputError: If a study of `imported` was not, or ensembles cannot be made.
    """
    from ..export.ensembles.table import ensembles_table
    from ..report.files import further_tables
    from ..store.foreign import check_imported

    found = further_tables(list(map(check_imported, imported)))
    if not ensembles:
        return found
    if len(stores) > 1 or stores[0].row.origin is not None:
        raise InputError("--ensembles: are made of the trials of one study that ran here")
    try:
        return [ensembles_table(stores[0], home), *found]
    except InputError as error:
        raise InputError(f"--ensembles: {error}") from error


def _write(
    database: "Database",
    home: Home,
    stores: "Sequence[StudyStore]",
    folder: Path,
    selection: "Selection",
    *,
    images: str | None,
    further: "Sequence[Table]",
) -> "Report":
    """Writes a report, and says so where another study's report has the folder that was asked for.

    Raises:
        InputError: If an imported study stands among several, or as of the functions that write.
    """
    from ..report.several.write import several_folder, write_several
    from ..report.write import write_foreign, write_report

    names = [one.row.name for one in stores]
    foreign = [one for one in stores if one.row.origin is not None]
    if len(stores) > 1 and foreign:
        raise InputError(f"study {foreign[0].row.name!r} was imported: it stands beside others by --beside")
    asked = folder / several_folder(names)
    if len(stores) > 1:
        written = write_several(database, names, asked, home, selection, images=images, further=further)
    elif foreign:
        written = write_foreign(stores[0], asked, selection)
    else:
        written = write_report(database, names[0], asked, home, selection, images=images, further=further)
    if written.folder != asked:
        say(f"{asked} is the report of another study of that name", err=True)
    return written


def _fill(template: Path, written: "Report") -> Path:
    """Writes the tables that are printed in the layout of a template.

    Returns:
        The file.

    Raises:
        InputError: If the template asks for what is not there, or the file cannot be written or is itself.
    """
    from model.files import write_beside

    from ..report.formats.template import made_name, render

    path = written.folder / made_name(template)
    if path.resolve() == template.resolve():
        raise InputError(f"--template {template}: the file that it makes would take its place: move it")
    text = render(template, written.shown)
    try:
        write_beside(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _print(written: "Report", form: str, made: Sequence[str]) -> None:
    """Prints a report in a format, then what was found, and where the files are."""
    from ..report.formats import FORMATS
    from ..report.formats.terminal import print_tables

    if form == "terminal":
        for warning in written.shown.warnings:
            say(f"Warning: {warning}")
        print_tables(written.shown.tables, Console())
    else:
        typer.echo(FORMATS[form].render(written.shown), nl=False)
    page = written.folder / "index.html"
    first = page if page.exists() else written.folder / "tables.md"
    for sentence in (*written.said, *written.shown.summary, f"Report: {first}", *made):
        say(sentence, err=form != "terminal")
