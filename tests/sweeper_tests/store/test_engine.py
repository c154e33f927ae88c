import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from sweeper.errors import DatabaseError
from sweeper.store import migrations
from sweeper.store.database import Database
from sweeper.store.engine import READING, check_url, explained, hooked_engine, server_arguments
from sweeper.store.optuna_tables.storage import OptunaStorage
from sweeper.store.tables import metadata
from tests.sweeper_tests.typed import contents

OLDER = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
UUID = "02098f26-72fb-566d-ae30-15e4d75c3e64"


def made(file: Path) -> Path:
    with Database(sa.URL.create("sqlite", database=str(file)).render_as_string()) as database:
        database.create("s@demo", {}, {}, digest="d", version="1", wanted=1)
    return file


@contextmanager
def engines(file: Path) -> Iterator[list[sa.Engine]]:
    """Our engine and Optuna's on one database."""
    made(file)
    ours = hooked_engine(check_url(f"sqlite:///{file}"))
    yield [ours, OptunaStorage(ours, ready=True)._storage.engine]
    ours.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("studies.db", "not a URL"),
        ("postgresql//u:secret@host/name", "not a URL"),
        ("postgresql://u:secret@host:port/name", "not a URL"),
        ("mysql://u:secret@host/name", "'mysql' is not supported"),
        ("postgres://u:secret@host/name", "'postgres' is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///studies.db?mode=ro", "names no file"),
        (
            "postgresql+pg8000://u:secret@127.0.0.1:1/name",
            "its driver is not installed: pip install .sentence-sweeper.postgresql",
        ),
        ("postgresql+nonsense://u:secret@127.0.0.1:1/name", "Can't load plugin"),
        ("postgresql://u:secret@127.0.0.1:1/name", r"postgresql://u:\*\*\*@127.0.0.1:1/name: "),
    ],
)
def test_bad_url(url: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as caught:
        Database(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def newer(file: Path) -> None:
    made(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")  # noqa: S608


def truncated(file: Path) -> None:
    made(file)
    file.write_bytes(file.read_bytes()[:20_000])


def strangers(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE run (miles)")


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (lambda file: file.write_text("a text\n" * 1000), "file is not a database"),
    (lambda file: file.mkdir(), "is a folder"),
    (newer, "newer sweeper .*: upgrade sweeper, or name another database with --storage"),
    (truncated, "malformed"),
    (strangers, "has a table 'run' of another program: name another database with --storage"),
]


@pytest.mark.parametrize(("make", "said"), BROKEN)
@pytest.mark.parametrize("must_exist", [False, True])
def test_unusable_file_stays_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], said: str, must_exist: bool
) -> None:
    file = tmp_path / "studies.db"
    make(file)
    before = contents(tmp_path)
    with pytest.raises(DatabaseError, match=said) as caught:
        Database(f"sqlite:///{file}", must_exist=must_exist)
    assert str(file) in str(caught.value)
    assert contents(tmp_path) == before


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match=r"Not a directory|File exists"):
        Database(f"sqlite:///{tmp_path}/file/folder/studies.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_file_without_write_permission(tmp_path: Path) -> None:
    file = made(tmp_path / "studies.db")
    file.chmod(0o400)
    before = contents(tmp_path)
    with pytest.raises(DatabaseError, match="may not write it, or may not write in its folder"):
        Database(f"sqlite:///{file}")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("there", ["nothing", "empty file", "another database"])
def test_must_exist(tmp_path: Path, there: str) -> None:
    file = tmp_path / "folder" / "studies.db"
    if there != "nothing":
        file.parent.mkdir()
        file.touch()
    if there == "another database":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE stranger (x)")
    before = contents(tmp_path)
    with pytest.raises(DatabaseError, match="no studies yet"):
        Database(f"sqlite:///{file}", must_exist=True)
    assert contents(tmp_path) == before
    assert file.parent.exists() == (there != "nothing")


def test_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "studies.db").touch()
    made(tmp_path / "studies.db")
    with Database(f"sqlite:///{tmp_path}/studies.db", must_exist=True) as database:
        assert [store.row.name for store in database.studies()] == ["s@demo"]


def test_folder_is_made_and_odd_names_work(tmp_path: Path) -> None:
    file = made(tmp_path / "a %41 {b} ü" / "c'd.db")
    assert file.stat().st_size > 0


def test_nothing_is_left_beside_a_closed_database(tmp_path: Path) -> None:
    made(tmp_path / "studies.db")
    assert {path.name for path in tmp_path.iterdir()} <= {"studies.db", "studies.db.lock"}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_migrations_lead_to_the_tables_of_the_code(fresh_url: str) -> None:
    with Database(fresh_url):
        pass
    engine = sa.create_engine(fresh_url, poolclass=sa.NullPool)
    ours = set(metadata.tables)

    def include(item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in ours

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": include, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def at_revision(url: str, revision: str) -> None:
    """Makes a database as an older sweeper left it, with a study and two trials."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    storage = RDBStorage(url)
    key = storage.create_new_study([StudyDirection.MAXIMIZE], "old@demo")
    for _ in range(2):
        storage.create_new_trial(key)
    storage.engine.dispose()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    trial = json.dumps({"tasks": {}, "epochs": 1})
    study, moment = json.dumps({"arms": {"A": {}, "B": {}}, "seeds": [1]}), "2026-01-02 03:04:05.000006"
    with engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        sweep = f"'old@demo', {key}, 'd', 2, '0.0.9', '{moment}', '{study}', '{{}}'"
        columns = "name, study_id, digest, wanted, version, created, study, workload"
        if revision >= "0006":
            sweep, columns = f"{sweep}, '{UUID}'", f"{columns}, uuid"
        connection.execute(sa.text(f"INSERT INTO sweep ({columns}) VALUES ({sweep})"))  # noqa: S608
        for number, arm in enumerate("AB"):
            run = f"1, {number}, {number + 1}, '{arm}', 1, 'complete', 1, '{moment}', '{{}}', '{trial}'"
            columns = "sweep_id, number, trial_id, arm, seed, state, attempts, created, params, config"
            connection.execute(sa.text(f"INSERT INTO run ({columns}) VALUES ({run})"))  # noqa: S608
    engine.dispose()


def test_every_revision_but_the_newest_has_its_test() -> None:
    assert sorted(migrations.known())[:-1] == [*OLDER]


@pytest.mark.parametrize("revision", OLDER)
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_a_database_of_an_older_sweeper_is_migrated(fresh_url: str, revision: str) -> None:
    at_revision(fresh_url, revision)
    with Database(fresh_url, must_exist=True) as database:
        (store,) = database.studies()
        assert store.row.created == datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
        # Of name and beginning alone: whichever copy is migrated, and on either kind of database.
        assert store.row.uuid == UUID
        assert [(run.number, run.arm, run.halvings) for run in store.trials.rows()] == [
            (0, "A", 0),
            (1, "B", 0),
        ]
        assert {run.configuration for run in store.trials.rows()} == {0}
        assert store.leases("host:1:1", 60).claim(99) == 2
    test_migrations_lead_to_the_tables_of_the_code(fresh_url)


def test_pragmas_on_both_engines(tmp_path: Path) -> None:
    with engines(tmp_path / "studies.db") as both:
        for engine in both:
            with engine.connect() as connection:
                asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
            assert found[:3] == ["wal", 1, 1]
            assert found[3] >= 60_000


def test_transactions_take_the_write_lock_at_their_start(tmp_path: Path) -> None:
    with engines(tmp_path / "studies.db") as both:
        for engine in both:
            with engine.begin(), closing(sqlite3.connect(tmp_path / "studies.db", timeout=0)) as other:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("BEGIN IMMEDIATE")
                assert other.execute("SELECT name FROM sweep").fetchall() == [("s@demo",)]


def test_readers_hold_nobody_up(tmp_path: Path) -> None:
    with engines(tmp_path / "studies.db") as both, both[0].connect() as connection:
        reader = connection.execution_options(**READING)
        count = sa.text("SELECT count(*) FROM sweep")
        assert reader.execute(count).scalar_one() == 1
        with closing(sqlite3.connect(tmp_path / "studies.db", timeout=0)) as other, other:
            other.execute("DELETE FROM sweep")
        assert reader.execute(count).scalar_one() == 1


def test_reading_goes_on_while_another_process_writes(tmp_path: Path) -> None:
    file = made(tmp_path / "studies.db")
    with Database(f"sqlite:///{file}") as database, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert database.study("s@demo").trials.rows() == []


@pytest.mark.parametrize(
    ("url", "said", "passes"),
    [
        ("postgresql://u@h/n", "could not receive data from server", True),
        ("postgresql://u@h/n", "FATAL:  role 'u' does not exist", False),
        ("sqlite:///n.db", "database is locked", True),
        ("sqlite:///n.db", "database or disk is full", False),
    ],
)
def test_what_a_statement_holds_does_not_decide_whether_waiting_helps(
    url: str, said: str, passes: bool
) -> None:
    """A driver writes the traceback of a trial, which may be of a network or a lock of its own."""
    traceback = ("[Errno -2] Name or service not known; locked",)
    with pytest.raises(DatabaseError) as caught, explained(sa.make_url(url)):
        raise sa.exc.OperationalError("UPDATE run SET traceback = ?", traceback, Exception(said))
    assert caught.value.passing is passes


def test_a_connection_notices_that_its_server_is_gone_unless_the_url_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    usual = server_arguments(sa.make_url("postgresql+psycopg://u@h/n"))
    assert (usual["keepalives_idle"], usual["tcp_user_timeout"], usual["connect_timeout"]) == (30, 60_000, 10)
    said = server_arguments(sa.make_url("postgresql+psycopg://u@h/n?keepalives_idle=9&connect_timeout=99"))
    assert said == {name: usual[name] for name in usual.keys() - {"keepalives_idle", "connect_timeout"}}
    assert server_arguments(sa.make_url("postgresql+pg8000://u@h/n")) == {}
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "99")
    named = server_arguments(sa.make_url("postgresql+psycopg://u@h/n"))
    assert named.keys() == usual.keys() - {"connect_timeout"}
