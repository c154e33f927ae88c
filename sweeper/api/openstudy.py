"""A study that has begun, looked at from Python: frames, tables, figures, trials. It changes nothing."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..paths import Home, data_folder, storage_url, user_path
from ..report.formats import IMAGES
from ..study.limits import LARGEST_NUMBER
from ..study.named import is_file
from ..text import nearest
from ..url import Url
from .arguments import called, called_or_none, text, text_or_none, url_or_none, whole_number, wrong
from .foreignstudy import OpenForeign
from .opened import Opened
from .opentrial import OpenTrial
from .reporttable import ReportTable

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from ..report.document import Document
    from ..report.figures import Figure
    from ..report.read import Stored
    from ..report.statistics.comparison import Comparisons


def open_study(
    study: str | Path | None = None, *, workload: str | Path | None = None, storage: str | None = None
) -> "OpenStudy | OpenForeign":
    """A study of the database, or one from the file of `sweeper export --bundle`, to be looked at.

    Args:
        study: Its name, with or without @workload, the path of its file, or that of a bundle, of which
            nothing but the bundle is read; None for the latest.
        workload: Name or file of the workload, if it ran on several.
        storage: URL of the database; None: SWEEPER_STORAGE, else that of SWEEPER_HOME.

    Returns:
        The study; of one that was imported an `OpenForeign`.

    Raises:
        InputError: If there is none of that name, or more than one, or a bundle is damaged, or an argument is
            of another type or an empty text.
        DatabaseError: If the database cannot be read, or is of another version.
    """
    from ..export.bundle.unpacked import is_bundle, keep_bundle
    from ..store.database import Database
    from ..store.studies import find_study

    asked, on = called_or_none("study", study), called_or_none("workload", workload)
    named = url_or_none("storage", storage)
    if asked is not None and is_bundle(asked):
        if on is not None or named is not None:
            raise InputError(f"{asked}: is a bundle, which has one study: leave workload and storage out")
        bundle = keep_bundle(asked)
        asked, where, home, held = bundle.study, bundle.storage, bundle.home, bundle
    else:
        where, held = storage_url(named), None
        home = Home.from_environment()
    with Database(where, must_exist=True, read_only=True) as database:
        row = find_study(database, asked, on, foreign=True).row
    if row.origin is not None:
        return OpenForeign(row.name, where, held)
    code = (asked, on) if asked is not None and is_file(asked) else None
    return OpenStudy(row.name, where, home, code, held)


class OpenStudy(Opened):
    """A study as it stood when it was first looked at: frames, tables, figures and comparisons agree.

    `newest` gives it as it stands now, and so do `best`, `trial` and `report`. The database is opened to be
    read, and only while it is read.

    Args:
        name: ``<study>@<workload>``.
        storage: URL of the database.
        home: Folder of the runs, for predictions and weights.
        code: The study file by which it was opened, and what its workload was called: its own code may run
            to predict; None: no code does.
        held: What has to live as long as the database does: a bundle that was laid out.
    """

    def __init__(
        self,
        name: str,
        storage: Url,
        home: Home,
        code: tuple[str, str | None] | None = None,
        held: object = None,
    ) -> None:
        self.name = name
        self._storage = storage
        self._home = home
        self._code = code
        self._held = held

    @property
    def newest(self) -> "OpenStudy":
        """The same study as it stands now."""
        return OpenStudy(self.name, self._storage, self._home, self._code, self._held)

    @cached_property
    def trials(self) -> "pd.DataFrame":
        """One row a trial: its arm, state, seed, scores, ``params.<name>``, and its whole configuration."""
        return self._stored.results.trials.copy()

    @cached_property
    def epochs(self) -> "pd.DataFrame":
        """One row a metric of an epoch: number, arm, epoch, split, task, metric, value."""
        return self._stored.results.epochs.copy()

    @property
    def figures(self) -> list[str]:
        """Keys of its figures; none before a trial is complete."""
        return [figure.key for figure in self._figures]

    def figure(self, key: str) -> "go.Figure":
        """A figure of its report, such as ``learning``, as one of plotly; its panels stand under each other.

        Raises:
            InputError: If it has none of that key.
        """
        from ..report.figures.joined import joined

        key = text("figure", key)
        for figure in self._figures:
            if figure.key == key:
                return joined(figure)
        there = nearest(key, self.figures) if self.figures else ": no trial is complete yet"
        raise InputError(f"figure {key!r}: no figure of {self.name}{there}")

    def compare(self, arm: str, against: str) -> ReportTable:
        """Two arms by their best configurations, as in the table of comparisons.

        Where the study declares the pair, p is adjusted for the pairs that it declares; else for all pairs of
        arms.

        Args:
            arm: The one.
            against: The other; the differences are the first minus this one.

        Raises:
            InputError: If the study has no such arm, or one has no complete trial with predictions.
        """
        from ..report.tables.comparisons import ASKED, pairs_table

        arm, against = text("arm", arm), text("against", against)
        for each in (arm, against):
            if each not in self._stored.results.arms:
                raise InputError(
                    f"arm {each!r}: no arm of {self.name}{nearest(each, self._stored.results.arms)}"
                )
        if arm == against:
            raise InputError(f"arm {arm!r}: name another one to compare it with")
        found = self._comparisons.claims.between(arm, against)
        if found is None:
            raise InputError(
                f"{arm!r} against {against!r}: each needs a complete trial whose predictions are there, on "
                "the same dev rows, and a task in common"
            )
        compared, declared = found
        why = "declared" if declared else ASKED
        return ReportTable(pairs_table(self._comparisons, [(compared, why)]))

    def best(self, arm: str | None = None) -> OpenTrial:
        """The complete trial with the highest overall, as the database has it now.

        Args:
            arm: Of the trials of this arm.

        Raises:
            InputError: If there is no such arm, or none of its trials is complete.
        """
        from ..show.best import best_run
        from ..store.database import Database

        with Database(self._storage, must_exist=True, read_only=True) as database:
            number = best_run(database.study(self.name), text_or_none("arm", arm)).number
        return self.trial(number)

    def trial(self, number: int) -> OpenTrial:
        """One trial.

        Raises:
            InputError: If it is no whole number, or too large; if there is none of that number, once it is
                looked at.
        """
        whole = whole_number("trial", number, most=LARGEST_NUMBER)
        return OpenTrial(
            self.name, whole, self._storage, self._home, data_folder(), code=self._code, held=self._held
        )

    def report(self, folder: str | Path = "reports", *, images: str | None = None) -> Path:
        """Writes its report as it stands now, as `sweeper report` does, and gives the page.

        Args:
            folder: Folder of the reports; that of this one is ``<study>@<workload>`` in it.
            images: Format in which figures are written too: svg, png or pdf.

        Raises:
            InputError: If the folder cannot be written, or the format is not known.
        """
        from ..report.write import write_report
        from ..store.database import Database
        from ..study.owncode import know

        if images is not None and images not in IMAGES:
            raise wrong("images", images, f"is not one of {', '.join(IMAGES)}")
        with Database(self._storage, must_exist=True, read_only=True) as database:
            know(database.study(self.name).row, to_read=True)
            written = write_report(
                database,
                self.name,
                user_path(called("folder", folder)) / self.name,
                self._home,
                images=images,
            )
        return written.folder / "index.html"

    def _repr_html_(self) -> str:
        from ..report.formats.html import as_html

        return as_html(self._document, ["arms"])

    @property
    def _stored(self) -> "Stored":
        from ..study.owncode import know

        found = self._read
        know(found.row, to_read=True)  # another study may have been looked at meanwhile
        return found

    @cached_property
    def _read(self) -> "Stored":
        from ..report.read import read_study
        from ..store.database import Database
        from ..study.owncode import know

        with Database(self._storage, must_exist=True, read_only=True) as database:
            store = database.study(self.name)
            know(store.row, to_read=True)
            return read_study(database, store, self._home)

    @cached_property
    def _comparisons(self) -> "Comparisons":
        from ..report.statistics.comparison import Comparisons

        return Comparisons(self._stored.results)

    @cached_property
    def _document(self) -> "Document":
        from ..report.write import document_of

        return document_of(self._comparisons, self._stored)

    @cached_property
    def _figures(self) -> "list[Figure]":
        from ..report.figures import study_figures

        return study_figures(self._stored.results, self._comparisons)
