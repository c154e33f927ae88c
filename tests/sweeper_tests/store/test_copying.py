"""`sweeper db copy`: what a study is in another database, and what is refused."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import optuna
import pandas as pd
import pytest
import sqlalchemy as sa

from sweeper.clock import SystemClock
from sweeper.errors import ConflictError, InputError, NoStudiesError
from sweeper.paths import Home
from sweeper.report.write import write_report
from sweeper.search.distributions import distributions
from sweeper.search.propose import propose
from sweeper.store import copying as transfer
from sweeper.store.belonging import study_tables
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.trials import Trials
from sweeper.study.load import load_study
from sweeper.study.study import Study
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import drive, table
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.made import trials
from tests.sweeper_tests.typed import Command, exit_code

NAMES = ("made@demo", "other@demo")


def filled(where: Path) -> str:
    """URL of a database with two studies, of which one has failed, running and changed things."""
    of, other = made.study(), made.study(name="other", objective=["sst", "para"])
    with made.store(where, of, trials(of)) as database:
        store = database.study(of.name)
        outcomes = store.outcomes("host:1")
        folder = {"commit": "c", "changed": True, "diff": "+é"}
        outcomes.started(5, 1, threads=1, device="cpu", versions={}, working_folder=folder)
        outcomes.loaded(5, {"rows": {}, "dev_in_train": {}, "weights": None, "parameters": 3})
        store.leases("host:1", 60).release()
        spec, workload = of.spec.model_dump(mode="json"), of.workload.model_dump(mode="json")
        written = load_study("quickstart", "demo").written
        files = written and written.json()
        for text in ("trials: 6 -> 8", "a seed: 7"):
            store.change(spec, workload, digest=of.digest(), space={}, descriptions=[text], files=files)
        store.leases("elsewhere:1:1", 60).claim(99)
    with made.store(where, other, trials(other)[:3]):
        pass
    return f"sqlite:///{where}/studies.db"


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of a database."""
    Database(url).close()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in study_tables()
        }


def test_there_and_back_every_row_is_what_it_was(tmp_path: Path, fresh_url: str) -> None:
    source = filled(tmp_path)
    before = rows(source)
    assert transfer.copy(source, fresh_url, NAMES) == 9
    assert rows(fresh_url) == before
    back = f"sqlite:///{tmp_path}/back.db"
    assert transfer.copy(fresh_url, back, NAMES) == 9
    assert rows(back) == before == rows(source)
    empty = {
        "study_user_attributes",
        "study_system_attributes",
        "trial_system_attributes",
        "trial_heartbeats",
        *("study_event", "foreign_trial"),
    }
    assert {name for name, there in before.items() if not there} == empty


def test_keys_change_where_they_clash_and_nothing_else(tmp_path: Path, url: str) -> None:
    source = filled(tmp_path / "source")
    transfer.copy(source, url, NAMES[1:])
    there = rows(url)
    transfer.copy(source, url, NAMES[:1])
    after = rows(url)
    assert [row["id"] for row in there["sweep"]] == [2]
    assert [row["id"] for row in after["sweep"]] == [1, 2]
    third = f"sqlite:///{shutil.copy(tmp_path / 'source/studies.db', tmp_path / 'third.db')}"
    with Database(third) as database, database.access.writing() as connection:
        for table, column in (("sweep", "name"), ("studies", "study_name")):
            connection.execute(sa.text(f"UPDATE {table} SET {column} = 'again-' || {column}"))  # noqa: S608
    again = [f"again-{name}" for name in NAMES]
    with pytest.raises(ConflictError, match="has one of these studies already, as '"):
        transfer.copy(third, url, again)
    with Database(third) as database, database.access.writing() as connection:
        for name in again:  # others of the same content
            other = sa.text("UPDATE sweep SET uuid = :uuid WHERE name = :name")
            connection.execute(other, {"uuid": str(uuid4()), "name": name})
    assert transfer.copy(third, url, again) == 9
    with Database(source) as one, Database(url) as other:
        for name in NAMES:
            original, *copies = one.study(name), other.study(name), other.study(f"again-{name}")
            for copied in copies:
                for frame in (Trials.trials_frame, Trials.epochs_frame):
                    expected = frame(original.trials)
                    pd.testing.assert_frame_equal(frame(copied.trials), expected, check_exact=True)
                assert copied.changes() == original.changes()
        # The keys that come next are free.
        assert other.study(NAMES[0]).leases("elsewhere:1:1", 60).claim(99) == 7
        other.create("new@demo", {}, {}, digest="d", version="1", wanted=1)
        assert other.study("new@demo").leases("elsewhere:1:1", 60).claim(99) == 0


class Noon(SystemClock):
    def now(self) -> datetime:
        return datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_optuna_and_the_report_see_no_difference(tmp_path: Path, fresh_url: str) -> None:
    source = filled(tmp_path)
    transfer.copy(source, fresh_url, NAMES)
    found = []
    for place, url in enumerate((source, fresh_url)):
        storage = optuna.storages.RDBStorage(url)
        studies = [optuna.load_study(study_name=name, storage=storage) for name in NAMES]
        found.append([(study.directions, study.trials) for study in studies])
        storage.engine.dispose()
        with Database(url) as database:
            write_report(database, NAMES[0], tmp_path / f"reports{place}", Home(tmp_path), clock=Noon())
    assert found[0] == found[1]
    written = [
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "reports0", tmp_path / "reports1")
    ]
    assert len(written[0]) >= 6
    assert written[0] == written[1]


@pytest.mark.parametrize("events", [0, 2, 13])
def test_a_copy_goes_on_as_the_original_would(
    events: int, study: Study, tmp_path: Path, url_in: Callable[[Path], str]
) -> None:
    source = tmp_path / "source"
    with pytest.raises(KeyboardInterrupt):
        drive(source, study, InstantExecutor(dies_after=events))
    with Database(f"sqlite:///{source}/studies.db") as database:
        store = database.study(study.name)
        store.leases(str(Owner.this_process()), 60).release()  # it died: this process, which lives on
        gone = store.leases("no-such-host:1:1", -1.0)
        trial = propose(study, gone.claim(99), store.trials.past())
        assert trial is not None
        gone.add(trial, distributions(study))
    transfer.copy(f"sqlite:///{source}/studies.db", url_in(tmp_path / "copy"), [study.name])
    drive(tmp_path / "copy", study, InstantExecutor(), url=url_in(tmp_path / "copy"))
    drive(source, study, InstantExecutor())
    pd.testing.assert_frame_equal(
        table(tmp_path / "copy", study, url=url_in(tmp_path / "copy")), table(source, study), check_exact=True
    )


def test_what_is_refused_leaves_the_destination_as_it_is(tmp_path: Path, url: str) -> None:
    source = filled(tmp_path / "source")
    with pytest.raises(InputError, match="is the database to copy from as well"):
        transfer.copy(source, f"sqlite:///{tmp_path}/source/../source/studies.db", NAMES)
    with pytest.raises(NoStudiesError, match="no studies yet"):
        transfer.copy(f"sqlite:///{tmp_path}/none.db", url, NAMES)
    assert not (tmp_path / "none.db").exists()
    transfer.copy(source, url, NAMES[1:])
    before = rows(url)
    with pytest.raises(ConflictError, match=r"has a study 'other@demo' already; nothing was copied"):
        transfer.copy(source, url, NAMES)
    assert rows(url) == before
    with Database(source) as database:
        leases = database.study(NAMES[0]).leases("elsewhere:1:1", 60)
        leases.claim(99)
        assert leases.take_over(5, None)
    with pytest.raises(ConflictError, match=r"trial 5 is under way \(driver elsewhere:1:1\): stop"):
        transfer.copy(source, url, NAMES[:1])
    with Database(source) as database:
        assert database.study(NAMES[0]).leases(str(Owner.this_process()), -60).take_over(5, "elsewhere:1:1")
    with pytest.raises(ConflictError, match="stop that driver with Ctrl-C and copy then"):
        transfer.copy(source, url, NAMES[:1])
    assert rows(url) == before


def test_a_copy_that_is_cut_short_is_none(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(table: sa.Table) -> dict[str, str]:
        if table.name == "epoch_metric":
            raise KeyboardInterrupt
        return real(table)

    source, before = filled(tmp_path / "source"), rows(url)
    real = transfer._parents
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_parents", breaks)
        with pytest.raises(KeyboardInterrupt):
            transfer.copy(source, url, NAMES)
    assert rows(url) == before
    assert transfer.copy(source, url, NAMES) == 9


def test_the_commands_on_a_copy(sweeper: Command, folder: Path, fresh_url: str) -> None:
    small = ("--study", "mine", "--workload", "small", "--executor", "inline")
    assert sweeper("run", *small, "--trials", "2").code == 0
    source = f"sqlite:///{folder}/.sweeper/studies.db"
    said = sweeper("db", "copy", source, fresh_url, "--study", "mine")
    assert said.code == 0, said.err
    assert said.out.startswith("Copied mine@small: 2 trials; now with: --storage ")
    for command in (("status", "mine"), ("show", "mine", "1"), ("replay", "mine", "1")):
        original, copied = sweeper(*command), sweeper(*command, "--storage", fresh_url)
        assert copied == original
        assert copied.code == 0
    assert sweeper("run", *small, "--trials", "4", "--storage", fresh_url).code == 0
    assert sweeper("run", *small, "--trials", "4").code == 0
    tables = []
    for storage in ((), ("--storage", fresh_url)):
        assert sweeper("export", "mine", "--trials", "trials.json", *storage).code == 0
        timed = {"seconds", "created", "started", "finished", "peak_memory_mb", "driver"}
        timed |= {"processor_seconds", "step_seconds", "pair_seconds", "side_by_side"}
        written = json.loads(Path("trials.json").read_text(encoding="utf-8"))
        tables.append([{k: v for k, v in row.items() if k not in timed} for row in written])
    assert tables[0] == tables[1]
    assert len(tables[0]) == 4
    for arguments, error in (
        (("db", "copy", source, fresh_url), "has a study 'mine@small' already"),
        (("db", "copy", source, source), "is the database to copy from as well"),
        (("db", "copy", "sqlite:///none.db", fresh_url), "no studies yet"),
        (("db", "copy", source, fresh_url, "--study", "yours"), "study 'yours' has never run"),
        (("db", "copy", source, "nonsense"), "is not a URL"),
    ):
        said = sweeper(*arguments)
        assert said.code == 2
        assert error in said.err
        assert said.err.count("\n") == 1


def test_all_studies_are_copied_whatever_they_are(tmp_path: Path) -> None:
    source, kept = f"sqlite:///{tmp_path}/studies.db", f"sqlite:///{tmp_path}/two.db"
    of = made.study()
    with made.store(tmp_path, of, [one for one in made.trials(of) if one.state.final]) as database:
        database.study(of.name).life.archive(True)
    assert exit_code("db", "copy", source, kept) == 0
    with Database(kept) as database:
        assert [one.row.name for one in database.studies()] == [of.name]
