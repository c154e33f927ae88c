"""Writes the report of a study: one self-contained page, the tables in four formats, the trials as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from model.tasks import overall_formula

from ..errors import InputError
from ..paths import Home, write_beside
from ..store.database import Database
from ..study.load import stored_study
from ..text import one_line
from .advice import advice
from .document import Document
from .figures import study_figures
from .formats import FILES, FORMATS
from .page import page
from .provenance import how_made
from .read import read_results
from .results import Results, counts
from .selection import Selection, selected
from .statistics.comparison import Comparisons
from .summary import evidence, headline, missing, progress
from .tables import study_tables, trials_table

if TYPE_CHECKING:
    from .figures.image import Format


@dataclass(frozen=True)
class Report:
    """A report as written.

    Attributes:
        document: What it says in words and tables.
        shown: What of it is to be printed.
        said: What is to be said about the printed tables, one sentence each.
        folder: Where ``index.html``, ``tables.*`` and ``trials.csv`` are.
    """

    document: Document
    shown: Document
    said: tuple[str, ...]
    folder: Path


def write_report(
    database: Database,
    name: str,
    folder: Path,
    home: Home | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    *,
    images: "Format | None" = None,
) -> Report:
    """Writes the report of a study as it stands, finished or not.

    Args:
        database: Where the study is.
        name: ``<study>@<workload>``.
        folder: Where the files go; made if missing, files of an earlier report are replaced.
        home: Where the runs left their predictions, which paired tests need.
        selection: What of it is to be printed; the table of all trials is there too. The files hold it all.
        images: Format in which the figures are written to ``figures/`` as well; None: they are not.

    Raises:
        InputError: If there is no such study, or none of what is selected, or the folder cannot be written,
            or there is nothing that draws images.
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    store = database.find(name)
    if store is None:
        raise InputError(f"study {name!r} is not in the database")
    study = stored_study(store.row)
    results = read_results(database, store, home)
    document = _document(results, study.spec.tables)
    trials = trials_table(results)
    shown, said = selected(document, [trials], selection)
    made = how_made(store.row, study, store.trials.rows(), store.changes())
    try:
        for form, render in FORMATS.items():
            write_beside(folder / FILES[form], render(document))
        write_beside(folder / "trials.csv", trials_csv(results.trials))
        write_beside(folder / "index.html", page(results, document.summary, document.tables, trials, made))
    except OSError as error:
        raise InputError(f"report folder {str(folder)!r} cannot be written: {error.strerror}") from error
    if images is not None:
        from .figures.image import write_images  # only here is a browser needed

        write_images(study_figures(results), folder / "figures", images)
    return Report(document, shown, said, folder)


def trials_csv(trials: pd.DataFrame) -> str:
    """All trials, one a line, numbers in full."""
    return str(trials.drop(columns=["config", "traceback"]).to_csv(index=False, lineterminator="\n"))


def _document(results: Results, keys: Sequence[str]) -> Document:
    count, comparisons = counts(results.trials, results.wanted), Comparisons(results)
    return Document(
        study=results.name,
        description=results.description,
        formula=overall_formula(results.tasks),
        notice=results.notice,
        summary=(
            headline(results, comparisons),
            *evidence(comparisons),
            progress(count),
            *missing(results, count, keys),
            *advice(results, comparisons),
        ),
        arms=tuple(one_line(arm) for arm in results.arms),
        tables=tuple(study_tables(results, keys, comparisons)),
    )
