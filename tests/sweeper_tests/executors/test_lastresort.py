"""What nobody foresaw: one line, and a file for the user alone."""

import importlib
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.executors import lastresort
from tests.sweeper_tests.typed import Command

URL = "postgresql://bob:s3same@127.0.0.1:9/db"


def kept(said: str) -> Path:
    """The file that a line names."""
    match = re.search(r"details: (\S+)$", said.strip())
    assert match, said
    return Path(match[1])


def test_a_bug_is_one_line_and_its_traceback_is_kept(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(f"\x1b[31m{URL}")

    monkeypatch.setattr(importlib.import_module("sweeper.cli.app"), "_whole", lambda: broken)
    (folder / ".sweeper").mkdir()
    said = sweeper("list", "--storage", URL)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: sweeper did not foresee this: KeyError: ")
    assert lastresort.SAFE in said.err
    assert said.err.count("\n") == 1
    file = kept(said.err)
    assert file.parent == folder / ".sweeper/errors"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert "s3same" not in text + said.err
    shown = sweeper("--debug", "list").err
    assert "Traceback" in shown
    assert "\x1b" not in shown + said.err


def test_only_the_latest_details_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".sweeper").mkdir()
    files = [lastresort.keep(str(number)) for number in range(lastresort.KEPT + 3)]
    left = set((folder / ".sweeper/errors").iterdir())
    assert len(left) == lastresort.KEPT
    assert files[-1] in left


ENDS = {
    "thread": "import threading; t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
    "atexit": "import atexit; atexit.register(lambda: 1 / 0)",
    "finaliser": "type('X', (), {'__del__': lambda self: 1 / 0})()",
    "log": "import logging; logging.basicConfig(); logging.warning('%d', 'x')",
    "process": "1 / 0",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_no_traceback_comes_from_elsewhere(code: str, tmp_path: Path) -> None:
    program = f"from sweeper.executors import lastresort\nlastresort.install()\n{code}\n"
    environment = os.environ | {"SWEEPER_HOME": str(tmp_path / "none"), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert "Traceback" not in done.stderr
    if "logging" not in code:
        assert "ZeroDivisionError" in kept(done.stderr).read_text()
