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
    with Database(f"sqlite:///{folder}/studies.db") as database:
        report = write_report(database, "golden@demo", folder / "again")
        trials = write_report(database, "golden@demo", folder / "again", selection=Selection(("trials",)))
    return {table.key: table for table in (*report.shown.tables, *trials.shown.tables)}


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


def best_of(complete: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """The trials of the configuration with the highest mean, of those with as many seeds as any."""
    groups: dict[tuple[str, str], list[sqlite3.Row]] = {}
    for row in complete:
        groups.setdefault((row["arm"], row["params"]), []).append(row)
    whole = [group for group in groups.values() if len(group) == max(map(len, groups.values()))]
    return max(whole, key=lambda group: float(np.mean([row["overall"] for row in group])))


def means(best: list[sqlite3.Row]) -> dict[str, Any]:
    return {name: np.mean([row[name] for row in best]) for name in SCORES}


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_of_arms(tables: dict[str, Table], rows: sqlite3.Connection, arm: str) -> None:
    place = list(ARMS).index(arm)
    complete = select(rows, "arm = ? AND state = 'complete'", arm)
    overall = np.array([row["overall"] for row in complete])
    best = best_of(complete)
    expected = {
        "complete": len(complete),
        "failed": len(select(rows, "arm = ? AND state = 'failed'", arm)),
        **means(best),
        "seeds": len(best),
        "mean ± sd": np.mean(overall),
    }
    assert numbers(tables["arms"], place) == approximately(expected)
    shown = next(cell.text for cell in tables["arms"].rows[place] if "±" in cell.text and cell.value)
    assert shown == f"{np.mean(overall):.3f} ± {np.std(overall, ddof=1):.3f}".replace("0.", ".")


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_of_the_best_configurations(
    tables: dict[str, Table], rows: sqlite3.Connection, arm: str
) -> None:
    best = best_of(select(rows, "arm = ? AND state = 'complete'", arm))
    overall = np.array([row["overall"] for row in best])
    expected = {"seeds": len(best), **means(best), "se": np.std(overall, ddof=1) / np.sqrt(len(best))}
    place = list(ARMS).index(arm)
    found = numbers(tables["best"], place)
    assert found.pop("95 %") is None
    assert found == approximately(expected)
    assert tables["best"].rows[place][-1].trials == tuple(row["number"] for row in best)
    cells = zip(tables["best"].columns, tables["best"].rows[place], strict=True)
    text = {column.heading: cell.text for column, cell in cells}
    for name, value in json.loads(best[0]["params"]).items():
        assert text[name] == value if isinstance(value, str) else float(text[name]) == value


OF_THE_HEAD = {"tasks.para.concatenation": "uv_absdiff", "tasks.para.head_layers": 0}
"""What the S-BERT head does where a trial leaves it open."""


def test_the_papers_tables(tables: dict[str, Table], rows: sqlite3.Connection) -> None:
    filled = 0
    for key, published in yaml.safe_load(PAPER.read_text(encoding="utf-8")).items():
        ran = []
        for printed in published["rows"]:
            wanted = published["match"] | printed.get("match", {})
            paths = [PATHS.get(name, f"$.{name}") for name in wanted]
            same = " AND ".join(["coalesce(json_extract(config, ?), ?) = ?"] * len(wanted))
            triples = zip(paths, map(OF_THE_HEAD.get, wanted), wanted.values(), strict=True)
            values = [value for triple in triples for value in triple]
            found = select(rows, f"state = 'complete' AND {same}", *values)
            if found:
                ran.append((printed, best_of(found)))
        assert (key in tables) == (len(ran) >= min(2, len(published["rows"]))), key
        for place, (printed, best) in enumerate(ran if key in tables else []):
            lines = [numbers(tables[key], 2 * place + line) for line in range(2)]
            assert lines[0] == approximately({**means(best), "seeds": len(best)})
            there = {name: float(printed["scores"][name]) for name in SCORES}
            assert lines[1] == approximately({**there, "seeds": None})
            filled += 1
    assert filled == 11


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
