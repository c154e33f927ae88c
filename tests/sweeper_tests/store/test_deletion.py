"""A deleted study leaves no row, no other study loses one, and its keys are given to none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy as sa

from sweeper.errors import ConflictError, DatabaseError
from sweeper.store import copying
from sweeper.store.belonging import study_tables
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.retrying import RetryPolicy
from sweeper.store.study import StudyStore
from tests.faults.lost import EveryOther, lost_answers
from tests.sweeper_tests.store.stored import COMPLETE, ME, NAME, SPACE, begin, run_whole, trial

OTHER = "other@demo"
HERE = str(Owner.this_process())


def rows(database: Database) -> dict[str, list[Any]]:
    """All rows of all studies."""
    with database.access.reading() as connection:
        return {
            table.name: connection.execute(sa.select(table).order_by(*table.primary_key)).all()
            for table in study_tables()
        }


def fill(store: StudyStore) -> None:
    for _ in range(3):
        run_whole(store, COMPLETE)
    outcomes = store.outcomes("host:1:1")
    number = store.leases("no-such-host:1:1", -60).claim(99)
    store.leases("no-such-host:1:1", -60).add(trial(number), SPACE)
    outcomes.loaded(0, {"parameters": 3})
    store.events.note("a note")
    store.change(store.row.study, {}, digest="d", space={}, descriptions=["x"])
    store.leases(ME, 60).release()


def test_all_rows_of_the_study_go_and_no_other(database: Database, url: str) -> None:
    other = begin(database, OTHER)
    fill(other)
    before = rows(database)
    store = begin(database, "gone@demo")
    fill(store)
    filled = rows(database)
    assert {name for name, there in filled.items() if len(there) > len(before[name])} >= {
        *("sweep", "run", "epoch_metric", "study_event", "study_change", "provenance", "studies"),
        *("study_directions", "trials", "trial_params", "trial_values", "trial_user_attributes"),
    }
    deleted = database.deletions.delete(store)
    assert rows(database) == before
    assert (deleted.name, deleted.folder, deleted.trials, deleted.removed) == ("gone@demo",) * 2 + (4, False)
    storage = optuna.storages.RDBStorage(url)
    assert sorted(optuna.get_all_study_names(storage)) == [NAME, OTHER]
    storage.engine.dispose()
    assert [one.uuid for one in database.deletions.unfinished("gone")] == [store.row.uuid]
    database.deletions.finish(deleted)
    assert not database.deletions.unfinished("gone@demo")
    assert not database.deletions.unfinished("other")


@pytest.mark.parametrize("owner", [HERE, "no-such-host:1:1"], ids=["here", "elsewhere"])
def test_a_study_on_which_a_driver_is_at_work_stays(
    database: Database, store: StudyStore, owner: str
) -> None:
    leases = store.leases(owner, 60)
    number = leases.claim(99)
    leases.add(trial(number), SPACE)
    before = rows(database)
    with pytest.raises(ConflictError, match=rf"trial 0 is under way \(driver {owner}\).*delete it then"):
        database.deletions.delete(store)
    assert rows(database) == before
    leases.release()
    database.deletions.delete(store)
    assert database.studies() == []


def test_whoever_watches_it_hears_that_it_is_gone(database: Database, store: StudyStore) -> None:
    assert store.fresh().row == store.row
    database.deletions.delete(store)
    with pytest.raises(ConflictError, match=f"study '{NAME}' was deleted"):
        store.fresh()


def test_a_number_that_a_driver_here_has_claimed_keeps_it_too(database: Database, store: StudyStore) -> None:
    store.leases(HERE, 60).claim(99)
    with pytest.raises(ConflictError, match="trial 0 is under way"):
        database.deletions.delete(store)


def test_a_driver_of_a_deleted_study_ends_and_writes_in_no_other(
    database: Database, store: StudyStore
) -> None:
    leases, outcomes = store.leases(ME, -60), store.outcomes(ME)
    number = leases.claim(99)
    leases.add(trial(number), SPACE)
    database.deletions.delete(store)
    new = begin(
        database
    )  # which gets the key that the study had in Optuna's tables, where there is no server
    assert new.row.id > store.row.id
    fill(new)
    before = rows(database)
    assert leases.renew() == set()
    with pytest.raises(ConflictError, match=f"study '{NAME}' was deleted"):
        leases.claim(99)
    assert not leases.add(trial(9), SPACE)
    with pytest.raises(ConflictError, match=f"study '{NAME}' was deleted"):
        leases.is_current()
    with pytest.raises(DatabaseError):
        outcomes.finished(number, COMPLETE)
    assert not leases.take_over(3, None)
    assert rows(database) == before


def test_an_answer_that_is_lost_changes_nothing(database: Database, store: StudyStore) -> None:
    fill(store)
    database.access.retry_policy = store.access.retry_policy = RetryPolicy(60)
    lost = EveryOther()
    with lost_answers(lost):
        assert database.deletions.delete(store).trials == 4
    assert lost.lost >= 1
    assert not any(rows(database).values())
    database.access.retry_policy = RetryPolicy()
    with pytest.raises(DatabaseError, match="no study 'grid@demo'"):
        database.study(NAME)


def test_a_copy_that_comes_back_keeps_its_files_and_gets_another_key(
    database: Database, store: StudyStore, url: str, tmp_path: Path, url_in: Callable[[Path], str]
) -> None:
    fill(store)
    elsewhere = url_in(tmp_path / "copy")
    copying.copy(url, elsewhere, [NAME])
    deleted = database.deletions.delete(store)
    assert not database.deletions.is_back(deleted)
    copying.copy(elsewhere, url, [NAME])
    assert database.deletions.is_back(deleted)
    assert database.study(NAME).row.id > store.row.id
    assert database.study(NAME).row.uuid == store.row.uuid
