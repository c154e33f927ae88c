"""A study of many settings, arms, seeds or tasks loads in a moment (see tests/faults/loading.py)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sweeper.errors import DatabaseError
from sweeper.study.load import load_study, stored_study
from sweeper.trial import StudyRow
from tests.faults.loading import CASES, Case, measured, problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_time_of_a_load_grows_as_what_there_is(case: Case, tmp_path: Path) -> None:
    assert not list(problems(measured(case, tmp_path, halvings=1)))


@pytest.mark.parametrize("kept", [1e308, [1], {"study": 1}, {"study": {"lines": [1]}, "workloads": []}])
def test_what_is_kept_of_the_files_may_be_damaged(kept: Any) -> None:
    of = load_study("quickstart")
    parts = (part.model_dump(mode="json") for part in (of.spec, of.workload))
    row = StudyRow(1, of.name, *parts, of.digest(), 1, "0", datetime.now(UTC), 1, "x")
    assert stored_study(row) == of
    with pytest.raises(DatabaseError, match="what is kept of its files is damaged"):
        stored_study(row, kept)
