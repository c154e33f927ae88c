from itertools import product
from pathlib import Path

import optuna
import pytest

from sweeper.report.figures import study_figures
from sweeper.report.figures.tradeoff import pareto_figure
from sweeper.report.results import pareto_front
from sweeper.report.tables.best import pareto_table
from sweeper.report.write import write_report
from sweeper.study.pareto import on_front
from sweeper.study.study import Study
from sweeper.trial import TrialRow

from ..made import PARAMS, results, row, store, study

SCORES = [(0.50, 0.70, 0.10), (0.40, 0.70, 0.90), (0.45, 0.70, 0.50), (0.44, 0.90, 0.40), (0.40, 0.70, 0.90)]
"""sst, para, sts: the first three are on the front of sst and sts, and so is the equal of the second."""


def several(**fields: object) -> Study:
    return study(objective=["sst", "sts"], sampler={"name": "nsga2"}, **fields)


def trials(of: Study) -> list[TrialRow]:
    rates = [1e-3, 2e-3, 3e-3, 4e-3, 5e-3]
    return [
        row(of, n, "Baseline" if n % 2 else "S-BERT", scores, params=PARAMS | {"learning_rate": rates[n]})
        for n, scores in enumerate(SCORES)
    ]


def test_the_front_holds_what_nothing_beats() -> None:
    values = [(1, 5), (2, 4), (2, 4), (2, 3), (0, 5), (3, 1), (1, 1)]
    assert on_front(values) == [True, True, True, False, False, True, False]
    assert on_front([]) == []


def test_the_front_is_that_of_every_pair_compared() -> None:
    values = [(a * 7 % 5, b * 3 % 4, (a + 2 * b) % 3) for a, b in product(range(6), repeat=2)]
    expected = [
        not any(all(x >= y for x, y in zip(other, one, strict=True)) and other != one for other in values)
        for one in values
    ]
    assert on_front(values) == expected


def test_a_report_shows_the_front_by_its_first_objective() -> None:
    of = several()
    found = results(of, trials(of))
    assert [one.numbers for one in pareto_front(found)] == [(0,), (2,), (1,), (4,)]
    table = pareto_table(found)
    assert table is not None
    assert [line[0].text for line in table.rows] == ["S-BERT", "S-BERT", "Baseline", "S-BERT"]
    headings = [column.heading for column in table.columns]
    assert [line[headings.index("sts")].text for line in table.rows] == [".100", ".500", ".900", ".900"]
    assert [line[headings.index("learning_rate")].text for line in table.rows][:2] == ["1e-3", "3e-3"]
    (panel,) = pareto_figure(found).panels
    rings = panel.drawing.data[0]
    assert list(zip(rings.x, rings.y, strict=True)) == [(0.5, 0.1), (0.45, 0.5), (0.4, 0.9), (0.4, 0.9)]


def test_a_seed_to_come_keeps_a_lucky_one_off_the_front() -> None:
    of = several(seeds=[1, 2])
    twice = [row(of, n, "S-BERT", (0.4, 0.7, 0.4), seed=n + 1) for n in range(2)]
    lucky = row(of, 2, "S-BERT", (0.9, 0.7, 0.9), seed=1, params=PARAMS | {"dropout": 0.5})
    assert [one.numbers for one in pareto_front(results(of, [*twice, lucky]))] == [(0, 1)]


def test_with_one_objective_there_is_no_front() -> None:
    found = results(study(), trials(study()))
    assert pareto_table(found) is None
    assert "pareto" not in [figure.key for figure in study_figures(found)]


def test_what_a_study_says_is_escaped(tmp_path: Path) -> None:
    arm = "<script>alert(1)</script>"
    of = several(arms={arm: {}})
    with store(tmp_path, of, [row(of, 0, arm, SCORES[0])]) as database:
        write_report(database, of.name, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "Pareto front" in page
    assert arm not in page
    assert "Pareto front" in (tmp_path / "report" / "tables.md").read_text(encoding="utf-8")


def test_optuna_knows_the_objectives_and_finds_the_same_front(tmp_path: Path) -> None:
    of = several()
    store(tmp_path, of, trials(of)).close()
    found = optuna.load_study(study_name=of.name, storage=f"sqlite:///{tmp_path}/studies.db")
    assert [direction.name for direction in found.directions] == ["MAXIMIZE", "MAXIMIZE"]
    assert [trial.values for trial in found.trials] == [[sst, pytest.approx(sts)] for sst, _, sts in SCORES]
    assert sorted(trial.number for trial in found.best_trials) == [0, 1, 2, 4]
