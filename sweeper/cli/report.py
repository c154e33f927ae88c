"""The command that prints and writes a report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
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
from .serve import Port, Serve, serve_report

if TYPE_CHECKING:
    from ..report.files import Report
    from ..report.selection import Selection
    from ..store.database import Database


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
    serve: Serve = False,
    port: Port = None,
    storage: Storage = None,
) -> None:
    """Prints the tables of a study and writes them, with figures, to `reports/<study>@<workload>/`.

    There, `index.html` is one page that needs no network, `tables.md`, `tables.tex`, `tables.csv` and
    `tables.json` hold the tables, `trials.csv` every trial, `checklist.md` and `checklist.tex` what
    conferences ask about experiments. A study that still runs can be reported too.

    What is printed can be chosen with `--table` (`trials` is one more), `--arm`, `--sort` and `--format`. The
    files always hold the whole report. Of an imported study there are `tables.*` and `trials.csv`.

    Several studies have one report together, in a folder that is called as all of them: their arms side by
    side, those of one name compared, and in what the studies differ.

    With `--serve` it prints and writes nothing, and shows the page of a study in a browser of this machine,
    which keeps itself new while the study runs: `http://127.0.0.1:8090/`, until Ctrl-C.

    Example: `sweeper report --study sbert-grid --table arms --sort overall --format latex`

    Example: `sweeper report sbert-grid@minilm sbert-grid@mpnet`

    Example: `sweeper report sbert-grid --serve`
    """
    from ..report.selection import Selection
    from ..store.database import Database

    if serve or port is not None:
        others = {"--format": form != "terminal", "--json": as_json, "--table": bool(tables)}
        others |= {"--arm": bool(arms), "--sort": bool(sort), "--figures": bool(figures)}
        others |= {"--folder": folder != Path("reports"), "the second STUDY": bool(further)}
        serve_report(study, serve, port, beside=beside or (), storage=storage, others=others)
        return
    if as_json and form not in ("terminal", "json"):
        raise InputError(f"--json and --format {form}: leave one of them out")
    selection = Selection(tables or (), arms or (), sort)
    with Database(storage_url(storage), must_exist=True) as database:
        written, first = _write(
            database, folder, selection, figures, study=study, further=further or (), beside=beside or ()
        )
    if not quiet:
        _print(written, "json" if as_json else form, first)


def _write(
    database: "Database",
    folder: Path,
    selection: "Selection",
    images: str | None,
    *,
    study: str | None,
    further: Sequence[str],
    beside: Sequence[str],
) -> tuple["Report", str]:
    """Writes the report of a study, of one that was imported, or of several; gives its first file too."""
    from ..report.several.write import several_folder, write_several
    from ..report.write import write_foreign, write_report
    from ..store.foreign import check_imported
    from ..store.studies import find_study

    store, home = find_study(database, study, foreign=True), Home.from_environment()
    name, first = store.row.name, "index.html"
    imported = [check_imported(find_study(database, one, foreign=True)) for one in beside]
    if further:
        names = _distinct([name, *(find_study(database, one).row.name for one in further)])
        name = several_folder(names)
        written = write_several(
            database, names, folder / name, home, selection, images=images, imported=imported
        )
    elif store.row.origin is not None:
        written, first = write_foreign(store, folder / name, selection), "tables.md"
    else:
        written = write_report(
            database, name, folder / name, home, selection, images=images, imported=imported
        )
    if written.folder != folder / name:
        say(f"{folder / name} is the report of another study of that name", err=True)
    return written, first


def _print(written: "Report", form: str, first: str) -> None:
    """Prints what was asked for of a report, and where it is."""
    from ..report.formats import FORMATS
    from ..report.formats.terminal import print_tables

    if form == "terminal":
        for warning in written.shown.warnings:
            say(f"Warning: {warning}")
        print_tables(written.shown.tables, Console())
    else:
        typer.echo(FORMATS[form].render(written.shown), nl=False)
    for sentence in (*written.said, *written.shown.summary, f"Report: {written.folder / first}"):
        say(sentence, err=form != "terminal")


def _distinct(names: list[str]) -> list[str]:
    """Names of studies, each once.

    Raises:
        InputError: If one is there twice.
    """
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"study {name!r} is named more than once")
    return names
