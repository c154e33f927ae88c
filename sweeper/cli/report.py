"""The command that prints and writes a report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from ..report.selection import BOLD
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
    named,
)
from .say import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..report.files import Report
    from ..report.selection import Selection
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


Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="HEADING", help="Print this column alone; repeatable, in the order that is typed."
    ),
]

Digits = Annotated[
    int, typer.Option(min=1, max=9, metavar="N", help="Decimals of scores and differences, in files too.")
]

Bold = Annotated[
    str,
    named(
        BOLD,
        "--bold",
        help="Which scores are bold in what is printed: best; ties: those too that are not "
        "told apart from it; none.",
    ),
]

Template = Annotated[
    Path | None,
    file_path(
        "FILE",
        "Write what is printed in a layout of your own, a Jinja template such as table.tex.j2, to the "
        "report's folder; see docs/papers.md.",
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
    columns: Columns = None,
    digits: Digits = 3,
    bold: Bold = "best",
    template: Template = None,
    figures: ImageFormat = None,
    beside: Beside = None,
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md`, `tables.tex`, `tables.csv` and
    `tables.json` hold the tables, `trials.csv` every trial, `checklist.md` and `checklist.tex` what
    conferences ask about experiments. A study that still runs can be reported too.

    What is printed can be chosen with `--table` (`trials` is one more), `--arm`, `--column`, `--sort`,
    `--bold` and `--format`; a `--template` prints the same. The files always hold the whole report. Of an
    imported study there are `tables.*` and `trials.csv`.

    Several studies have one report together, in a folder that is called as all of them: their arms side by
    side, those of one name compared, and in what the studies differ.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`

    Example: `sweeper report sbert-grid@minilm sbert-grid@mpnet`
    """
    from ..report.selection import Selection
    from ..store.database import Database
    from ..text import digits as decimals

    if as_json and form not in ("terminal", "json"):
        raise InputError(f"--json and --format {form}: leave one of them out")
    selection = Selection(tables or (), arms or (), sort, columns or (), bold)
    with Database(storage_url(storage), must_exist=True) as database, decimals(digits):
        stores = _stores(database, [study, *(further or ())])
        imported = [_imported(one) for one in _stores(database, beside or ())]
        name, written = _write(database, stores, folder, selection, images=figures, imported=imported)
    if written.folder != folder / name:
        say(f"{folder / name} is the report of another study of that name", err=True)
    made = [] if template is None else [f"Template: {_fill(template, written)}"]
    if not quiet:
        _print(written, "json" if as_json else form, made)


def _stores(database: "Database", names: "Sequence[str | None]") -> list["StudyStore"]:
    """Studies by what the user calls them.

    Raises:
        InputError: As of `find_study`, or if one of several is there twice or was imported.
    """
    from ..store.studies import find_study

    found = [find_study(database, name, foreign=True) for name in names]
    called = [one.row.name for one in found]
    for name in called:
        if called.count(name) > 1:
            raise InputError(f"study {name!r} is named more than once")
    return found


def _write(
    database: "Database",
    stores: "Sequence[StudyStore]",
    folder: Path,
    selection: "Selection",
    *,
    images: str | None,
    imported: "Sequence[StudyStore]",
) -> tuple[str, "Report"]:
    """Writes a report; its name, and what was written."""
    from ..report.several.write import several_folder, write_several
    from ..report.write import write_foreign, write_report

    names, home = [one.row.name for one in stores], Home.from_environment()
    foreign = [one for one in stores if one.row.origin is not None]
    if len(stores) > 1:
        if foreign:
            raise InputError(
                f"study {foreign[0].row.name!r} was imported: it stands beside others by --beside"
            )
        name = several_folder(names)
        return name, write_several(
            database, names, folder / name, home, selection, images=images, imported=imported
        )
    if foreign:
        return names[0], write_foreign(stores[0], folder / names[0], selection)
    return names[0], write_report(
        database, names[0], folder / names[0], home, selection, images=images, imported=imported
    )


def _fill(template: Path, written: "Report") -> Path:
    """Writes what is printed by a template; where to.

    Raises:
        InputError: If it is no template, or would take the place of another file of the report.
    """
    from model.files import write_beside

    from ..report.formats.template import made_name, render

    path = written.folder / made_name(template)
    if path.name.partition(".")[0] in ("index", "tables", "trials", "checklist") or path.name[:1] == ".":
        raise InputError(f"--template {template}: {path.name} is a file of every report: call it otherwise")
    text = render(template, written.shown)
    try:
        write_beside(path, text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _print(written: "Report", form: str, made: "Sequence[str]") -> None:
    """What is printed of a report, and where it is."""
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


def _imported(store: "StudyStore") -> "StudyStore":
    """A study that sweeper did not make.

    Raises:
        InputError: If it did.
    """
    if store.row.origin is None:
        raise InputError(f"--beside {store.row.name}: was not imported: it has a report of its own")
    return store
