"""Whose a trial is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from optuna.distributions import CategoricalDistribution

from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.store.trials import Lease
from sweeper.trial import RunState
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    ME,
    NAME,
    PARAMS,
    SPACE,
    YOU,
    begin,
    epoch,
    in_optuna,
    queue,
    row_of,
    trial,
)


def test_numbers_count_up_in_each_study(database: Database, store: StudyStore) -> None:
    second = begin(database, "second@demo")
    assert [store.leases(ME, 60).claim(99) for _ in range(3)] == [0, 1, 2]
    assert second.leases(ME, 60).claim(99) == 0


def test_claimed_number_is_an_orphan_until_it_has_a_run(store: StudyStore) -> None:
    store.leases(ME, 60).claim(99)
    number = store.leases(YOU, 60).claim(99)
    assert store.trials.orphans() == [(0, ME), (1, YOU)]
    store.leases(YOU, 60).add(trial(number), SPACE)
    assert store.trials.orphans() == [(0, ME)]
    store.outcomes(YOU).finished(number, COMPLETE)
    assert store.trials.orphans() == [(0, ME)]


def test_only_the_first_run_of_a_number_is_added(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    assert store.leases(YOU, 60).add(trial(number), SPACE)
    other = {"learning_rate": 2e-4, "sts_loss": "mse"}
    assert not store.leases(ME, 60).add(trial(number, "other", other), SPACE)
    (row,) = store.trials.rows()
    assert (row.arm, row.params, row.owner) == ("plain", PARAMS, YOU)
    with in_optuna(url) as (found,):
        assert found.params == PARAMS


def test_take_over_is_compare_and_set(store: StudyStore) -> None:
    number = queue(store)
    assert not store.leases(YOU, 60).take_over(number, YOU)
    assert not store.leases(YOU, 60).take_over(number, None)
    assert store.leases(YOU, 3600).take_over(number, ME)
    assert not store.leases("host:3:300", 60).take_over(number, ME)
    row = row_of(store, number)
    assert row.owner == YOU
    assert row.lease_expires is not None
    assert row.lease_expires > datetime.now(UTC) + timedelta(minutes=59)
    store.outcomes(YOU).finished(number, COMPLETE)
    assert not store.leases(ME, 60).take_over(number, YOU)
    assert not store.leases(ME, 60).take_over(99, YOU)


def test_a_driver_that_dies_on_a_trial_that_it_has_begun_is_counted(store: StudyStore) -> None:
    number = queue(store)
    mine, yours = (store.leases(owner, 60) for owner in (ME, YOU))

    def begin_it(owner: str) -> None:
        store.outcomes(owner).started(number, 1, threads=1, device="cpu", versions={})

    def deaths() -> int:
        assert row_of(store, number).state is RunState.QUEUED
        return row_of(store, number).deaths

    assert yours.take_over(number, ME)
    assert deaths() == 0, "it had not begun it"
    begin_it(YOU)
    assert mine.take_over(number, YOU)
    assert mine.take_over(number, YOU), "the answer was lost"
    assert deaths() == 1
    assert yours.take_over(number, ME)
    assert deaths() == 1, "it waited"
    begin_it(YOU)
    yours.release()
    assert mine.take_over(number, None)
    assert deaths() == 1, "it was stopped, and gave it back"
    begin_it(ME)
    assert yours.take_over(number, ME)
    assert deaths() == 2


def test_orphan_is_taken_over_once(store: StudyStore) -> None:
    number = store.leases(ME, 60).claim(99)
    assert not store.leases("host:3:300", 60).take_over(number, YOU)
    assert store.leases(YOU, 60).take_over(number, ME)
    assert not store.leases("host:3:300", 60).take_over(number, ME)
    assert store.trials.orphans() == [(number, YOU)]


def test_a_number_that_is_left_is_anybodys(store: StudyStore) -> None:
    left, kept = (store.leases(ME, 60).claim(99) for _ in range(2))
    store.leases(YOU, 60).leave(left)
    assert store.trials.orphans() == [(left, ME), (kept, ME)]
    store.leases(ME, 60).leave(left)
    assert store.trials.orphans() == [(left, None), (kept, ME)]
    assert not store.leases(YOU, 60).take_over(kept, None)
    assert store.leases(YOU, 60).take_over(left, None)
    assert not store.leases("host:3:300", 60).take_over(left, None)
    assert store.leases(YOU, 60).add(trial(left), SPACE)


def test_nothing_is_added_to_another_study_than_the_driver_began_with(store: StudyStore) -> None:
    mine = store.leases(ME, 60)
    first, second = mine.claim(99), mine.claim(99)
    assert mine.is_current()
    assert mine.add(trial(first), SPACE)
    more = {"name": "grid", "nonsense": 1}  # as of a version that is to come
    assert store.change(more, {"name": "demo"}, digest="abd", space=SPACE, descriptions=["more"])
    assert not mine.add(trial(second), SPACE)
    assert not mine.is_current()
    assert store.fresh().leases(ME, 60).is_current()
    assert store.fresh().leases(ME, 60).add(trial(second), SPACE)


def test_renewal_reaches_the_owners_unfinished_trials_only(store: StudyStore) -> None:
    mine, yours, done = queue(store), queue(store, owner=YOU), queue(store)
    store.outcomes(ME).finished(done, COMPLETE)
    before = store.trials.rows()
    assert store.leases(ME, 3600).renew() == {mine}
    changed = [old.number for old, new in zip(before, store.trials.rows(), strict=True) if old != new]
    assert changed == [mine]
    assert yours not in changed


def test_who_has_lost_a_trial_cannot_write_to_it(store: StudyStore, url: str) -> None:
    number = queue(store)
    with Database(url) as another:
        theirs = another.study(NAME)
        assert theirs.leases(YOU, 60).take_over(number, ME)
        store.outcomes(ME).started(number, 1, threads=1, device="cpu", versions={})
        store.outcomes(ME).epoch(number, epoch(1, 0.9))
        assert not store.outcomes(ME).finished(number, COMPLETE)
        assert store.trials.row(number) == theirs.trials.row(number)
        assert store.trials.epochs_frame().empty
        theirs.outcomes(YOU).epoch(number, epoch(1, 0.6))
        assert theirs.outcomes(YOU).finished(number, COMPLETE)
    assert store.leases(ME, 60).renew() == set()


def test_a_released_trial_is_free_at_once(store: StudyStore) -> None:
    number = queue(store)
    assert [(lease.number, lease.owner, lease.expired) for lease in store.trials.leases()] == [
        (number, ME, False)
    ]
    store.leases(ME, 60).release()
    assert store.trials.leases() == [Lease(number, None, None, True)]
    assert store.leases(YOU, 60).take_over(number, None)


def test_a_configuration_of_an_arm_has_one_trial_a_seed(store: StudyStore) -> None:
    queue(store)
    number = store.leases(ME, 60).claim(99)
    assert not store.leases(ME, 60).add(replace(trial(number), configuration=0), SPACE)
    assert store.trials.row(number) is None
    assert store.leases(ME, 60).add(trial(number), SPACE)


def test_trial_without_parameters(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    assert store.leases(ME, 60).add(trial(number, params={}), {})
    with in_optuna(url) as (found,):
        assert found.params == {}


def test_run_and_its_optuna_trial_are_one_transaction(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    outside = {"sts_loss": CategoricalDistribution(["mse"])}
    with pytest.raises(ValueError, match="ce"):
        store.leases(ME, 60).add(trial(number), outside)
    assert store.trials.rows() == []
    assert store.trials.orphans() == [(number, ME)]
    with in_optuna(url) as (found,):
        assert found.user_attrs == {"owner": ME}
