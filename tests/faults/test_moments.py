"""Drivers are killed and connections cut between two statements; ``kill`` and ``locked`` do it often."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.faults.kill import finish
from tests.faults.leftovers import Leftovers
from tests.faults.moments import Moments
from tests.faults.postgresql import new_database
from tests.faults.sweep import Sweep, assert_equal


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: sockets lie in it, whose paths have 107 bytes at most."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory, postgresql: sa.URL) -> tuple[Moments, Sweep]:
    """The moments of a driver on PostgreSQL, and the sweep that nobody disturbed."""
    url = new_database(postgresql.render_as_string(hide_password=False), "met")
    moments, sweep = Moments(0), Sweep(tmp_path_factory.mktemp("met") / "home", 2, storage=url)
    moments.meet(sweep)
    return moments, sweep


def test_a_cut_connection_is_replaced_and_nothing_said(met: tuple[Moments, Sweep], folder: Path) -> None:
    moments, undisturbed = met
    leftovers = Leftovers()
    sweep = leftovers.place(undisturbed, folder / "home", storage=new_database(undisturbed.url, "cut"))
    code, struck = moments.strike(sweep, "cut", 6)
    assert code == 0
    assert struck > 2
    assert_equal(sweep, undisturbed)
    leftovers.check(sweep)


def test_a_driver_killed_between_statements_is_followed(met: tuple[Moments, Sweep], folder: Path) -> None:
    moments, undisturbed = met
    leftovers = Leftovers()
    sweep = leftovers.place(undisturbed, folder / "home", storage=new_database(undisturbed.url, "killed"))
    assert moments.strike(sweep, "kill") == (-signal.SIGKILL, 1)
    finish(sweep)
    assert_equal(sweep, undisturbed)
    leftovers.check(sweep)
