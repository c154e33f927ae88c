"""A connection that is cut between statements."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sweeper.errors import DatabaseError
from sweeper.store import retrying
from sweeper.store.engine import POOLED
from sweeper.store.retrying import RetryPolicy
from sweeper.store.study import StudyStore
from tests.sweeper_tests.store.statements import course, statements
from tests.sweeper_tests.store.stored import (
    in_optuna,
)

CONNECTIONS = "datname = current_database() AND backend_type = 'client backend'"


@pytest.fixture
def server(store: StudyStore) -> StudyStore:
    if store.access.engine.dialect.name != "postgresql":
        pytest.skip("a file has no connection that could be cut")
    return store


class Cut:
    """Cuts the connection of a database before one of its statements.

    Args:
        store: Its connection is cut.
        url: Its URL.
        at: Which statement, from 1.
    """

    def __init__(self, store: StudyStore, url: str, at: int) -> None:
        self.left = at
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)
        self._of = store.access.engine

    def __enter__(self) -> "Cut":
        sa.event.listen(self._of, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self._of, "before_cursor_execute", self._count)

    def _count(self, _connection: object, cursor: Any, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            with self._engine.connect() as other:
                pid = cursor.connection.info.backend_pid
                # The second argument: until the other end has gone.
                assert other.execute(sa.select(sa.func.pg_terminate_backend(pid, 5000))).scalar_one()


def test_a_connection_that_is_cut_before_any_statement_of_a_trial_is_made_again(
    server: StudyStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE", 0.01)
    course(server)  # which asks for the keys of the study too
    number, sent = 1, len(statements(server, lambda: course(server)))
    assert sent > 25
    for at in range(1, sent + 1):
        said: list[str] = []
        server.access.retry_policy = RetryPolicy(10.0, said.append)
        with Cut(server, url, at) as cut:
            assert course(server) == number + 1
        number += 1
        assert cut.left <= 0
        waited, ended = said
        assert waited.startswith("waiting for the database: ")
        assert ended == "the database answers again: the sweep goes on"
    with in_optuna(url) as trials:
        assert [(one.number, one.value, one.intermediate_values) for one in trials] == [
            (n, 0.75, {1: 0.6}) for n in range(number + 1)
        ]


def test_readers_go_on_after_the_server_has_closed_their_connection(server: StudyStore, url: str) -> None:
    number = course(server)
    trials = server.trials
    readers: list[Callable[[], object]] = [
        lambda: server.fresh().row,
        lambda: trials.row(number),
        trials.rows,
        trials.past,
        trials.standings,
        lambda: trials.epochs_done([number]),
        lambda: trials.epochs_asked([number]),
        server.changes,
        lambda: trials.metrics(number),
        trials.curves,
        lambda: trials.trials_frame().to_csv(),
        lambda: trials.epochs_frame().to_csv(),
        lambda: server.set_wanted(50),
    ]
    other = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"application_name": "other"})
    for read in readers:
        before = read()
        with other.connect() as connection:
            # The server has work of its own there at times, and what was closed may be about to go.
            mine = f"{CONNECTIONS} AND application_name <> 'other'"
            ended = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}"  # noqa: S608
            assert connection.execute(sa.text(ended)).scalars().all() == [True] * POOLED
        assert read() == before


def test_a_driver_without_patience_says_what_was_cut(server: StudyStore, url: str) -> None:
    with Cut(server, url, 1), pytest.raises(DatabaseError, match=r"postgresql.*terminat") as caught:
        server.trials.claimed()
    assert caught.value.passing
    assert "\n" not in str(caught.value)


def test_a_driver_keeps_one_connection_on_which_its_statements_are_prepared(
    server: StudyStore, url: str
) -> None:
    for _ in range(8):
        course(server)
    count = sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE {CONNECTIONS}")  # noqa: S608
    with server.access.engine.connect() as connection:
        assert connection.execute(count).scalar_one() == POOLED == 1
        found = connection.execute(sa.text("SELECT statement FROM pg_prepared_statements")).scalars().all()
    prepared = {statement.partition(" ")[0] for statement in found}
    assert prepared >= {"SELECT", "INSERT", "UPDATE"}
    for part in ("ON CONFLICT DO NOTHING", "INSERT INTO run ", "UNION ALL", "coalesce(max(trials.number)"):
        assert [statement for statement in found if part in statement], part
