"""Five seconds of ``tests/faults/mutations.py``."""

import contextlib
from pathlib import Path
from random import Random

import pytest

from tests.faults.mutations import Place, mutate

KINDS = ("study", "data", "predictions")
VARIABLES = ("SWEEPER_HOME", "SWEEPER_DATA", "COLUMNS", "PYTHONPATH")


def test_what_is_changed_by_chance_gives_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # which puts back what was there
    with contextlib.chdir(tmp_path):
        counts, found = mutate(Place(tmp_path, Random(0), KINDS), KINDS, seconds=5)
    assert not found
    assert set(counts) == set(KINDS)
