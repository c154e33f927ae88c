"""`sweeper report A B`: one report of two studies that ran."""

import csv
import io
import json
from pathlib import Path

from sweeper.report.several.write import several_folder
from tests.sweeper_tests.typed import Command, refused

RUN = ("--executor", "inline", "--trials", "2", "--name")


def test_two_studies_have_one_report(sweeper: Command, folder: Path) -> None:
    for name in ("one", "other"):
        assert sweeper("run", "mine", *RUN, name).code == 0
    said = sweeper("report", "one", "other", "--table", "arms", "--format", "csv")
    assert said.code == 0
    place = folder / "reports/one@small+other@small"
    assert f"Report: reports/{place.name}/index.html" in said.err
    arms = [row for row in csv.DictReader(io.StringIO(said.out)) if row["table"] == "arms"]
    assert {row["study"] for row in arms if row.get("study")} <= {"one@small", "other@small"}
    assert sorted(path.name for path in place.iterdir()) == [
        ".study",
        *("index.html", "tables.csv", "tables.json", "tables.md", "tables.tex", "trials.csv"),
    ]
    trials = list(csv.DictReader(io.StringIO((place / "trials.csv").read_text())))
    assert [(row["study"], row["trial"], row["number"]) for row in trials] == [
        ("one@small", "0", "0"),
        ("one@small", "1", "1"),
        ("other@small", "0", "2"),
        ("other@small", "1", "3"),
    ]
    # The same study under two names: the same scores at the same seeds, and no difference to be told.
    assert [row["overall"] for row in trials[:2]] == [row["overall"] for row in trials[2:]]
    tables = {table["key"]: table for table in json.loads((place / "tables.json").read_text())["tables"]}
    assert "differences" not in tables
    assert [row[0] for row in tables["arms"]["text"]] if "text" in tables["arms"] else tables["arms"]
    page = (place / "index.html").read_text()
    assert "one@small + other@small" in page and "other@small: Commands" in page
    assert "Trials are numbered through: one@small from 0, other@small from 2." in page
    assert "named more than once" in refused(sweeper, "report", "one", "one@small")
    assert "'nosuch' has never run" in refused(sweeper, "report", "one", "nosuch")


def test_a_name_that_no_folder_can_have_is_made_short() -> None:
    names = [f"{'x' * 90}{number}@demo" for number in range(4)]
    found = several_folder(names)
    assert found.startswith(f"{names[0]}+3-") and len(found) < 200
    assert several_folder(names[:1] + names[2:]) != found
    assert several_folder(["a@x", "b@x"]) == "a@x+b@x"
