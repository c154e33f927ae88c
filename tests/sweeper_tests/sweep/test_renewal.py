"""When leases are renewed: between polls, and within the epoch of a trial in the driver's own process."""

from unittest.mock import Mock

import pytest

from sweeper.errors import DatabaseError
from sweeper.store.leases import Leases
from sweeper.sweep.renewal import Renewal
from tests.faults.stepped import Stage

LEASE_SECONDS = 80.0


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def leases() -> Mock:
    found = Mock(spec=Leases)
    found.seconds = LEASE_SECONDS
    found.renew.return_value = {1, 2}
    return found


@pytest.fixture
def renewal(leases: Mock, stage: Stage) -> Renewal:
    return Renewal(leases, stage)


def test_it_is_due_eight_times_in_a_lease(renewal: Renewal, stage: Stage) -> None:
    assert not renewal.due
    stage.seconds += 10.0
    assert renewal.due
    assert renewal.renew() == {1, 2}
    assert not renewal.due


def test_within_an_epoch_as_often_and_the_loop_looks_after_it_all_the_same(
    renewal: Renewal, leases: Mock, stage: Stage
) -> None:
    for _ in range(60):
        stage.seconds += 1.0
        renewal.between()
    assert leases.renew.call_count == 6
    assert renewal.due


def test_a_database_that_is_gone_is_no_fault_of_the_trial_and_met_once(
    renewal: Renewal, leases: Mock, stage: Stage
) -> None:
    leases.renew.side_effect = DatabaseError("gone")
    for _ in range(60):
        stage.seconds += 1.0
        renewal.between()
    assert leases.renew.call_count == 1
    with pytest.raises(DatabaseError, match="gone"):
        renewal.renew()
    leases.renew.side_effect = None
    renewal.renew()
    stage.seconds += 10.0
    renewal.between()
    assert leases.renew.call_count == 4
