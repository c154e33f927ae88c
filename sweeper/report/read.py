"""Everything that a report is made from, read from the database and from the folders of the runs."""

from collections.abc import Callable, Mapping
from functools import cache

from model.predictions import Predictions, read_predictions

from ..paths import Home
from ..store.database import Database
from ..store.study import StudyStore
from ..study.load import stored_study
from .confirmation import confirmation_name
from .results import Results


def read_results(database: Database, store: StudyStore, home: Home | None = None) -> Results:
    """A study as it stands, with its confirmation if there is one.

    Args:
        database: Where its confirmation is.
        store: The study.
        home: Where its runs left their predictions; without it, or where they are gone, what needs them is
            left out of a report.

    Raises:
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    row, trials = store.row, store.trials
    study = stored_study(row)
    confirming = database.find(confirmation_name(row.name))
    return Results(
        name=row.name,
        description=study.spec.description,
        notice=study.workload.notice,
        tasks=study.tasks,
        arms=tuple(study.spec.arms),
        space=study.space,
        wanted=row.wanted,
        trials=trials.trials_frame(),
        epochs=trials.epochs_frame(),
        objectives=study.spec.objectives,
        predictions=_predictions(trials.reused(), row.name, home),
        confirmation=read_results(database, confirming, home) if confirming else None,
    )


def _predictions(
    reused: Mapping[int, int], name: str, home: Home | None
) -> Callable[[int], Mapping[str, Predictions] | None]:
    @cache
    def read(number: int) -> Mapping[str, Predictions] | None:
        if home is None:
            return None
        return read_predictions(home.run(name, reused.get(number, number)) / "predictions.npz")

    return read
