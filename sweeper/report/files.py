"""The files of a report, and the folder in which they are."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.files import read_file, write_beside

from ..errors import InputError
from ..show.spreadsheet import cells, readable
from ..store.foreign import foreign_study
from ..store.study import StudyStore
from .document import Document, Table
from .figures import study_figures
from .foreign import best_imported
from .formats import FORMATS, IMAGES
from .page import page
from .selection import Selection, select
from .statistics.comparison import Comparisons

MARK = ".study"
"""The file of a report that has the UUID of its study."""


@dataclass(frozen=True)
class Report:
    """A report as written.

    Attributes:
        document: What it says in words and tables.
        shown: What of it is to be printed.
        said: What is to be said about the printed tables, one sentence each.
        folder: Where ``index.html``, ``tables.*``, ``checklist.*`` and ``trials.csv`` are; of a study that
            was imported the tables and the trials alone.
    """

    document: Document
    shown: Document
    said: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Drawn:
    """A report before it is written.

    Attributes:
        comparisons: Its arms, compared.
        document: What it says in words and tables.
        trials: The table of all trials.
        made: How it was made: facts by their names.
        texts: Its further files, by name.
    """

    comparisons: Comparisons
    document: Document
    trials: Table
    made: Mapping[str, str]
    texts: Mapping[str, str]


def write_files(drawn: Drawn, folder: Path, uuid: str, selection: Selection, images: str | None) -> Report:
    """Writes a report.

    Args:
        drawn: What it says.
        folder: Where the files go.
        uuid: That of its study, or of its studies.
        selection: What of it is to be printed.
        images: As in `write_report`.

    Raises:
        InputError: If there is none of what is selected, the folder cannot be written, or nothing draws
            images.
    """
    document, results = drawn.document, drawn.comparisons.results
    figures = study_figures(results, drawn.comparisons)
    shown, said = select(document, [drawn.trials], selection)
    index = page(results, document, figures, drawn.trials, drawn.made)
    write_texts(document, {**drawn.texts, "index.html": index}, folder, uuid)
    if images is not None:
        from .figures.image import write_images  # only here is a browser needed

        write_images(figures, folder / "figures", images, IMAGES[images])
    return Report(document, shown, said, folder)


def write_texts(document: Document, texts: Mapping[str, str], folder: Path, uuid: str) -> None:
    """Writes the tables of a report in every format, and its further files.

    Args:
        document: What it says in words and tables.
        texts: The further files, by name.
        folder: Where the files go.
        uuid: As in `write_files`.

    Raises:
        InputError: If the folder cannot be written.
    """
    tables = {f"tables{form.suffix}": form.render(document) for form in FORMATS.values()}
    try:
        for file, text in {MARK: uuid + "\n", **tables, **texts}.items():
            write_beside(folder / file, text)
    except OSError as error:
        raise InputError(f"report folder {str(folder)!r} cannot be written: {error.strerror}") from error


def further_tables(imported: Sequence[StudyStore]) -> list[Table]:
    """The table of the best of studies that sweeper did not make, in a list; an empty one without such."""
    return [best_imported([(one.row.name, foreign_study(one)) for one in imported])] if imported else []


def trials_csv(trials: pd.DataFrame) -> str:
    """All trials, one a line, numbers in full."""
    shown = readable(trials).drop(columns=["config", "traceback"])
    return str(cells(shown).to_csv(index=False, lineterminator="\n"))


def own_folder(folder: Path, uuid: str) -> Path:
    """The folder itself; where another study has its report there, one named with the UUID's beginning."""
    try:
        found = read_file(folder / MARK).decode(errors="replace").strip()
    except OSError:
        return folder
    return folder if found == uuid else folder.with_name(f"{folder.name}.{uuid[:8]}")


def move_report(reports: Path, before: str, after: str, uuid: str) -> Path | None:
    """Gives the report of a study that is renamed the study's new name.

    Args:
        reports: Folder of the reports.
        before: What the study was called.
        after: What it is called from now on.
        uuid: Its UUID, which its report has.

    Returns:
        Where it is now; None if there is none, or another one has the place.
    """
    old, new = own_folder(reports / before, uuid), reports / after
    if not (old / MARK).is_file() or own_folder(old, uuid) != old or new.exists():
        return None
    with suppress(OSError):
        return old.rename(new)
    return None
