"""The statements of a trial: what they read, how many, whether Optuna agrees, and that a cut is survived."""

import inspect
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState, create_trial

from sweeper.errors import DatabaseError
from sweeper.store import optuna_tables as mirror
from sweeper.store import retrying
from sweeper.store.database import Database
from sweeper.store.engine import POOLED
from sweeper.store.retrying import RetryPolicy
from sweeper.trial import RunState
from tests.sweeper_tests.store.test_database import (
    COMPLETE,
    ME,
    NAME,
    SPACE,
    YOU,
    begin,
    epoch,
    in_optuna,
    trial,
)

ONCE = {"close", "create_sweep", "set_wanted", "change_sweep", "retry"}
"""Methods that a driver calls before it has patience, or never."""


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with Database(url) as opened:
        begin(opened)
        yield opened


def course(database: Database) -> int:
    """All that a driver asks of the database for one trial, from wanting one to being done with it."""
    assert database.claimed(NAME) == len(database.history(NAME))
    number = database.claim_number(NAME, ME)
    assert [past.number for past in database.history(NAME)] == list(range(number))
    assert database.orphans(NAME) == [(number, ME)]
    assert database.take_over(NAME, number, ME, YOU, 60)
    assert database.add_run(NAME, trial(number), SPACE, YOU, 60)
    assert database.take_over(NAME, number, YOU, ME, 60)
    twin = database.twin(NAME, number)
    assert (twin is None) == (number == 0)
    database.start_run(NAME, number, 2, "cpu", {"torch": "2.9"})
    database.record_epoch(NAME, number, epoch(1, 0.6))
    assert number in {curve.number for curve in database.curves(NAME, "plain", 7)}
    assert [lease.number for lease in database.leases(NAME)] == [number]
    assert database.renew(NAME, ME, 60) == {number}
    assert database.finish_run(NAME, number, COMPLETE)
    assert database.untold(NAME) == []
    database.release(NAME, ME)
    return number


def statements(database: Database, do: Callable[[], object]) -> list[tuple[str, Any]]:
    """What is sent to the database meanwhile, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        if not text.startswith("BEGIN"):
            sent.append((text, values))

    sa.event.listen(database._engine, "before_cursor_execute", hear)
    do()
    sa.event.remove(database._engine, "before_cursor_execute", hear)
    return sent


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_no_statement_of_a_trial_reads_a_whole_table(database: Database) -> None:
    for _ in range(3):
        course(database)

    def proposal() -> None:
        database.claimed(NAME)
        number = database.claim_number(NAME, ME)
        database.history(NAME)
        database.orphans(NAME)
        database.add_run(NAME, trial(number), SPACE, ME, 60)
        database.twin(NAME, number)
        database.start_run(NAME, number, 2, "cpu", {})
        database.record_epoch(NAME, number, epoch(1, 0.6))
        database.leases(NAME)
        database.renew(NAME, ME, 60)
        database.finish_run(NAME, number, COMPLETE)

    server = database._engine.dialect.name == "postgresql"
    plain = ("INSERT INTO trial_", "INSERT INTO epoch_metric")
    sent = [one for one in statements(database, proposal) if not one[0].startswith(plain)]
    with database._engine.connect() as connection, connection.begin():
        if server:  # which would read tables as small as these whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for text, values in sent:
            explained = f"EXPLAIN {text}" if server else f"EXPLAIN QUERY PLAN {text}"
            plan = [str(row[-1]) for row in connection.exec_driver_sql(explained, values)]
            whole = [step for step in plan if "Seq Scan" in step or step.startswith("SCAN run")]
            assert not whole, f"{text}\n{plan}"
            assert not [step for step in plan if step.startswith("SCAN trials")], f"{text}\n{plan}"


def test_the_number_of_statements_of_a_trial(database: Database) -> None:
    """Of which each is a message to the server and back, and most a transaction of three more."""
    counts = []
    for _ in range(3):
        number = course(database)
        done = number + 1
        asked: dict[str, Callable[[], object]] = {
            "claimed": lambda: database.claimed(NAME),
            "claim": lambda: database.claim_number(NAME, ME),
            "history": lambda: database.history(NAME),
            "add": lambda: database.add_run(NAME, trial(done), SPACE, ME, 60),  # noqa: B023
            "twin": lambda: database.twin(NAME, done),  # noqa: B023
            "start": lambda: database.start_run(NAME, done, 2, "cpu", {}),  # noqa: B023
            "epoch": lambda: database.record_epoch(NAME, done, epoch(1, 0.6)),  # noqa: B023
            "finish": lambda: database.finish_run(NAME, done, COMPLETE),  # noqa: B023
        }
        counts.append({name: len(statements(database, ask)) for name, ask in asked.items()})
    assert counts[0] == counts[1] == counts[2]
    server = database._engine.dialect.name == "postgresql"
    assert counts[0] == {
        **{"claimed": 1, "claim": 1 if server else 2, "history": 1, "add": 3, "twin": 1},
        **{"start": 1, "epoch": 3, "finish": 4},
    }


def test_rows_are_those_that_optuna_would_have_written(database: Database, url: str) -> None:
    reported = {1: 0.5, 2: math.nan, 3: math.inf, 4: -math.inf, 5: 0.25}
    ours = database.claim_number(NAME, ME)
    storage = optuna.storages.RDBStorage(url)
    study = storage.get_study_id_from_name(NAME)
    template = create_trial(state=TrialState.RUNNING, user_attrs={"owner": ME})
    key = storage.create_new_trial(study, template)
    theirs = storage.get_trial_number_from_id(key)
    assert [ours, theirs, database.claim_number(NAME, ME)] == [0, 1, 2]
    for step, value in reported.items():
        storage.set_trial_intermediate_value(key, step, value)
    storage.set_trial_intermediate_value(key, 5, 0.125)
    storage.set_trial_state_values(key, TrialState.COMPLETE, [0.75])
    with database._engine.begin() as connection:
        own = connection.execute(sa.select(mirror.trial_key(study, ours))).scalar_one()
        for step, value in reported.items():
            mirror.report(connection, own, step, value)
        mirror.report(connection, own, 5, 0.125)
        mirror.tell(connection, own, RunState.COMPLETE, [0.75])
        mirror.tell(connection, own, RunState.FAILED, None)
        tables = ("trials", "trial_values", "trial_intermediate_values", "trial_user_attributes")
        for table in tables:
            query = sa.text(f"SELECT * FROM {table} WHERE trial_id = :key ORDER BY 1")  # noqa: S608
            rows = [
                [
                    {
                        k: v
                        for k, v in row.items()
                        if not k.endswith(("_id", "number")) and "datetime" not in k
                    }
                    for row in connection.execute(query, {"key": one}).mappings()
                ]
                for one in (own, key)
            ]
            assert rows[0] == rows[1] != []
    storage.engine.dispose()
    with in_optuna(url) as trials:
        mine, its, _ = trials
        for name in ("datetime_start", "datetime_complete"):
            moments = [getattr(one, name) for one in (mine, its)]
            assert all(abs(datetime.now() - moment) < timedelta(seconds=60) for moment in moments)


def test_every_method_that_a_driver_calls_is_patient() -> None:
    methods = {
        name
        for name, method in inspect.getmembers(Database, inspect.isfunction)
        if not name.startswith("_") and not hasattr(method, "__wrapped__")
    }
    assert methods == ONCE


@pytest.fixture
def server(database: Database) -> Database:
    if database._engine.dialect.name != "postgresql":
        pytest.skip("a file has no connection that could be cut")
    return database


class Cut:
    """Cuts the connection of a database before one of its statements.

    Args:
        database: The database.
        url: Its URL.
        at: Which statement, from 1.
    """

    def __init__(self, database: Database, url: str, at: int) -> None:
        self.left = at
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)
        self._of = database._engine

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
    server: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE", 0.01)
    course(server)  # which asks for the keys of the study too
    number, sent = 1, len(statements(server, lambda: course(server)))
    assert sent > 25
    for at in range(1, sent + 1):
        said: list[str] = []
        server.retry_policy = RetryPolicy(10.0, said.append)
        with Cut(server, url, at) as cut:
            assert course(server) == number + 1
        number += 1
        assert cut.left <= 0
        assert len(said) == 1
        assert said[0].startswith("waiting for the database: ")
    with in_optuna(url) as trials:
        assert [(one.number, one.value, one.intermediate_values) for one in trials] == [
            (n, 0.75, {1: 0.6}) for n in range(number + 1)
        ]


def test_readers_go_on_after_the_server_has_closed_their_connection(server: Database, url: str) -> None:
    number = course(server)
    readers: list[Callable[[], object]] = [
        lambda: server.sweep(NAME),
        server.sweeps,
        lambda: server.run(NAME, number),
        lambda: server.runs(NAME),
        lambda: list(server.history(NAME)),
        lambda: server.standings(NAME),
        lambda: server.reused(NAME),
        lambda: server.epochs_done(NAME, [number]),
        lambda: server.changes(NAME),
        lambda: server.metrics(NAME, number),
        lambda: server.curves(NAME),
        lambda: server.trials_frame(NAME).to_csv(),
        lambda: server.epochs_frame(NAME).to_csv(),
        lambda: server.set_wanted(NAME, 50),
    ]
    other = sa.create_engine(url, poolclass=sa.NullPool)
    for read in readers:
        before = read()
        with other.connect() as connection:
            mine = "datname = current_database() AND pid <> pg_backend_pid()"
            ended = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}"  # noqa: S608
            assert connection.execute(sa.text(ended)).scalars().all() == [True] * POOLED
        assert read() == before


def test_a_driver_without_patience_says_what_was_cut(server: Database, url: str) -> None:
    with Cut(server, url, 1), pytest.raises(DatabaseError, match=r"postgresql.*terminat") as caught:
        server.claimed(NAME)
    assert caught.value.passing
    assert "\n" not in str(caught.value)


def test_a_driver_keeps_one_connection_on_which_its_statements_are_prepared(
    server: Database, url: str
) -> None:
    for _ in range(8):
        course(server)
    count = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    with server._engine.connect() as connection:
        assert connection.execute(count).scalar_one() == POOLED == 1
        found = connection.execute(sa.text("SELECT statement FROM pg_prepared_statements")).scalars().all()
    prepared = {statement.partition(" ")[0] for statement in found}
    assert prepared >= {"SELECT", "INSERT", "UPDATE"}
    for part in ("ON CONFLICT DO NOTHING", "INSERT INTO run ", "UNION ALL", "coalesce(max(trials.number)"):
        assert [statement for statement in found if part in statement], part
