"""Optuna's tables are those that our statements are written for, or are left alone."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from optuna.storages import RDBStorage

from sweeper.errors import DatabaseError
from sweeper.store.database import Database
from sweeper.store.optuna_tables.storage import SCHEMA, VERSION


def rows(url: str) -> dict[str, list[Any]]:
    """Everything in a database."""
    engine, tables = sa.create_engine(url, poolclass=sa.NullPool), sa.MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for table in tables.sorted_tables
        }


def test_it_is_the_version_that_this_optuna_makes(url: str) -> None:
    storage = RDBStorage(url)
    assert storage.get_current_version() == storage.get_head_version() == VERSION
    with storage.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT schema_version FROM version_info")).scalar_one() == SCHEMA
    storage.engine.dispose()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
@pytest.mark.parametrize("with_ours", [True, False])
@pytest.mark.parametrize(
    ("change", "version", "known"),
    [
        ("UPDATE alembic_version SET version_num = 'v3.0.0.d'", "v3.0.0.d", VERSION),
        ("INSERT INTO alembic_version VALUES ('v9.0.0.a')", f"{VERSION}, v9.0.0.a", VERSION),
        ("UPDATE version_info SET schema_version = 13", "13", SCHEMA),
    ],
)
def test_tables_of_another_version_are_left_alone(  # noqa: PLR0917
    with_ours: bool, change: str, version: str, known: str, url: str, request: pytest.FixtureRequest
) -> None:
    if not with_ours:
        url = without_ours(request.getfixturevalue("fresh_url"))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(change))
    before = rows(url)
    with pytest.raises(DatabaseError) as caught:
        Database(url)
    # The test's server asks for no password, and its URL has an empty one.
    assert str(caught.value) == (
        f"{url}: its tables of Optuna's are of version {version}, and this sweeper knows {known}: use "
        "the versions of sweeper and Optuna that made it, or name another database with --storage"
    )
    assert rows(url) == before
    assert ("sweep" in before) == with_ours


def without_ours(url: str) -> str:
    """Makes a database as Optuna alone leaves it."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    RDBStorage(url).engine.dispose()
    return url
