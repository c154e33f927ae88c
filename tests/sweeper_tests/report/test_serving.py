"""`report --serve`, as a browser and as a stranger see it: read-only, on this machine, and to its end."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from sweeper.report.serving import page_application
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import Command, refused

Answer = tuple[int, dict[str, str], str]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of a study of two trials; nobody has it open."""
    folder, of = tmp_path_factory.mktemp("home"), made.study()
    made.store(folder, of, [made.row(of, n, "S-BERT", (0.1 * n, 0.5, 0.5)) for n in range(2)]).close()
    return folder


@pytest.fixture
def running(home: Path, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sweeper", "report", "made@demo", "--serve", "--port", "0"],
        env={**os.environ, "SWEEPER_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
        # A suite that runs in the background of a shell ignores it, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    address = re.fullmatch(r"Report: http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", line)
    assert address is not None, (line, process.communicate())
    yield process, int(address[1])
    process.kill()
    process.communicate()


def asked(port: int, path: str = "/", method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, headers={name.title(): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = (
        answer.status,
        {name.lower(): value for name, value in answer.getheaders()},
        answer.read().decode(),
    )
    connection.close()
    return found


def test_the_page_is_served_to_this_machine_alone_and_nothing_is_written(
    running: tuple["subprocess.Popen[str]", int], home: Path, tmp_path: Path
) -> None:
    process, port = running
    before = files(home)
    status, headers, page = asked(port)
    assert (status, "made@demo" in page, get_plotlyjs() in page) == (200, True, False)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["connect-src"]) == ("'none'", "'self'")
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert re.fullmatch(r"'self'( 'sha256-[\w+/]{43}=')+", policy["script-src"])
    assert asked(port, "/plotly.js")[2] == get_plotlyjs()
    version = json.loads(asked(port, "/version")[2])
    assert version["said"] == ""
    assert f'data-version="{version["version"]}"' in page
    # Nobody's but this machine's, whoever asks it to.
    for host in ("evil.example", f"evil.example:{port}", "localhost", f"127.0.0.1.evil.example:{port}", ""):
        assert asked(port, host=host)[0] == 403
    assert asked(port, origin="http://evil.example")[0] == asked(port, origin="null")[0] == 403
    assert asked(port, origin=f"http://localhost:{port}", host=f"LOCALHOST:{port}")[0] == 200
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        status, headers, text = asked(port, method=method)
        assert (status, headers["allow"], text.count("\n")) == (405, "GET, HEAD", 1)
    for path in ("/index.html", "/../studies.db", "/%2e%2e/studies.db", "/.study"):
        assert asked(port, path)[0] == 404
    status, headers, text = asked(port, method="HEAD")
    assert (status, text, int(headers["content-length"])) == (200, "", len(page.encode()))
    with socket.socket() as elsewhere:
        # 127.0.0.2 is this machine too, by another of its addresses.
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
    assert files(home) == before
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=120) == ("", "")
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_what_makes_no_sense_is_one_line(
    home: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPER_HOME", str(home))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(sweeper, "report", "made", "--serve", "--port", port)
    assert said == f"Error: port {port} is in use: name another with --port\n"
    assert refused(sweeper, "report", "--port", "0") == "Error: --port 0: goes with --serve only\n"
    said = refused(sweeper, "report", "--serve", "--figures", "svg", "--table", "arms", "--json")
    assert said.endswith("writes nothing: leave --json, --table, --figures out\n")
    said = refused(sweeper, "report", "made", "--serve", "--beside", "made")
    assert said == "Error: --beside made@demo: was not imported: it has a report of its own\n"


def test_an_error_is_one_line_of_text() -> None:
    class Broken:
        def text(self) -> str:
            raise RuntimeError("it <b>broke</b>\nin two lines, with postgresql://me:secret@host/db")

    told: list[str] = []
    environment = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_PORT": "80"}
    answer = page_application(Broken())(environment, lambda status, _: told.append(status))  # type: ignore[arg-type, func-returns-value, return-value]
    assert told == ["500 Internal Server Error"]
    [line] = answer
    assert line.startswith(
        b"sweeper: the report could not be made: RuntimeError: it <b>broke</b> in two lines"
    )
    assert (line.count(b"\n"), b"secret" in line, b"Traceback" in line) == (1, False, False)
