"""Whose trials are free to be taken: processes here, renewals elsewhere, no comparison of clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sweeper.store.owners import Life, Liveness, Owner
from tests.faults.stepped import Stage

ME = Owner.this_process()
DEAD = str(replace(ME, began="another"))
ELSEWHERE = str(Owner("elsewhere", 1, "1"))
LEASE = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def liveness(stage: Stage) -> Liveness:
    return Liveness("elsewhere:7:7", 60.0, stage)


@pytest.mark.parametrize("expired", [False, True])
def test_on_this_host_the_process_tells(liveness: Liveness, expired: bool) -> None:
    assert liveness.judge(0, str(ME), LEASE, expired) is Life.ALIVE
    assert liveness.judge(0, DEAD, LEASE, expired) is Life.GONE
    assert liveness.judge(0, None, None, expired) is Life.GONE
    assert liveness.judge(0, "elsewhere:7:7", LEASE, expired) is Life.GONE


def test_elsewhere_an_expired_lease_tells(liveness: Liveness) -> None:
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=True) is Life.GONE


def test_elsewhere_a_renewal_tells(liveness: Liveness) -> None:
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=False) is Life.UNKNOWN
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=False) is Life.UNKNOWN
    later = LEASE + timedelta(seconds=15)
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.ALIVE


def test_elsewhere_a_driver_that_renewed_once_may_die_all_the_same(liveness: Liveness, stage: Stage) -> None:
    later = LEASE + timedelta(seconds=15)
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=False) is Life.UNKNOWN
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.ALIVE
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.ALIVE
    stage.seconds += 61
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.GONE


def test_elsewhere_a_lease_that_nobody_renews_is_dead_whatever_it_says(
    liveness: Liveness, stage: Stage
) -> None:
    far = LEASE + timedelta(days=10_000)
    assert liveness.judge(0, ELSEWHERE, far, expired=False) is Life.UNKNOWN
    assert liveness.judge(1, ELSEWHERE, None, expired=False) is Life.UNKNOWN
    stage.seconds += 61
    assert liveness.judge(0, ELSEWHERE, far, expired=False) is Life.GONE
    assert liveness.judge(1, ELSEWHERE, None, expired=False) is Life.GONE
    assert liveness.judge(2, ELSEWHERE, far, expired=False) is Life.UNKNOWN
