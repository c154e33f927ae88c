"""The database is locked, stopped, damaged, or its disk is full; see the scripts in ``tests/faults`` too."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from sweeper.clock import SystemClock
from sweeper.errors import DatabaseError
from sweeper.store import engine
from sweeper.store.database import Database
from sweeper.store.retrying import RetryPolicy
from tests.faults import disk_full, postgresql
from tests.faults.corrupt import DATABASE_DAMAGES, Damage, digests
from tests.faults.instant_driver import drive
from tests.faults.locked import lock
from tests.sweeper_tests.typed import SMALL, STUDY, exit_code, write

TRIALS = 12


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'studies.db'}"


def table(url: str) -> pd.DataFrame:
    with Database(url, must_exist=True) as database:
        (store,) = database.studies()
        assert store.trials.untold() == []
        frame = store.trials.trials_frame()
    assert set(frame["state"]) == {"complete"}
    return frame[["number", "arm", "seed", "overall", "epochs", "params.learning_rate", "params.dropout"]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("undisturbed")
    drive(url_in(folder), folder, TRIALS)
    return table(url_in(folder))


class Away:
    """Works on the study in a thread while the database is taken away from it, until it has noticed.

    Args:
        url: Of the database.
        home: Folder of the runs.
        take: Takes the database away; called at the end of a trial.
    """

    def __init__(self, url: str, home: Path, take: Callable[[], None]) -> None:
        self.said: list[str] = []
        self.ended = False
        self._noticed = threading.Event()
        self._work = url, home, take
        self._worker = threading.Thread(target=self._drive)
        self._worker.start()
        assert self._noticed.wait(60)
        assert not self.ended

    def give_back(self) -> None:
        self._worker.join(60)
        assert self.ended

    def _drive(self) -> None:
        url, home, take = self._work
        drive(url, home, TRIALS, RetryPolicy(seconds=60, say=self._say), stopped_at=5, stop=take)
        self.ended = True

    def _say(self, text: str) -> None:
        self.said.append(text)
        self._noticed.set()


def test_a_sweep_waits_where_sqlite_gives_up(
    expected: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_in(tmp_path)
    drive(url, tmp_path, 2)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0)
    with ExitStack() as stack:
        away = Away(url, tmp_path, lambda: stack.enter_context(lock(tmp_path / "studies.db")))
    away.give_back()
    waited, ended = away.said
    assert "locked" in waited
    assert "answers again" in ended
    pd.testing.assert_frame_equal(table(url), expected, check_exact=True)


def test_a_first_run_waits_for_the_write_lock(expected: pd.DataFrame, tmp_path: Path) -> None:
    """The tables are made, and the study is begun, once the lock is free."""
    url = url_in(tmp_path)
    worker = threading.Thread(target=drive, args=(url, tmp_path, TRIALS))
    with lock(tmp_path / "studies.db"):
        worker.start()
        worker.join(1.0)
        assert worker.is_alive()
    worker.join(60)
    pd.testing.assert_frame_equal(table(url), expected, check_exact=True)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgresql.Server]:
    if not postgresql.available():
        pytest.skip(postgresql.MISSING)
    with postgresql.server(tmp_path_factory.mktemp("stopped")) as running:
        yield running


def test_a_sweep_waits_for_a_server_that_is_stopped(
    server: postgresql.Server, expected: pd.DataFrame, tmp_path: Path
) -> None:
    drive(server.url, tmp_path, 2)
    away = Away(server.url, tmp_path, server.stop)
    server.start()
    away.give_back()
    assert away.said[0].startswith("waiting for the database: ")
    pd.testing.assert_frame_equal(table(server.url), expected, check_exact=True)


class StartsWhenAwaited:
    """Is called in place of a wait: the first one starts the server."""

    def __init__(self, server: postgresql.Server) -> None:
        self._server: postgresql.Server | None = server

    def __call__(self, _seconds: float) -> None:
        if self._server is not None:
            self._server.start()
        self._server = None


def test_a_sweep_begins_when_its_server_answers(
    server: postgresql.Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWEEPER_STORAGE", server.url)
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / "studies/workloads/small.yaml", SMALL)
    server.stop()
    # Whoever only reads does not wait.
    assert exit_code("status", "mine") == exit_code("confirm", "mine") == 2
    said = capfd.readouterr().err
    assert len(said.splitlines()) == said.count("Error: ") == 2
    start = StartsWhenAwaited(server)
    monkeypatch.setattr(SystemClock, "sleep", start)
    assert exit_code("run", "mine", "--trials", "1", "--executor", "inline") == 0
    out = capfd.readouterr().out
    assert out.count("waiting for the database: ") == out.count("the database answers again") == 1
    assert exit_code("status", "mine") == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody", "password": "s3same"}, 'role "nobody" does not exist'),
        ({"host": "no.such.invalid"}, "no.such.invalid"),
    ],
)
def test_a_wrong_name_is_an_error_at_once(changed: dict[str, str], said: str, postgresql: sa.URL) -> None:
    url = postgresql.set(**changed).render_as_string(hide_password=False)
    if "host" in changed:
        url = f"postgresql://bob@{changed['host']}/db"
    with pytest.raises(DatabaseError, match=said) as refused:
        Database(url, waits=RetryPolicy(60.0))
    assert "s3same" not in str(refused.value)


@pytest.fixture
def guarded(postgresql: sa.URL) -> sa.URL:
    """The server, where alice needs her password."""
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as server:
        server.execute(sa.text("CREATE ROLE alice SUPERUSER LOGIN PASSWORD 's3same'"))
        rules = Path(server.execute(sa.text("SHOW hba_file")).scalar_one())
        asked = "local all alice scram-sha-256\nhost all alice all scram-sha-256\n"
        rules.write_text(asked + rules.read_text(encoding="utf-8"), encoding="utf-8")
        server.execute(sa.text("SELECT pg_reload_conf()"))
        server.execute(sa.text("CREATE DATABASE guarded"))
    alice = postgresql.set(username="alice", database="guarded")
    for _ in range(600):  # the server reads its rules anew when it comes to it
        try:
            sa.create_engine(alice, poolclass=sa.NullPool).connect().close()
        except sa.exc.OperationalError:
            return alice
        time.sleep(0.1)
    raise AssertionError("the server asks for no password")


def test_a_wrong_password_is_an_error_at_once(
    guarded: sa.URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / "studies/workloads/small.yaml", SMALL)
    for password, said in (("0pen-it", "password authentication failed"), (None, "no password supplied")):
        url = guarded.set(password=password).render_as_string(hide_password=False)
        began = time.monotonic()
        assert exit_code("run", "mine", "--trials", "1", "--storage", url) == 2
        assert time.monotonic() - began < 240  # a server that does not answer is waited for: 30 minutes
        told = capfd.readouterr()
        assert said in told.err
        assert told.err.count("\n") == 1
        assert "0pen-it" not in told.out + told.err
    with Database(guarded.set(password="s3same").render_as_string(hide_password=False)) as database:
        assert database.studies() == []


def test_a_full_disk_stops_a_sweep_and_harms_nothing(expected: pd.DataFrame, tmp_path: Path) -> None:
    reason = disk_full.unavailable()
    if reason is not None:
        pytest.skip(reason)
    disk = tmp_path / "disk"
    disk.mkdir()
    with disk_full.small_disk(disk):
        drive(url_in(disk), disk, 3)
        disk_full.fill(disk / "filler", rest=0)
        with pytest.raises(DatabaseError, match=r"full|space"):
            drive(url_in(disk), disk, TRIALS)
        assert disk_full.integrity(disk) == "ok"
        (disk / "filler").unlink()
        drive(url_in(disk), disk, TRIALS)
        pd.testing.assert_frame_equal(table(url_in(disk)), expected, check_exact=True)


@pytest.mark.parametrize("damage", DATABASE_DAMAGES.values(), ids=DATABASE_DAMAGES.keys())
def test_a_damaged_database_is_refused_and_left_alone(damage: Damage, tmp_path: Path) -> None:
    drive(url_in(tmp_path), tmp_path, TRIALS)
    damage(tmp_path / "studies.db")
    before = digests(tmp_path)
    with pytest.raises(DatabaseError, match=r"studies\.db: .*(malformed|not a database)"):
        drive(url_in(tmp_path), tmp_path, TRIALS + 1)
    assert digests(tmp_path) == before
