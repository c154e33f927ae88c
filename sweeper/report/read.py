"""Everything that a report is made from, read once: from the database and from the folders of the runs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from model.predictions import Predictions

from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.reading import RunReader
from ..store.database import Database
from ..store.frames import trials_frame
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.named import confirmation_name, is_confirmation
from ..study.rowsread import DataRead, data_read
from ..study.study import Study
from ..study.trained import trained_tasks
from ..text import one_line, trial_names
from ..trial import RunState, StudyRow, TrialRow
from .confirmation import as_arms, only_fresh
from .leaks import shared_rows
from .provenance import how_made
from .published import PublishedTable, published_beside
from .results import Results
from .undefined import recorded_scorable


@dataclass(frozen=True)
class Stored:
    """A study as it stands in the database.

    Attributes:
        row: Its row.
        study: What the row holds.
        trials: All of them, by number.
        changes: When something was changed in it since it was begun, UTC, and what.
        results: What tables and figures are made from.
        provenance: What the trials were made from, by the digests that they name.
        damaged: The rows of the database that cannot be read, each with what is wrong with it.
        left_out: The files of runs that were there and are not used, each with the reason; it grows as they
            are read.
        confirmation: The study that trained its leaders again at fresh seeds, if there is one.
        published: Tables of others that the user wrote down beside the study's file, by key.
    """

    row: StudyRow
    study: Study
    trials: Sequence[TrialRow]
    changes: Sequence[tuple[datetime, str]]
    results: Results
    provenance: Mapping[str, Mapping[str, Any]]
    damaged: Sequence[str] = ()
    left_out: Sequence[str] = ()
    confirmation: "Stored | None" = None
    published: Mapping[str, PublishedTable] = field(default_factory=dict)

    @property
    def late_changes(self) -> list[str]:
        """What a user changed in it once a trial was training whose scores could be seen.

        What `confirm` adds to a confirmation is no such change.
        """
        scored = {*self.results.epochs["number"]}
        began = [one.started for one in self.trials if one.number in scored and one.started is not None]
        if not began or is_confirmation(self.row.name):
            return []
        return [what for moment, what in self.changes if moment > min(began)]

    @property
    def lost(self) -> list[Sequence[str]]:
        """The rows and files that are not used, as they become known, the confirmation's too."""
        both = [one for one in (self, self.confirmation) if one is not None]
        rows = [f"Left out: {one_line(line)}" for one in both for line in one.damaged]
        return [rows, self._seen, *(one.left_out for one in both)]

    @property
    def _seen(self) -> list[str]:
        """The trials of the confirmation that are at no fresh seed, as the search was given it since."""
        if self.confirmation is None:
            return []
        again = self.confirmation.results.trials
        own = again[again["seed"].isin(self.results.complete["seed"])]
        if own.empty:
            return []
        seeds = ", ".join(map(str, sorted({*own["seed"]})))
        return [
            f"Left out: {trial_names(list(own['number']))} of {one_line(self.confirmation.row.name)}, as "
            f"seeds that the search trained at too ({seeds}) are not fresh; `sweeper confirm` trains others"
        ]

    def facts(self, written: datetime) -> dict[str, str]:
        """How it was made, in facts by their names.

        Args:
            written: When the report is written.
        """
        return how_made(
            self.row,
            self.study,
            self.trials,
            self.changes,
            written,
            kept=self.provenance,
            confirmation=self.confirmation,
        )


def read_study(database: Database, store: StudyStore, home: Home | None = None) -> Stored:
    """A study as it stands, with its confirmation if there is one.

    Args:
        database: Where its confirmation is.
        store: The study.
        home: Where its runs left their predictions; without it, or where they are gone, what needs them is
            left out of a report.

    Raises:
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    row, provenance = store.row, store.provenance()
    study = stored_study(row, provenance.get(row.written or ""))
    trials = [one for one in store.trials.rows() if _is_of(study, one, store)]
    epochs = store.trials.epochs_frame()
    epochs = epochs[epochs["number"].isin([one.number for one in trials])]
    evaluations = Counter(epochs.drop_duplicates(["number", "epoch"])["number"])
    reader = None if home is None else RunReader(StudyFolder(home, row), study.tasks)
    confirming = database.find(confirmation_name(row.name))
    again = read_study(database, confirming, home) if confirming else None
    trained = trained_tasks(study)
    searched = {one.seed for one in trials if one.state is RunState.COMPLETE}
    inputs = dict.fromkeys(one.inputs for one in trials if one.scores and one.inputs in provenance)
    results = Results(
        name=row.name,
        description=study.spec.description,
        notice=study.workload.notice,
        tasks=study.tasks,
        arms=tuple(study.spec.arms),
        space=study.space,
        wanted=row.wanted,
        trials=trials_frame(trials, evaluations),
        epochs=epochs,
        objectives=study.spec.objectives,
        # Without a declared pair a confirmation has arms that were chosen by their scores: none is declared.
        pairs=study.spec.pairs if study.spec.compare or not is_confirmation(row.name) else (),
        predictions=_predictions(trials, reader),
        confirmation=only_fresh(as_arms(again.results, study.spec.pairs), searched) if again else None,
        shared_rows=shared_rows((one.arm, provenance.get(one.inputs or "", {})) for one in trials),
        overall=study.overall,
        trained=trained,
        scorable={"": recorded_scorable(study.tasks, [provenance[one] for one in inputs if one])},
        spaces={} if all(space.plain for space in study.spaces.values()) else study.spaces,
        data=_data(trials, provenance),
    )
    left_out = () if reader is None else reader.left_out
    changes, damaged = store.changes(), store.access.damages.of(row.name)
    published = published_beside(study, home)
    return Stored(row, study, trials, changes, results, provenance, damaged, left_out, again, published)


def _is_of(study: Study, trial: TrialRow, store: StudyStore) -> bool:
    """Whether a trial is of an arm of the study, as all are unless somebody has changed the database."""
    if trial.arm not in study.spec.arms:
        wrong = f"cannot be used: the study has no arm {trial.arm!r}"
        store.access.damages.trial(trial.number, store.row.name, wrong)
        return False
    return True


def _data(
    trials: Sequence[TrialRow], provenance: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[DataRead, ...]]:
    """What the trials of each arm that have scores read, each once."""
    found: dict[str, dict[DataRead, None]] = {}
    for one in trials:
        if one.scores:
            found.setdefault(one.arm, {}).update(dict.fromkeys(data_read(one, provenance)))
    return {arm: tuple(read) for arm, read in found.items()}


def _predictions(
    trials: Sequence[TrialRow], reader: RunReader | None
) -> Callable[[int], Mapping[str, Predictions] | None]:
    by_number = {trial.number: trial for trial in trials}

    @cache
    def read(number: int) -> Mapping[str, Predictions] | None:
        trial = by_number[number]
        # That of which it has its result may be left out.
        made = trial if trial.reused_from is None else by_number.get(trial.reused_from)
        return None if reader is None or made is None else reader.predictions(made)

    return read
