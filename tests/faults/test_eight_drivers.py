"""Eight drivers at once on one study of 96 instant trials, on both kinds of database."""

from pathlib import Path

import pytest

from tests.faults.eight_drivers import check, contend


def test_eight_drivers_on_a_fresh_database(fresh_url: str, tmp_path: Path) -> None:
    contention = contend(fresh_url, tmp_path, drivers=8, trials=96, limit=240)
    assert sum(contention.shares) == 96
    assert len(contention.shares) == 8
    with pytest.raises(AssertionError):
        check(fresh_url, 97)
