"""A folder with a study whose workload extends another."""

from pathlib import Path

import pytest

from tests.sweeper_tests.show.originated import LENT, LENT_FILE, OWN, OWN_FILE, STUDY
from tests.sweeper_tests.typed import write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the study, its workload, and the one which that extends."""
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / OWN_FILE, OWN)
    write(tmp_path / LENT_FILE, LENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path
