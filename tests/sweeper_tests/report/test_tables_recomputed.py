"""The numbers of the report, computed again from the rows of the database with SQL, NumPy and SciPy."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy import stats

from sweeper.report.document import Table
from sweeper.report.selection import Selection
from sweeper.report.write import write_report
from sweeper.store.database import Database
from tests.sweeper_tests.golden import ARMS, write_golden

SCORES = ("overall", "sst", "para", "sts")
PAPER = Path(__file__).parents[3] / "sweeper" / "report" / "published.yaml"
PATHS = {
    "sst_head": "$.tasks.sst.head",
    "paraphrase_head": "$.tasks.para.head",
    "sts_head": "$.tasks.sts.head",
    "sts_loss": "$.tasks.sts.loss",
}
QUERY = """
SELECT run.number, arm, state, seed, attempts, seconds, best_epoch, params, configuration,
  (sst.value + para.value + (sts.value + 1) / 2) / 3 AS overall,
  sst.value AS sst, para.value AS para, sts.value AS sts
FROM run
LEFT JOIN epoch_metric AS sst ON sst.run_id = run.id AND sst.epoch = best_epoch
  AND sst.split = 'dev' AND sst.task = 'sst' AND sst.metric = 'accuracy'
LEFT JOIN epoch_metric AS para ON para.run_id = run.id AND para.epoch = best_epoch
  AND para.split = 'dev' AND para.task = 'para' AND para.metric = 'accuracy'
LEFT JOIN epoch_metric AS sts ON sts.run_id = run.id AND sts.epoch = best_epoch
  AND sts.split = 'dev' AND sts.task = 'sts' AND sts.metric = 'pearson'
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recomputed")
    write_golden(folder)
    return folder


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, Table]:
    keys = ("arms", "best", "trials", *(f"table{number}" for number in range(1, 8)))
    with Database(f"sqlite:///{folder}/studies.db") as database:
        report = write_report(database, "golden@demo", folder / "again", selection=Selection(keys))
    return {table.key: table for table in report.shown.tables}


@pytest.fixture(scope="module")
def rows(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "studies.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def select(rows: sqlite3.Connection, where: str, *values: Any) -> list[sqlite3.Row]:
    return rows.execute(f"{QUERY} WHERE {where} ORDER BY number", values).fetchall()


def numbers(table: Table, place: int) -> dict[str, float | None]:
    """The numbers in the columns of numbers of a row, by heading."""
    return {
        column.heading: cell.number
        for column, cell in zip(table.columns, table.rows[place], strict=True)
        if column.numeric
    }


def approximately(expected: dict[str, Any]) -> Any:
    """Equal to 1e-12, and nothing left out."""
    return {
        name: None if value is None else pytest.approx(value, abs=1e-12, rel=0)
        for name, value in expected.items()
    }


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_of_arms(tables: dict[str, Table], rows: sqlite3.Connection, arm: str) -> None:
    place = list(ARMS).index(arm)
    complete = select(rows, "arm = ? AND state = 'complete'", arm)
    overall = np.array([row["overall"] for row in complete])
    best = complete[int(np.argmax(overall))]
    expected = {
        "complete": len(complete),
        "failed": len(select(rows, "arm = ? AND state = 'failed'", arm)),
        **{name: best[name] for name in SCORES},
        "mean ± sd": np.mean(overall),
        "trial": best["number"],
    }
    assert numbers(tables["arms"], place) == approximately(expected)
    shown = next(cell.text for cell in tables["arms"].rows[place] if "±" in cell.text and cell.value)
    assert shown == f"{np.mean(overall):.3f} ± {np.std(overall, ddof=1):.3f}".replace("0.", ".")


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_of_the_best_configurations(
    tables: dict[str, Table], rows: sqlite3.Connection, arm: str
) -> None:
    groups: dict[str, list[sqlite3.Row]] = {}
    for row in select(rows, "arm = ? AND state = 'complete'", arm):
        groups.setdefault(row["params"], []).append(row)
    whole = [group for group in groups.values() if len(group) == max(map(len, groups.values()))]
    best = max(whole, key=lambda group: float(np.mean([row["overall"] for row in group])))
    overall = np.array([row["overall"] for row in best])
    expected = {
        "seeds": len(best),
        **{name: np.mean([row[name] for row in best]) for name in SCORES},
        "se": np.std(overall, ddof=1) / np.sqrt(len(best)),
    }
    place = list(ARMS).index(arm)
    found = numbers(tables["best"], place)
    assert (found.pop("95 %, dev rows"), found.pop("95 %, seeds")) == (None, None)
    assert found == approximately(expected)
    assert tables["best"].rows[place][-1].trials == tuple(row["number"] for row in best)
    cells = zip(tables["best"].columns, tables["best"].rows[place], strict=True)
    text = {column.heading: cell.text for column, cell in cells}
    low, high = stats.t.interval(0.95, len(best) - 1, np.mean(overall), expected["se"])
    assert text["95 %, seeds"] == f"{low:.3f} to {high:.3f}".replace("0.", ".")
    for name, value in json.loads(best[0]["params"]).items():
        assert text[name] == value if isinstance(value, str) else float(text[name]) == value


def test_the_papers_tables(tables: dict[str, Table], rows: sqlite3.Connection) -> None:
    filled = 0
    for key, published in yaml.safe_load(PAPER.read_text(encoding="utf-8")).items():
        for place, printed in enumerate(published["rows"]):
            wanted = published["match"] | printed.get("match", {})
            paths = [PATHS.get(name, f"$.{name}") for name in wanted]
            same = " AND ".join(["json_extract(config, ?) = ?"] * len(wanted))
            values = [value for pair in zip(paths, wanted.values(), strict=True) for value in pair]
            found = select(rows, f"state = 'complete' AND {same}", *values)
            best = max(found, key=lambda row: row["overall"], default=None)
            ours = {name: best and best[name] for name in SCORES}
            there = {name: float(printed[name]) for name in SCORES}
            gaps = {name: best and best[name] - there[name] for name in SCORES}
            lines = [numbers(tables[key], 3 * place + line) for line in range(3)]
            assert lines[0] == approximately({**ours, "trial": best and best["number"]})
            assert lines[1] == approximately({**there, "trial": None})
            assert lines[2] == approximately({**gaps, "trial": None})
            filled += best is not None
    assert filled == 12


def test_the_table_of_all_trials(tables: dict[str, Table], rows: sqlite3.Connection) -> None:
    found = select(rows, "true")
    assert len(found) == len(tables["trials"].rows) == 60
    for place, row in enumerate(found):
        expected = {
            "trial": row["number"],
            "seed": row["seed"],
            **{name: row[name] for name in SCORES},
            "best epoch": row["best_epoch"],
            "time": row["seconds"],
        }
        assert numbers(tables["trials"], place) == approximately(expected)
        texts = [cell.text for cell in tables["trials"].rows[place]]
        assert texts[1:3] == [row["arm"], row["state"]]
