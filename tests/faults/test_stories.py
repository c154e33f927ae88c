"""Some stories of ``tests/faults/stories.py``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.stories import MACHINES, copies, tell
from tests.faults.story import Disturbed


def test_stories_of_several_drivers_end_well(url_in: Callable[[Path], str]) -> None:
    """On each kind of database."""
    tell(Disturbed, url_in, stories=2)


@pytest.mark.parametrize("machine", MACHINES[1:])
def test_stories_of_one_driver_after_another_end_well(machine: type[Disturbed], tmp_path: Path) -> None:
    tell(machine, copies(tmp_path), stories=2)
