from collections.abc import Iterator
from pathlib import Path

import pytest

from sweeper.paths import Home
from sweeper.store.study import StudyStore
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from tests.sweeper_tests import halfway
from tests.sweeper_tests.driven import open_study
from tests.sweeper_tests.typed import FILES, ROWS, SMALL, STUDY, Command, Said, exit_code, write


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study("quickstart", "demo")


@pytest.fixture
def places(tmp_path: Path, url: str) -> Places:
    return Places(url, Home(tmp_path / "home"), data=None)


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Iterator[StudyStore]:
    """Four trials: complete, failed after three epochs, running, and left by a driver that died."""
    with open_study(tmp_path, study) as store:
        halfway.fill(store, study)
        yield store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a study, two workloads and data files, and no SWEEPER_HOME yet."""
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / "studies/workloads/small.yaml", SMALL)
    write(tmp_path / "studies/workloads/files.yaml", FILES)
    write(tmp_path / "data/train.csv", ROWS.decode())
    write(tmp_path / "data/dev.csv", ROWS.decode())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPER_HOME", raising=False)
    monkeypatch.setenv("SWEEPER_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def sweeper(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Types a command in the working folder."""

    def typed(*arguments: str) -> Said:
        capsys.readouterr()
        return Said(exit_code(*arguments), *capsys.readouterr())

    return typed
