"""What other programs do to a study in Optuna's tables is noticed before a trial is begun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import optuna
import pytest
from optuna.storages import RDBStorage

from sweeper.errors import ConflictError
from sweeper.store.database import Database
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep

NAME = "quickstart@demo"


@contextmanager
def optunas(url: str) -> Iterator[RDBStorage]:
    """Optuna's own storage."""
    storage = RDBStorage(url)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def delete(storage: RDBStorage) -> None:
    optuna.delete_study(study_name=NAME, storage=storage)


def make(storage: RDBStorage) -> optuna.Study:
    return optuna.create_study(study_name=NAME, storage=storage, direction="maximize")


def make_anew(storage: RDBStorage) -> None:
    delete(storage)
    make(storage)


def copy(storage: RDBStorage, name: str, to: str) -> None:
    optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=storage, to_study_name=to)


def rename(storage: RDBStorage) -> None:
    copy(storage, NAME, "other")
    delete(storage)


def add(storage: RDBStorage) -> None:
    optuna.load_study(study_name=NAME, storage=storage).optimize(lambda _: 0.5, n_trials=2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (delete, "was deleted, renamed or made anew in Optuna's tables by another program"),
        (make_anew, "was deleted, renamed or made anew"),
        (rename, "was deleted, renamed or made anew"),
        (add, "has trials 3–4 in Optuna's tables that another program added"),
    ],
)
def test_a_study_that_was_changed_there_does_not_go_on(
    study: Study, places: Places, change: Callable[[RDBStorage], None], said: str
) -> None:
    sweep(study, places, 3)
    with optunas(places.storage) as storage:
        change(storage)
    with pytest.raises(ConflictError, match=said):
        sweep(study, places, 5)
    with Database(places.storage, must_exist=True) as database:
        store = database.study(NAME)
        assert (store.row.wanted, len(store.trials.rows())) == (3, 3)
        with pytest.raises(ConflictError, match=said):
            store.retry()


@pytest.mark.parametrize("how", ["made", "copied"])
def test_a_study_of_optunas_own_is_not_taken_for_ours(study: Study, places: Places, how: str) -> None:
    if how == "copied":
        sweep(study.named("first"), places, 2)
    with optunas(places.storage) as storage:
        if how == "copied":
            copy(storage, "first@demo", NAME)
        else:
            make(storage).optimize(lambda _: 0.5, n_trials=2)
    with pytest.raises(ConflictError, match=f"has a study '{NAME}' of Optuna's own with 2 trials"):
        sweep(study, places, 5)
    assert sweep(study.named("second"), places, 5)[0].finished == 5


def test_one_without_trials_is_what_a_driver_left_that_was_killed(study: Study, places: Places) -> None:
    with optunas(places.storage) as storage:
        make(storage)
    assert sweep(study, places, 5)[0].finished == 5


def test_a_study_that_goes_under_a_driver_ends_it_with_one_line(study: Study, places: Places) -> None:
    sweep(study, places, 2)
    with Database(places.storage) as database:
        leases = database.study(NAME).leases("host:1:1", 60)
        with optunas(places.storage) as storage:
            delete(storage)
        with pytest.raises(Exception, match=r"(?i)another program has deleted rows: .*foreign key") as caught:
            leases.claim(99)
    assert "\n" not in str(caught.value)
