"""Writes one report of several studies."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from ...clock import SystemClock
from ...errors import InputError
from ...paths import Home
from ...store.database import Database
from ..document import Table
from ..files import Drawn, Report, own_folder, trials_csv, write_files
from ..read import read_study
from ..selection import Selection
from ..statistics.comparison import Comparisons
from .document import several_document
from .joined import join_studies
from .trials import named_trials, trials_of_several

LONGEST = 200
"""Bytes of the name of the folder of a report; file systems take 255."""


def write_several(
    database: Database,
    names: Sequence[str],
    folder: Path,
    home: Home | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    *,
    images: str | None = None,
    further: Sequence[Table] = (),
) -> Report:
    """Writes one report of several studies: their arms side by side, compared where they have one name.

    It has no checklist: that is of one study.

    Args:
        database: Where the studies are.
        names: ``<study>@<workload>`` of each, in the order of the report.
        folder: As in `write_report`.
        home: As in `write_report`.
        selection: As in `write_report`.
        images: As in `write_report`.
        further: As in `write_report`.

    Raises:
        InputError: As in `write_report`, or if the studies do not have the same tasks, metrics and `overall`.
        DatabaseError: As in `write_report`.
    """
    studies = []
    for name in names:
        store = database.find(name)
        if store is None:
            raise InputError(f"study {name!r} is not in the database")
        studies.append(read_study(database, store, home))
    joined = join_studies([one.results for one in studies])
    comparisons = Comparisons(joined.results)
    document = several_document(comparisons, studies, further)
    trials, now = trials_of_several(joined), SystemClock().now()
    made = {f"{one.row.name}: {fact}": told for one in studies for fact, told in one.facts(now).items()}
    frame = named_trials(joined)
    uuid = "+".join(one.row.uuid for one in studies)
    drawn = Drawn(comparisons, document, trials, made, {"trials.csv": trials_csv(frame)})
    return write_files(drawn, own_folder(folder, uuid), uuid, selection, images)


def several_folder(names: Sequence[str]) -> str:
    """What the folder of a report of these studies is called: as all of them, or shorter if that is long."""
    whole = "+".join(names)
    if len(whole.encode()) <= LONGEST:
        return whole
    return f"{names[0]}+{len(names) - 1}-{sha256(whole.encode()).hexdigest()[:8]}"
