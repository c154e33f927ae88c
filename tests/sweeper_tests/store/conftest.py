from collections.abc import Iterator

import pytest

from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from tests.sweeper_tests.store.stored import NAME, begin


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with Database(url) as opened:
        begin(opened)
        yield opened


@pytest.fixture
def store(database: Database) -> StudyStore:
    return database.study(NAME)
