from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import sweeper
from tests.sweeper_tests.poolings import ARMS, HEADS, WORKLOAD
from tests.sweeper_tests.typed import write

STUDY = {
    "name": "poolings",
    "workload": "tiny",
    "base": HEADS,
    "arms": {"Mean": ARMS["Mean"], "<b>Max": ARMS["Max"]},
    "space": {"dropout": [0.1]},
    "seeds": [11711, 11712],
    "compare": [["<b>Max", "Mean"]],
}


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working folder in which a study of two arms and two seeds has run, from Python."""
    folder = tmp_path_factory.mktemp("api")
    write(folder / "studies/poolings.yaml", yaml.safe_dump(STUDY))
    write(folder / "studies/workloads/tiny.yaml", WORKLOAD)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("SWEEPER_HOME", raising=False)
        sweeper.run("poolings", executor="inline", quiet=True)
    yield folder


@pytest.fixture
def opened(ran: Path, monkeypatch: pytest.MonkeyPatch) -> sweeper.OpenStudy:
    """That study, in its working folder."""
    monkeypatch.chdir(ran)
    monkeypatch.delenv("SWEEPER_HOME", raising=False)
    return sweeper.open("poolings")
