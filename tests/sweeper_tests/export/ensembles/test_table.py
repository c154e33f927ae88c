"""The table of ensembles: its figures computed once more from the files, and its place in a report."""

import json

import pytest

from sweeper.export.ensembles.halves import halve, rows_at
from sweeper.export.ensembles.table import ensembles_table
from sweeper.report.document import Table
from sweeper.store.database import Database
from tests.sweeper_tests.export.ensembles.drawn import (
    STUDY,
    TASKS,
    Left,
    drawn,
    peer_ensemble,
    peer_scores,
    stored,
)
from tests.sweeper_tests.typed import Command, refused


def made(left: Left) -> Table:
    with Database(left.url) as database:
        store = database.find(STUDY.name)
        assert store is not None
        return ensembles_table(store, left.home)


def test_each_ensemble_stands_above_the_best_single_trial_on_the_same_rows(left: Left) -> None:
    table = made(left)
    headings = [column.heading for column in table.columns]
    pairs = [(line, single) for line, single in zip(table.rows[::2], table.rows[1::2], strict=True)]
    named = [line[0].text for line, _ in pairs if "test" not in line[0].text]
    assert named == ["ensemble: the 3 best", "ensemble: all seeds of the best", "ensemble: greedy"]
    for line, single in pairs:
        if "greedy" in line[0].text or "test" in line[0].text:  # whose picks may count more than once
            continue
        members, alone = line[-1].trials, single[-1].trials
        runs = [stored(left, number) for number in members]
        scoring = halve(TASKS, runs[0], STUDY.spec.sampler.seed).scoring
        both = [
            peer_scores(rows_at(run, scoring))
            for run in (peer_ensemble(runs, [1] * len(runs)), stored(left, alone[0]))
        ]
        for row, scores in zip((line, single), both, strict=True):
            for name, value in scores.items():
                assert row[headings.index(name)].value == pytest.approx(value, abs=1e-9)
        gap = both[0]["overall"] - both[1]["overall"]
        assert line[headings.index("difference")].value == pytest.approx(gap, abs=1e-9)
    assert not any(cell.bold for row in table.rows for cell in row)


def test_test_rows_of_some_tasks_have_no_overall(left: Left) -> None:
    """As own code may leave them, which scores test rows of one task alone."""
    for number in range(6):
        left.add_test(number, {"sst": drawn(number, "test")["sst"]})
    table = made(left)
    headings = [column.heading for column in table.columns]
    tests = [at for at, line in enumerate(table.rows) if "test" in line[0].text]
    assert len(tests) == 3
    for row in (table.rows[at + more] for at in tests for more in (0, 1)):
        assert row[headings.index("overall")].text == "—"
        assert row[headings.index("sst")].value is not None
        assert row[headings.index("p rows")].text in ("—", "")


def test_a_report_has_it_where_it_is_asked_for(
    left: Left, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in left.environment.items():
        monkeypatch.setenv(name, value)
    said = sweeper("report", "--ensembles", "--table", "ensembles", "--json")
    assert [table["key"] for table in json.loads(said.out)["tables"]] == ["ensembles"]
    left.run(1).predictions.unlink()
    assert "Not used: trial 1 is left out: no stored predictions." in made(left).notes
    for number in range(2, 6):
        left.run(number).predictions.unlink()
    wrong = refused(sweeper, "report", "--ensembles")
    assert "--ensembles: study 'made@demo' has 1 network with stored predictions" in wrong
    assert "(trials 1–5 are left out: no stored predictions)" in wrong
    assert "no table of" in refused(sweeper, "report", "--table", "ensembles")
