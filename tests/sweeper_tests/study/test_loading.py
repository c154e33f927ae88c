"""A study of many settings, arms, seeds or tasks loads in a moment (see tests/faults/loading.py)."""

from pathlib import Path

import pytest

from tests.faults.loading import CASES, Case, measured, problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_time_of_a_load_grows_as_what_there_is(case: Case, tmp_path: Path) -> None:
    assert not list(problems(measured(case, tmp_path, halvings=1)))
