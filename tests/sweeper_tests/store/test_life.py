"""Another name and the archive: in both sets of tables at once, whoever is at work meanwhile."""

from pathlib import Path

import optuna
import pytest

from sweeper.errors import ConflictError, DatabaseError, InputError
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.store.database import Database
from sweeper.store.retrying import RetryPolicy
from sweeper.store.study import StudyStore
from sweeper.study.load import stored_study
from sweeper.trial import RunState
from tests.faults.lost import EveryOther, lost_answers
from tests.sweeper_tests import made
from tests.sweeper_tests.store.stored import COMPLETE, ME, SPACE, epoch
from tests.sweeper_tests.store.stored import trial as spec


@pytest.fixture
def begun(url: str) -> list[StudyStore]:
    """A study, the one that confirms it, and another one."""
    with Database(url) as database:
        yield [made.begin(database, made.study(name=name), 4) for name in ("made", "made-confirm", "other")]


def names(url: str) -> tuple[list[str], list[str]]:
    """Of all studies, as they stand in our tables, and as Optuna itself reads them."""
    storage = optuna.storages.RDBStorage(url)
    theirs = optuna.get_all_study_names(storage)
    storage.engine.dispose()
    with Database(url) as database:
        return sorted(store.row.name for store in database.studies()), sorted(theirs)


def test_a_study_is_renamed_everywhere_with_its_confirmation(begun: list[StudyStore], url: str) -> None:
    study, confirming, other = begun
    before = [one.row for one in begun]
    study.life.rename("new@demo")
    assert names(url) == (["new-confirm@demo", "new@demo", "other@demo"],) * 2
    for store, row, name in ((study, before[0], "new"), (confirming, before[1], "new-confirm")):
        now = store.fresh().row
        assert (now.name, now.uuid, now.folder) == (f"{name}@demo", row.uuid, row.name)
        assert stored_study(now).name == now.name
        # A study of that name that was begun so has the same digest, and its file shows no change.
        assert now.digest == made.study(name=name).digest() != row.digest
        assert StudyFolder(Home(Path("home")), now).name == row.name
        store.check_counterpart()  # with the row of before, as a driver has it
        assert [event.description for event in store.events.all()][1:] == [f"from {row.name} to {now.name}"]
    assert other.fresh().row == before[2]
    study.life.rename("made@demo")
    assert names(url)[0] == ["made-confirm@demo", "made@demo", "other@demo"]
    assert study.fresh().row.folder == "made@demo"
    assert study.fresh().row.digest == before[0].digest


def test_a_name_that_is_taken_changes_nothing(begun: list[StudyStore], url: str) -> None:
    study, _, other = begun
    storage = optuna.storages.RDBStorage(url)
    optuna.create_study(storage=storage, study_name="theirs@demo")
    storage.engine.dispose()
    before = names(url)
    for name in ("other@demo", "theirs@demo", "made-confirm@demo"):
        with pytest.raises(ConflictError, match="already; nothing was renamed"):
            study.life.rename(name)
    with pytest.raises(ConflictError, match="has a study 'made-confirm@demo' already"):
        other.life.rename("made-confirm@demo")
    with pytest.raises(InputError, match="is not allowed"):
        study.life.rename("../x@demo")
    assert names(url) == before
    assert [one.fresh().row for one in begun] == [one.row for one in begun]
    assert [len(one.events.all()) for one in begun] == [1, 1, 1]


def test_a_driver_goes_on_under_the_new_name(begun: list[StudyStore]) -> None:
    study = begun[0]
    leases, outcomes = study.leases(ME, 60), study.outcomes(ME)
    number = leases.claim(99)
    study.life.rename("new@demo")
    assert leases.add(spec(number), SPACE)
    outcomes.started(number, 1, threads=1, device="cpu", versions={})
    outcomes.epoch(number, epoch(1, 0.5))
    assert leases.renew() == {number}
    assert outcomes.finished(number, COMPLETE)
    assert leases.claim(99) == number + 1
    # What it stores of its study, which it read under the other name, has the name of today.
    study.change(study.row.study, study.row.workload, digest="d", space={}, descriptions=["x"])
    assert stored_study(study.fresh().row).name == study.fresh().row.name == "new@demo"
    assert [row.state for row in study.trials.rows()] == [RunState.COMPLETE]


def test_what_is_not_answered_is_done_once(begun: list[StudyStore], url: str) -> None:
    study = begun[0]
    study.access.retry_policy = RetryPolicy(60)
    for do in (
        lambda: study.life.rename("new@demo"),
        lambda: study.life.archive(True),
        lambda: study.life.archive(False),
    ):
        lost = EveryOther()
        with lost_answers(lost):
            do()
        assert lost.lost == 1
    kinds = [str(event.kind) for event in study.events.all()]
    assert kinds == ["begun", "renamed", "archived", "restored"]
    assert names(url)[0] == ["new-confirm@demo", "new@demo", "other@demo"]


def test_a_study_is_put_away_with_its_confirmation_and_taken_out(begun: list[StudyStore]) -> None:
    study, confirming, other = begun
    study.life.archive(True)
    study.life.archive(True)
    assert [one.fresh().row.archived is not None for one in begun] == [True, True, False]
    assert study.fresh().row.archived == study.events.all()[-1].moment
    study.life.archive(False)
    assert [one.fresh().row for one in begun] == [one.row for one in begun]
    assert [str(event.kind) for event in confirming.events.all()] == ["begun", "archived", "restored"]
    assert len(other.events.all()) == 1


def test_a_deleted_study_is_neither_renamed_nor_put_away(begun: list[StudyStore], url: str) -> None:
    other = begun[2]
    with Database(url) as database:
        database.deletions.delete(database.study("other@demo"))
    for do in (lambda: other.life.rename("x@demo"), lambda: other.life.archive(True)):
        with pytest.raises(DatabaseError, match="study 'other@demo' was deleted"):
            do()
