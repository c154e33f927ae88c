import getpass
import platform
import subprocess
from pathlib import Path

import pytest

from sweeper.report.figures import anova
from tests.sweeper_tests.export.bundle.somebody import HOST, PERSON, USER


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Home folder of a user with a name, on a machine with one, who works in a checkout with a remote."""
    home = tmp_path / "home" / USER
    checkout = home / "wörk"
    checkout.mkdir(parents=True)
    monkeypatch.setattr(platform, "node", lambda: HOST)
    monkeypatch.setattr(getpass, "getuser", lambda: USER)
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, USER)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("PWD", raising=False)
    monkeypatch.setenv("SWEEPER_HOME", str(home / "my state"))
    for words in (
        ("init", "-q"),
        ("config", "user.name", PERSON),
        ("config", "user.email", f"{USER}@lab.example.org"),
        ("remote", "add", "origin", f"git@git.example.org:{USER}/sweeps.git"),
    ):
        subprocess.run(("git", *words), cwd=checkout, check=True, capture_output=True)
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(anova, "SHUFFLES", 1)
    return home
