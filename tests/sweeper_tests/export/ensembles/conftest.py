from pathlib import Path

import pytest

from tests.sweeper_tests.export.ensembles.drawn import Left
from tests.sweeper_tests.export.ensembles.drawn import left as leave


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return leave(tmp_path)
