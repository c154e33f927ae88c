"""Damages cells of a database, and has commands read it: one line, or an answer that names what it left out.

    python -m tests.faults.cells --cases 500

Prints what went wrong, and how many cases there were; the exit code is 1 if anything did.
"""

import argparse
import contextlib
import io
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sweeper.cli import main
from sweeper.store.tables import metadata
from tests.sweeper_tests.typed import SMALL, STUDY, write

READING = (
    *(
        "list",
        "status mine",
        "show mine 0",
        "show mine 0 --json",
        "report mine",
        "best mine",
        "diff mine 0 1",
    ),
    *("export mine --trials x.csv", "export mine --trials x.json"),
)
WRITING = (
    "run mine --trials 4 --executor inline",
    "resume mine --executor inline",
    "retry mine",
    "confirm mine --seeds 1",
)
DAMAGES: tuple[object, ...] = (
    *(
        "",
        "abc",
        "{",
        "[1]",
        '{"a": 1}',
        '{"overall": "x", "tasks": 5}',
        "null",
        "2026-99-99",
        "\x1b[31m",
        "../x",
    ),
    *(-1, 0, 5, 2**31, 2**63 - 1, -(2**63), 1e308, float("inf"), b"\xff\x00", None),
)
"""What is put in a cell; the last but one is no UTF-8 where it is taken for text."""

ENDLESS = (2**31, 2**63 - 1)
"""Of these, what asks for as many trials, as a user may: they would be trained."""


def begin() -> Path:
    """Runs a study of three trials in the working folder; returns its database."""
    write(Path("studies/mine.yaml"), STUDY)
    write(Path("studies/workloads/small.yaml"), SMALL)
    code, said = typed("run mine --trials 3 --executor inline")
    assert code == 0, said
    return Path(".sweeper/studies.db")


def damage(file: Path, table: str, column: str, value: object) -> bool:
    """Damages a cell of the first row; whether the database takes that."""
    first = f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})"  # noqa: S608
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        try:
            connection.execute(first, (value,))
        except sqlite3.IntegrityError:
            return False
    return True


def typed(command: str) -> tuple[object, str]:
    """Types a command; returns its exit code, and all that it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(command.split())
        except SystemExit as ended:
            return ended.code, said.getvalue()


def wrong(made: Path, cases: int, seed: int, commands: tuple[str, ...]) -> Iterator[str]:
    """Cases that end otherwise than they should.

    Args:
        made: What `begin` returned.
        cases: How many are tried.
        seed: Of the choice of cells, damages and commands.
        commands: What is typed.
    """
    cells = [(table.name, column.name) for table in metadata.sorted_tables for column in table.columns]
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "studies.db"
        for _ in range(cases):
            (table, column), value = chance.choice(cells), chance.choice(DAMAGES)
            shutil.copy(made, file)
            if damage(file, table, column, value):
                command = chance.choice(commands)
                if command in WRITING and column == "wanted" and value in ENDLESS:
                    continue
                code, said = typed(f"{command} --storage sqlite:///{file}")
                traced = "Traceback" in said or "did not foresee" in said or "\x1b" in said
                if traced or code not in (0, 1, 2) or (code == 2 and said.count("Error: ") != 1):
                    yield f"{command}: {table}.{column} = {value!r}: exit code {code}: {said[-600:]}"


def _main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, default=500)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        found = list(wrong(begin(), given.cases, given.seed, (*READING, *WRITING)))
        os.chdir("/")
    print("\n\n".join([*found, f"{given.cases} cases, {len(found)} wrong"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(_main())
