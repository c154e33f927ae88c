"""What this user may not write can be read, and nothing is left beside it."""

import ctypes
import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from sweeper.errors import DatabaseError
from sweeper.store.database import Database
from tests.sweeper_tests.typed import Said, contents, process

NAME = "grid@demo"


def begin(database: Database, name: str = NAME) -> None:
    study = {"name": "grid", "arms": {"all": {}}}
    database.create(name, study, {"name": "demo"}, digest="d", version="1", wanted=40)


def without_rights() -> None:
    """Has a process of root's obey the rights of files, as those of all others do."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    for capability in (override, read_search):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def forbid(home: Path, *, folder: int = 0o555, file: int = 0o444) -> None:
    for path in home.iterdir():
        path.chmod(file)
    home.chmod(folder)


def typed(home: Path, *arguments: str) -> Said:
    """A command of a user who may not write a home, which stays as it is."""
    before = contents(home)
    said = process(*arguments, user=without_rights, SWEEPER_HOME=str(home))
    assert contents(home) == before
    return said


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose latest study stands in SQLite's log alone, as a driver leaves it that is killed."""
    home = tmp_path / "home"
    home.mkdir()
    file = home / "studies.db"
    with Database(f"sqlite:///{file}") as database:
        begin(database)
        with closing(sqlite3.connect(file)) as reader:  # keeps the log from being taken up
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM sweep").fetchall()
            begin(database, "later@demo")
            for name in ("studies.db", "studies.db-wal", "studies.db-shm"):
                shutil.copy(home / name, tmp_path / name)
    shutil.rmtree(home)
    home.mkdir()
    for name in ("studies.db", "studies.db-wal", "studies.db-shm"):
        shutil.move(tmp_path / name, home / name)
    return home


@pytest.mark.parametrize("kept", [(), ("studies.db-wal",), ("studies.db-wal", "studies.db-shm")])
def test_studies_are_read_from_the_log_too(home: Path, kept: tuple[str, ...]) -> None:
    for name in {"studies.db-wal", "studies.db-shm"} - set(kept):
        (home / name).unlink()
    forbid(home)
    said = typed(home, "list")
    assert (said.code, said.err) == (0, "")
    assert f"{NAME}: 0 of 40 trials" in said.out
    assert ("later@demo" in said.out) == bool(kept)


def test_who_began_to_read_before_a_driver_sees_what_that_one_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"

    def seen(opened: Database) -> list[str]:
        return sorted(store.row.name for store in opened.studies())

    with Database(url) as database:
        begin(database)
    with Database(url, must_exist=True, read_only=True) as reader:
        assert seen(reader) == [NAME]
        with Database(url) as database:
            begin(database, "later@demo")
            assert seen(reader) == [NAME, "later@demo"]
        assert seen(reader) == [NAME, "later@demo"]
        assert list(tmp_path.glob("studies.db-*")) == []


def test_what_a_killed_driver_left_is_copied_once_for_as_long_as_it_lies_there(home: Path) -> None:
    url = f"sqlite:///{home}/studies.db"
    (home / "studies.db-shm").unlink()
    with ExitStack() as stack, patch.object(shutil, "copyfile", wraps=shutil.copyfile) as copied:
        reader = stack.enter_context(Database(url, must_exist=True, read_only=True))
        for _ in range(3):
            assert len(reader.studies()) == 2
        assert copied.call_count == 2
        folders = {Path(call.args[1]).parent for call in copied.call_args_list}
        with Database(url) as database:
            begin(database, "third@demo")
            assert len(reader.studies()) == 3
        assert all(folder.exists() for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_a_file_that_may_not_be_written_in_a_folder_that_may(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Database(f"sqlite:///{tmp_path}/home/studies.db") as database:
        begin(database)
    forbid(tmp_path / "home", folder=0o777)
    assert NAME in typed(tmp_path / "home", "list").out
    said = typed(tmp_path / "home", "retry", "grid")
    assert (said.code, said.err) == (
        2,
        f"Error: sqlite:///{tmp_path}/home/studies.db: this user may only read it\n",
    )


def test_what_has_to_be_migrated_first_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    file = tmp_path / "home/studies.db"
    with Database(f"sqlite:///{file}") as database:
        begin(database)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE sweeper_alembic_version SET version_num = '0001'")
    forbid(tmp_path / "home")
    said = typed(tmp_path / "home", "list")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "made by an older sweeper (revision 0001), and opened without the right to write it" in said.err


def test_a_user_of_a_server_who_may_only_select(url: str) -> None:
    if not url.startswith("postgresql"):
        pytest.skip("a file has no users")
    with Database(url) as database:
        begin(database)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    reader = f"reader{os.getpid()}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE ROLE {reader} LOGIN"))
        connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"))
        theirs = sa.make_url(url).set(username=reader).render_as_string(hide_password=False)
        with Database(theirs, must_exist=True) as database:
            assert database.study(NAME).trials.rows() == []
        connection.execute(sa.text(f"DROP OWNED BY {reader}; DROP ROLE {reader}"))


def test_a_database_opened_to_be_read_refuses_to_be_written(url: str) -> None:
    with Database(url) as database:
        begin(database)
    with Database(url, must_exist=True, read_only=True) as opened:
        assert [store.row.name for store in opened.studies()] == [NAME]
        with pytest.raises(DatabaseError, match=r"only read|read-only"):
            opened.study(NAME).set_wanted(41)
        assert opened.study(NAME).row.wanted == 40
