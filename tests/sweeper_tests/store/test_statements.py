"""The statements of a trial: what they read, how many, whether Optuna agrees, and that a cut is survived."""

import inspect
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState, create_trial

from sweeper.store.database import Database
from sweeper.store.leases import Leases
from sweeper.store.optuna_tables import mirror
from sweeper.store.outcomes import Outcomes
from sweeper.store.study import StudyStore
from sweeper.store.trials import Trials
from sweeper.trial import RunState
from tests.sweeper_tests.store.statements import course, statements
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    ME,
    NAME,
    SPACE,
    epoch,
    in_optuna,
    trial,
)

PARTS = (Database, StudyStore, Trials, Leases, Outcomes)


ONCE = {
    *("Database.close", "Database.study", "Database.import_study"),
    *("StudyStore.change", "StudyStore.retry"),
    *("StudyStore.leases", "StudyStore.outcomes", "Leases.abandon"),
}


"""Methods that a driver calls before or after it has patience, or never, or that ask the database nothing."""


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_no_statement_of_a_trial_reads_a_whole_table(store: StudyStore) -> None:
    for _ in range(3):
        course(store)

    trials, leases, outcomes = store.trials, store.leases(ME, 60), store.outcomes(ME)

    def proposal() -> None:
        trials.claimed()
        number = leases.claim(99)
        trials.past(number, {0, 1}, {0, 1})
        trials.orphans()
        leases.is_current()
        leases.add(trial(number), SPACE)
        trials.twin(number)
        outcomes.started(number, 1, threads=2, device="cpu", versions={}, working_folder={"commit": "c"})
        outcomes.loaded(number, {"parameters": 3})
        outcomes.epoch(number, epoch(1, 0.6))
        trials.leases()
        leases.renew()
        outcomes.finished(number, COMPLETE)

    server = store.access.engine.dialect.name == "postgresql"
    plain = ("INSERT INTO trial_", "INSERT INTO epoch_metric")
    sent = [one for one in statements(store, proposal) if not one[0].startswith(plain)]
    with store.access.engine.connect() as connection, connection.begin():
        if server:  # which would read tables as small as these whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for text, values in sent:
            explained = f"EXPLAIN {text}" if server else f"EXPLAIN QUERY PLAN {text}"
            plan = [str(row[-1]) for row in connection.exec_driver_sql(explained, values)]
            whole = [step for step in plan if "Seq Scan" in step or step.startswith("SCAN run")]
            assert not whole, f"{text}\n{plan}"
            assert not [step for step in plan if step.startswith("SCAN trials")], f"{text}\n{plan}"


def test_the_number_of_statements_of_a_trial(store: StudyStore) -> None:
    """Of which each is a message to the server and back, and most a transaction of three more."""
    trials, leases = store.trials, store.leases(ME, 60)
    counts = []
    for _ in range(3):
        outcomes = store.outcomes(ME)  # which has kept nothing yet
        done = course(store) + 1
        asked: dict[str, Callable[[], object]] = {
            "claimed": trials.claimed,
            "claim": lambda: leases.claim(99),
            "history": trials.past,
            "current": leases.is_current,
            "add": lambda: leases.add(trial(done), SPACE),  # noqa: B023
            "twin": lambda: trials.twin(done),  # noqa: B023
            "start": lambda: outcomes.started(done, 1, threads=2, device="cpu", versions={}),  # noqa: B023
            "load": lambda: outcomes.loaded(done, {"parameters": 3}),  # noqa: B023
            "load again": lambda: outcomes.loaded(done, {"parameters": 3}),  # noqa: B023
            "epoch": lambda: outcomes.epoch(done, epoch(1, 0.6)),  # noqa: B023
            "finish": lambda: outcomes.finished(done, COMPLETE),  # noqa: B023
        }
        counts.append({name: len(statements(store, ask)) for name, ask in asked.items()})
    assert counts[0] == counts[1] == counts[2]
    server = store.access.engine.dialect.name == "postgresql"
    assert counts[0] == {
        **{"claimed": 1, "claim": 1 if server else 2, "history": 1, "current": 1, "add": 4, "twin": 1},
        **{"start": 1, "load": 2, "load again": 1, "epoch": 3, "finish": 3},
    }


def test_rows_are_those_that_optuna_would_have_written(store: StudyStore, url: str) -> None:
    reported = {1: 0.5, 2: math.nan, 3: math.inf, 4: -math.inf, 5: 0.25}
    ours = store.leases(ME, 60).claim(99)
    storage = optuna.storages.RDBStorage(url)
    study = storage.get_study_id_from_name(NAME)
    template = create_trial(state=TrialState.RUNNING, user_attrs={"owner": ME})
    key = storage.create_new_trial(study, template)
    theirs = storage.get_trial_number_from_id(key)
    assert [ours, theirs, store.leases(ME, 60).claim(99)] == [0, 1, 2]
    for step, value in reported.items():
        storage.set_trial_intermediate_value(key, step, value)
    storage.set_trial_intermediate_value(key, 5, 0.125)
    storage.set_trial_state_values(key, TrialState.COMPLETE, [0.75])
    with store.access.engine.begin() as connection:
        own = connection.execute(sa.select(mirror.trial_key(study, ours))).scalar_one()
        mirror.report(connection, [mirror.Reported(own, *pair) for pair in reported.items()])
        mirror.report(connection, [mirror.Reported(own, 5, 0.125)])
        now = datetime.now(UTC)
        mirror.tell(connection, own, RunState.COMPLETE, [0.75], now)
        mirror.tell(connection, own, RunState.FAILED, None, now)
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
            assert all(abs(datetime.now() - moment) < timedelta(minutes=10) for moment in moments)


def test_every_method_that_a_driver_calls_is_patient() -> None:
    methods = {
        f"{part.__name__}.{name}"
        for part in PARTS
        for name, method in inspect.getmembers(part, inspect.isfunction)
        if not name.startswith("_") and not hasattr(method, "__wrapped__")
    }
    assert methods == ONCE
