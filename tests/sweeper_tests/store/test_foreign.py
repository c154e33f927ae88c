"""Studies that were made elsewhere: kept as they are, and never taken for own ones."""

import math
from datetime import UTC, datetime
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa

from sweeper.errors import ConflictError, DatabaseError, InputError
from sweeper.store import copying
from sweeper.store.database import Database
from sweeper.store.foreign import foreign_study
from sweeper.store.retrying import RetryPolicy
from sweeper.store.studies import find_study
from sweeper.study.foreign import ForeignOrigin, ForeignStudy, ForeignTrial
from sweeper.study.load import stored_study
from sweeper.trial import RunState
from tests.faults.lost import EveryOther, lost_answers

NOON = datetime(2026, 1, 2, 12, 0, 0, 250000, UTC)
ORIGIN = ForeignOrigin(
    kind="CSV", place="trials.csv", objectives=("acc", "loss"), directions=("maximize", "minimize")
)
TRIALS = [
    ForeignTrial(
        0, "a", RunState.COMPLETE, {"lr": 1e-4, "n": 3, "b": True, "é": "ü"}, {"acc": 0.1, "loss": 2.0}
    ),
    ForeignTrial(2, "b", RunState.COMPLETE, {}, {"acc": 0.1, "loss": -math.inf}, NOON, NOON),
    ForeignTrial(3, "c", RunState.COMPLETE, {"lr": 1e-3}, {"acc": 0.1 + 1e-16, "loss": 5e-324}),
    ForeignTrial(4, "d", RunState.PRUNED, {}, {"acc": 0.9}),
    ForeignTrial(7, "e", RunState.FAILED, {}),
]
STUDY = ForeignStudy(ORIGIN, TRIALS)


def test_it_is_read_as_it_was_given(url: str) -> None:
    with Database(url) as database:
        store = database.import_study("theirs@imported", STUDY, "0.1")
        assert foreign_study(store) == STUDY
        assert store.events.all()[-1].description == "5 trials, imported from CSV, trials.csv"
        assert store.trials.rows() == []
    storage = optuna.storages.RDBStorage(url)
    theirs = optuna.load_study(study_name="theirs@imported", storage=storage)
    assert [direction.name for direction in theirs.directions] == ["MAXIMIZE", "MINIMIZE"]
    storage.engine.dispose()


def test_the_best_come_first_by_the_directions() -> None:
    assert [trial.label for trial in STUDY.ranked()] == ["c", "b", "a"]


def test_it_is_imported_whole_or_not_at_all_and_once(url: str) -> None:
    with Database(url) as database:
        broken = ForeignStudy(ORIGIN, [*TRIALS, ForeignTrial(9, None, RunState.FAILED, {})])  # type: ignore[arg-type]
        with pytest.raises(DatabaseError):
            database.import_study("theirs@imported", broken, "0.1")
        assert database.studies() == []
        database.access.retry_policy = RetryPolicy(60)
        lost = EveryOther()
        with lost_answers(lost):
            store = database.import_study("theirs@imported", STUDY, "0.1")
        assert lost.lost >= 1
        assert foreign_study(store) == STUDY
        database.access.retry_policy = RetryPolicy()
        with pytest.raises(
            ConflictError, match="has a study 'theirs@imported' already; nothing was imported"
        ):
            database.import_study("theirs@imported", STUDY, "0.1")
        with database.access.reading() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM foreign_trial")).scalar_one() == 5


def test_nobody_takes_it_for_an_own_study(url: str) -> None:
    with Database(url) as database:
        store = database.import_study("theirs@imported", STUDY, "0.1")
        assert find_study(database, "theirs", foreign=True).row == store.row
        with pytest.raises(
            InputError, match="study 'theirs@imported' was imported, and no trial of it was made"
        ):
            find_study(database, "theirs")
        with pytest.raises(InputError, match="every study here was imported: name one of: theirs@imported"):
            find_study(database, None)
        with pytest.raises(InputError, match="is the name of an imported study: run this one under another"):
            stored_study(store.row)


def test_a_row_that_somebody_has_changed_is_one_error(url: str) -> None:
    with Database(url) as database:
        store = database.import_study("theirs@imported", STUDY, "0.1")
        with database.access.writing() as connection:
            connection.execute(sa.text("UPDATE foreign_trial SET outcome = '{}' WHERE number = 0"))
        with pytest.raises(
            DatabaseError, match="'theirs@imported' cannot be read: trial a: is complete and has"
        ):
            foreign_study(store)


@pytest.mark.parametrize(
    ("origin", "trials", "said"),
    [
        (ORIGIN.model_copy(update={"directions": ("maximize",)}), [], "each once, and with its direction"),
        (
            ORIGIN,
            [ForeignTrial(0, "a", RunState.COMPLETE, {}, {"acc": 1.0})],
            "trial a: is complete and has no loss",
        ),
        (ORIGIN, [TRIALS[4], TRIALS[4]], "two trials have one number"),
    ],
)
def test_an_impossible_study_refuses_to_exist(
    origin: ForeignOrigin, trials: list[ForeignTrial], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        ForeignStudy(origin, trials)


def test_it_is_copied_whole(url: str, tmp_path: Path) -> None:
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    with Database(url) as database:
        store = database.import_study("theirs@imported", STUDY, "0.1")
        copying.copy(url, elsewhere, [store.row.name])
        with Database(elsewhere) as other:
            copied = other.study("theirs@imported")
            assert foreign_study(copied) == STUDY
            assert copied.events.all() == store.events.all()
            assert copied.row.uuid == store.row.uuid
