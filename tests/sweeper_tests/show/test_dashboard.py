"""`sweeper dashboard`, as a browser sees it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweeper.show import dashboard
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import Command, refused

Running = tuple["subprocess.Popen[str]", str]


@pytest.fixture
def studies(folder: Path) -> Path:
    """A folder whose default database holds a study of three trials, under a name that needs care."""
    study = made.study()
    runs = [made.row(study, number, "S-BERT", (0.1 * number, 0.5, 0.5)) for number in range(3)]
    (folder / "{home} %").mkdir()
    made.store(folder / "{home} %", study, runs).close()
    return folder


@pytest.fixture
def running(studies: Path) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sweeper", "dashboard", "--port", "0"],
        env={
            **os.environ,
            "SWEEPER_HOME": str(studies / "{home} %"),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that runs in the background of a shell ignores it, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert address is not None, process.communicate()
    yield process, address[0]
    process.kill()
    process.communicate()


def fetched(url: str, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(url, method=method, data=b"{}" if method != "GET" else None)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_studies_are_there_to_be_looked_at(running: Running) -> None:
    process, address = running
    status, page = fetched(f"{address}/dashboard")
    assert (status, "<html" in page) == (200, True)
    _, studies = fetched(f"{address}/api/studies")
    [study] = json.loads(studies)["study_summaries"]
    assert study["study_name"] == "made@demo"
    _, detail = fetched(f"{address}/api/studies/{study['study_id']}?after=0")
    trials = json.loads(detail)["trials"]
    assert [trial["state"] for trial in trials] == ["Complete"] * 3
    assert [trial["values"] for trial in trials] == [
        [pytest.approx(0.1 * n / 3 + 1.25 / 3)] for n in range(3)
    ]
    # Nothing can be changed: sweeper's own tables would not hear of it.
    for method, path in (("DELETE", f"/api/studies/{study['study_id']}"), ("POST", "/api/studies")):
        assert fetched(address + path, method) == (403, '{"reason": "sweeper shows its studies read-only"}')
    assert fetched(f"{address}/api/studies")[1] == studies
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=120) == ("", "")
    assert process.returncode == 0


def test_it_listens_on_this_machine_only_and_sigterm_ends_it(running: Running) -> None:
    process, address = running
    with socket.socket() as elsewhere:
        # 127.0.0.2 is this machine too, by another of its addresses.
        assert elsewhere.connect_ex(("127.0.0.2", int(address.rpartition(":")[2]))) != 0
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=120) == ("", "")
    assert process.returncode == 143


def test_a_port_that_is_taken_is_one_line(
    studies: Path,
    sweeper: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SWEEPER_HOME", str(studies / "{home} %"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = sweeper("dashboard", "--port", str(port))
    assert (said.code, said.out) == (2, "")
    assert said.err == f"Error: port {port} is in use: name another with --port\n"


def test_without_the_package_or_a_database_it_says_so(
    sweeper: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "no studies yet" in refused(sweeper, "dashboard")
    assert "--port" in refused(sweeper, "dashboard", "--port", "65536")
    monkeypatch.setattr(dashboard, "find_spec", lambda _: None)
    said = refused(sweeper, "dashboard")
    assert said == "Error: the dashboard is not installed: pip install 'sentence-sweeper[dashboard]'\n"
