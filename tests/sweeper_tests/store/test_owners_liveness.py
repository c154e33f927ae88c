"""Whose trials are free to be taken: processes here, renewals elsewhere, no comparison of clocks."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sweeper.store.owners import Neighbours, Owner, Verdict

ME = Owner.this_process()
DEAD = str(replace(ME, began="another"))
ELSEWHERE = str(Owner("elsewhere", 1, "1"))
LEASE = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours("elsewhere:7:7", lease_seconds=60.0)


@pytest.mark.parametrize("expired", [False, True])
def test_on_this_host_the_process_tells(neighbours: Neighbours, expired: bool) -> None:
    assert neighbours.judge(0, str(ME), LEASE, expired) is Verdict.ALIVE
    assert neighbours.judge(0, DEAD, LEASE, expired) is Verdict.GONE
    assert neighbours.judge(0, None, None, expired) is Verdict.GONE
    assert neighbours.judge(0, "elsewhere:7:7", LEASE, expired) is Verdict.GONE


def test_elsewhere_an_expired_lease_tells(neighbours: Neighbours) -> None:
    assert neighbours.judge(0, ELSEWHERE, LEASE, expired=True) is Verdict.GONE


def test_elsewhere_a_renewal_tells(neighbours: Neighbours) -> None:
    assert neighbours.judge(0, ELSEWHERE, LEASE, expired=False) is Verdict.UNKNOWN
    assert neighbours.judge(0, ELSEWHERE, LEASE, expired=False) is Verdict.UNKNOWN
    later = LEASE + timedelta(seconds=15)
    assert neighbours.judge(0, ELSEWHERE, later, expired=False) is Verdict.ALIVE


def test_elsewhere_a_driver_that_renewed_once_may_die_all_the_same(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = LEASE + timedelta(seconds=15)
    assert neighbours.judge(0, ELSEWHERE, LEASE, expired=False) is Verdict.UNKNOWN
    assert neighbours.judge(0, ELSEWHERE, later, expired=False) is Verdict.ALIVE
    assert neighbours.judge(0, ELSEWHERE, later, expired=False) is Verdict.ALIVE
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert neighbours.judge(0, ELSEWHERE, later, expired=False) is Verdict.GONE


def test_elsewhere_a_lease_that_nobody_renews_is_dead_whatever_it_says(
    neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = LEASE + timedelta(days=10_000)
    assert neighbours.judge(0, ELSEWHERE, far, expired=False) is Verdict.UNKNOWN
    assert neighbours.judge(1, ELSEWHERE, None, expired=False) is Verdict.UNKNOWN
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert neighbours.judge(0, ELSEWHERE, far, expired=False) is Verdict.GONE
    assert neighbours.judge(1, ELSEWHERE, None, expired=False) is Verdict.GONE
    assert neighbours.judge(2, ELSEWHERE, far, expired=False) is Verdict.UNKNOWN
