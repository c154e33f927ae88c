"""Writes the report of a study: one self-contained page, tables in four formats, trials, checklists."""

from collections.abc import Sequence
from pathlib import Path

from ..clock import Clock, SystemClock
from ..errors import InputError
from ..paths import Home
from ..show.spreadsheet import cells
from ..store.database import Database
from ..store.foreign import foreign_study
from ..store.study import StudyStore
from ..text import one_line
from .advice import advice
from .cautions import cautions
from .checklist import checklist_files
from .counts import count_trials
from .document import Document, Table
from .figures import study_figures
from .files import Drawn, Report, further_tables, own_folder, trials_csv, write_files, write_texts
from .foreign import foreign_document, foreign_frame
from .page import page
from .read import Stored, read_study
from .selection import Selection, select
from .statistics.comparison import Comparisons
from .summary import findings, headline, missing, progress
from .tables import study_tables
from .tables.published import left_out, own_tables
from .tables.trials import trials_table


def write_report(
    database: Database,
    name: str,
    folder: Path,
    home: Home | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    *,
    images: str | None = None,
    further: Sequence[Table] = (),
    clock: Clock = SystemClock(),  # noqa: B008 - it has no state
) -> Report:
    """Writes the report of a study as it stands, finished or not.

    From the same database at the same time it is the same, byte for byte.

    Args:
        database: Where the study is.
        name: ``<study>@<workload>``.
        folder: Where the files go; made if missing, files of an earlier report are replaced. Where another
            study of that name has reported there, the first letters of the study's UUID are added.
        home: Where the runs left their predictions, which paired tests need.
        selection: What of it is to be printed; the table of all trials is there too. The files hold it all.
        images: Format, a name in `IMAGES`, in which the figures are written to ``figures/`` as well; None:
            they are not.
        further: Tables that come after its own.
        clock: Tells when it was written.

    Raises:
        InputError: If there is no such study, or none of what is selected, or the folder cannot be written,
            or there is nothing that draws images.
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    store = database.find(name)
    if store is None:
        raise InputError(f"study {name!r} is not in the database")
    stored = read_study(database, store, home)
    comparisons = Comparisons(stored.results)
    document = document_of(comparisons, stored, further)
    trials, made = trials_table(stored.results), stored.facts(clock.now())
    texts = {"trials.csv": trials_csv(stored.results.trials), **checklist_files(stored, document.tables)}
    drawn = Drawn(comparisons, document, trials, made, texts)
    return write_files(drawn, own_folder(folder, stored.row.uuid), stored.row.uuid, selection, images)


def write_foreign(
    store: StudyStore,
    folder: Path,
    selection: Selection = Selection(),  # noqa: B008 - frozen
) -> Report:
    """Writes the report of a study that sweeper did not make: its trials as a table, and as a file.

    Args:
        store: The study.
        folder: As in `write_report`.
        selection: As in `write_report`.

    Raises:
        InputError: As in `write_report`.
        DatabaseError: If it cannot be read.
    """
    study = foreign_study(store)
    document, folder = foreign_document(store.row.name, study), own_folder(folder, store.row.uuid)
    shown, said = select(document, [], selection)
    trials = str(cells(foreign_frame(study)).to_csv(index=False, lineterminator="\n"))
    write_texts(document, {"trials.csv": trials}, folder, store.row.uuid)
    return Report(document, shown, said, folder)


def document_of(comparisons: Comparisons, stored: Stored, further: Sequence[Table] = ()) -> Document:
    """What a report says, before it has a format.

    Args:
        comparisons: Of the arms of the study.
        stored: The study.
        further: Tables that come after its own.
    """
    results, keys = comparisons.results, stored.study.spec.tables
    count = count_trials(results.trials, results.wanted)
    tables = [*study_tables(results, keys, comparisons), *own_tables(stored.published, results), *further]
    shown = {table.key for table in tables}
    return Document(
        study=results.name,
        description=results.description,
        formula=results.formula,
        notice=results.notice,
        summary=(
            headline(comparisons),
            *findings(comparisons),
            progress(count),
            *missing(results, count, [key for key in keys if key not in shown]),
            *left_out(stored.published, results),
            *advice(results, comparisons),
        ),
        arms=tuple(one_line(arm) for arm in results.arms),
        tables=tuple(tables),
        warnings=tuple(cautions(results, comparisons, stored.late_changes, stored.lost)),
    )


def served_page(
    database: Database,
    store: StudyStore,
    home: Home | None,
    version: str,
    *,
    imported: Sequence[StudyStore] = (),
    clock: Clock = SystemClock(),  # noqa: B008 - it has no state
) -> str:
    """The page of a study as it stands, as a server gives it; nothing is written.

    Args:
        database: Where the study is.
        store: The study.
        home: As in `write_report`.
        version: By which the page knows whether it is old.
        imported: Studies that were made elsewhere, whose best stand in a table beside its own.
        clock: As in `write_report`.

    Raises:
        DatabaseError: As in `write_report`.
    """
    stored = read_study(database, store, home)
    results, comparisons = stored.results, Comparisons(stored.results)
    document = document_of(comparisons, stored, further_tables(imported))
    figures, made = study_figures(results, comparisons), stored.facts(clock.now())
    return page(results, document, figures, trials_table(results), made, version=version)
