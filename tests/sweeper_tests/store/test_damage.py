"""Cells of a database that somebody has damaged: no traceback, and what is left out is named."""

import html
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.cells import READING, begin, damage, typed, wrong

TOO_DEEP = "[" * 100_000
"""JSON that Python cannot read: a RecursionError."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("made"))
        for name in ("SWEEPER_HOME", "SWEEPER_DATA", "SWEEPER_STORAGE"):
            patch.delenv(name, raising=False)
        yield begin().resolve()


def test_no_damaged_cell_ends_in_a_traceback(made: Path) -> None:
    assert list(wrong(made, cases=40, seed=0, commands=READING)) == []


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("state", "dancing", "its state is none that this version knows"),
        ("params", "{", "its params is no JSON"),
        ("scores", '{"overall": "x"}', "its scores cannot be {'overall': 'x'}"),
        ("created", "never", "its created is damaged"),
        ("seed", "abc", "its seed cannot be 'abc'"),
    ],
)
def test_a_damaged_trial_is_named_and_the_others_are_told(
    column: str, value: str, said: str, made: Path, tmp_path: Path
) -> None:
    file = tmp_path / "studies.db"
    shutil.copy(made, file)
    assert damage(file, "run", column, value)
    named = f"sqlite:///{file}: trial 0 of study 'mine@small' cannot be read: {said}\n"
    storage = f" --storage sqlite:///{file}"
    code, told = typed(f"report mine --format csv --table trials{storage}")
    assert code == 0
    assert f"Left out: {named}" in told
    warning = named.removeprefix(f"sqlite:///{file}: ").rstrip("\n")
    page = html.unescape(Path("reports/mine@small/index.html").read_text(encoding="utf-8"))
    assert f"Left out: {warning}." in page
    assert {line.split(",")[3] for line in told.splitlines() if ",trial," in line} == {"1", "2"}
    assert typed(f"show mine 0{storage}") == (2, f"Error: {named}")
    if column in ("state", "params", "scores"):  # what the search must know
        code, told = typed(f"run mine --trials 4 --executor inline{storage}")
        assert (code, told.count("Error: ")) == (2, 1)
        assert told.endswith(f"Error: {named}")


def test_a_trial_of_no_arm_and_a_result_of_no_trial_cost_only_themselves(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    shutil.copy(made, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE run SET arm = char(27) || 'x' WHERE number = 0")
        connection.execute("UPDATE run SET reused_from = 999 WHERE number = 1")
    code, told = typed(f"report mine --format csv --table trials --storage sqlite:///{file}")
    assert code == 0
    assert r"trial 0 of study 'mine@small' cannot be used: the study has no arm '\x1bx'" in told
    assert {line.split(",")[3] for line in told.splitlines() if ",trial," in line} == {"1", "2"}
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE sweep SET study = ?", (TOO_DEEP,))
    code, told = typed(f"status --storage sqlite:///{file}")
    assert (code, told.splitlines()[-1]) == (2, "Error: no study here can be read")


@pytest.mark.parametrize(
    ("content", "wrong"), [(TOO_DEEP, "is damaged"), ('{"rows": 1}', "cannot be {'rows': 1}")]
)
def test_what_is_kept_of_the_inputs_costs_only_itself(
    made: Path, tmp_path: Path, content: str, wrong: str
) -> None:
    file = tmp_path / "studies.db"
    shutil.copy(made, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute("UPDATE provenance SET content = ?", (content,)).rowcount > 1
    code, told = typed(f"report mine --storage sqlite:///{file}")
    assert code == 0
    assert f"what is kept of the inputs of study 'mine@small' cannot be read: its content {wrong}" in told
    assert typed(f"show mine 0 --storage sqlite:///{file}")[0] == 0
    checklist = Path("reports/mine@small/checklist.md").read_text(encoding="utf-8")
    assert "- Parameters: not recorded" in checklist
