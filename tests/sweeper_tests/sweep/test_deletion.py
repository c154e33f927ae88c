"""A study is deleted with its files, unless somebody is at work there; what was cut short is done later."""

import os

import pytest

from sweeper.errors import ConflictError, InputError
from sweeper.executors.hold import Hold
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.sweep.deletion import check_deletable, delete_study, remove_files
from sweeper.sweep.order import Places
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.typed import contents, write


@pytest.fixture
def done(study: Study, places: Places) -> tuple[Database, Home, StudyStore]:
    """A study that has ended, with files of two of its trials."""
    sweep(study, places, 4)
    with Database(places.storage) as database:
        store = database.study(study.name)
        folder = StudyFolder(places.home, store.row)
        for number in (0, 1):
            write(folder.run(number) / "predictions.npz", "x")
        yield database, places.home, store


def test_it_is_gone_and_can_begin_again(
    done: tuple[Database, Home, StudyStore], study: Study, places: Places
) -> None:
    database, home, store = done
    assert delete_study(database, home, store) is None
    assert database.studies() == []
    assert list(home.runs.iterdir()) == []
    assert not database.deletions.unfinished(study.name)
    tally, _ = sweep(study, places, 2)
    assert tally.finished == 2
    again = database.study(study.name)
    assert again.row.uuid != store.row.uuid
    assert StudyFolder(home, again.row).name == study.name


def test_a_process_that_its_driver_has_left_holds_its_run(done: tuple[Database, Home, StudyStore]) -> None:
    database, home, store = done
    before = contents(home.root)
    with Hold(StudyFolder(home, store.row).run(1)) as hold:
        assert hold.take()
        with pytest.raises(ConflictError, match=r"trial 1 is still under way \(process "):
            delete_study(database, home, store)
        assert database.study(store.row.name).row == store.row
    assert {name for name in contents(home.root) if "runs" in name} == {
        name for name in before if "runs" in name
    }
    assert delete_study(database, home, store) is None


def test_one_that_is_confirmed_stays(done: tuple[Database, Home, StudyStore], study: Study) -> None:
    database, home, store = done
    made.begin(database, study.named(f"{study.spec.name}-confirm"), 2)
    with pytest.raises(ConflictError, match="is confirmed by quickstart-confirm@demo: delete that one first"):
        check_deletable(database, home, store)
    delete_study(database, home, database.study("quickstart-confirm@demo"))
    check_deletable(database, home, store)


def test_files_that_could_not_be_removed_are_removed_later(
    done: tuple[Database, Home, StudyStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, home, store = done

    def refuses(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "runs")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuses)
        with pytest.raises(
            InputError, match="runs: Permission denied; mend that, and type again: sweeper delete"
        ):
            delete_study(database, home, store)
    assert database.studies() == []
    (left,) = database.deletions.unfinished("quickstart")
    assert remove_files(database, home, left) is None
    assert list(home.runs.iterdir()) == []
    assert not database.deletions.unfinished("quickstart")
