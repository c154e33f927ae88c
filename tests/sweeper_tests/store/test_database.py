"""A database of studies, and several drivers on it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sweeper.errors import DatabaseError
from sweeper.store.database import Database
from tests.sweeper_tests.store.stored import COMPLETE, ME, NAME, begin, queue, run_whole


def test_study_comes_back_as_it_was_stored(fresh_url: str) -> None:
    study, workload = {"name": "grid", "space": {"b": [1, 2.5, None], "a": {"low": 1e-6}}}, {"notice": "ü"}
    with Database(fresh_url) as database:
        made = database.create(NAME, study, workload, digest="abc", version="0.1", wanted=40)
    with Database(fresh_url, must_exist=True) as database:
        found = database.find(NAME)
        assert found is not None
        row = found.row
        assert row == made.row
        assert (row.study, row.workload, row.digest, row.version) == (study, workload, "abc", "0.1")
        assert list(row.study["space"]) == ["b", "a"]
        assert abs(datetime.now(UTC) - row.created) < timedelta(minutes=10)
        found.set_wanted(44)
        assert found.fresh().row == database.study(NAME).row == replace(row, wanted=44)
        assert database.find("other@demo") is None


def test_first_of_two_equal_studies_stays(database: Database) -> None:
    first = database.study(NAME).row
    assert database.create(NAME, {}, {}, digest="xyz", version="9", wanted=1).row == first
    assert [store.row.name for store in database.studies()] == [NAME]


def test_latest_active_study_comes_last(database: Database) -> None:
    begin(database, "second@demo")
    assert [store.row.name for store in database.studies()] == [NAME, "second@demo"]
    store = database.study(NAME)
    number = queue(store)
    assert [store.row.name for store in database.studies()] == ["second@demo", NAME]
    begin(database, "third@demo")
    store.outcomes(ME).finished(number, COMPLETE)
    assert [store.row.name for store in database.studies()] == ["second@demo", "third@demo", NAME]


def test_unknown_study_and_trial(database: Database) -> None:
    with pytest.raises(DatabaseError, match="no study 'other@demo'"):
        database.study("other@demo")
    with pytest.raises(DatabaseError, match="no trial 7"):
        database.study(NAME).outcomes(ME).tell(7)
    assert database.study(NAME).trials.row(7) is None


def test_nothing_is_printed_or_logged(
    fresh_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Database(fresh_url) as database:
        run_whole(begin(database), COMPLETE)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
