"""Some kills of ``tests/faults/lives.py``."""

from pathlib import Path

from tests.faults.lives import tell


def test_nothing_is_lost_that_nobody_named_whoever_is_killed(url: str, tmp_path: Path) -> None:
    """On each kind of database."""
    told = tell(url, tmp_path / "home", seed=3, stride=11)
    assert told.kills >= 5
    assert told.refused >= 2
