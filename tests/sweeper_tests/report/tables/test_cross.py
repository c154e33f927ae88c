"""The tables of cost, of two settings, and of confirmed scores, recomputed from the rows by hand."""

from dataclasses import replace

import numpy as np
import pytest

from sweeper.report.confirmation import confirmation
from sweeper.report.document import Table
from sweeper.report.results import Results, rank_configurations
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import confirmed_table, cost_table, cross_table
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.made import PARAMS, results, row, study


def lines(table: Table) -> list[list[str]]:
    return [[cell.text for cell in line] for line in table.rows]


def trial(number: int, arm: str, level: float, **params: float) -> TrialRow:
    return row(study(), number, arm, (level,) * 3, params=PARAMS | params)


RUNS = [
    trial(0, "Baseline", 0.50, dropout=0.1, learning_rate=6e-4),
    trial(1, "Baseline", 0.60, dropout=0.1, learning_rate=9e-3),
    trial(2, "Baseline", 0.40, dropout=0.1, learning_rate=9.9e-3),
    trial(3, "S-BERT", 0.70, dropout=0.5, learning_rate=3e-3),
    row(study(), 4, "S-BERT", state=RunState.FAILED, error="boom"),
]


def test_cost_adds_up_what_each_arm_took() -> None:
    found = results(study(), RUNS)
    table = cost_table(found)
    assert table is not None
    epochs = found.trials["epochs"].tolist()
    for line, own in enumerate((RUNS[:3], RUNS[3:], RUNS)):
        numbers = [run.number for run in own]
        seconds = [run.seconds for run in own if run.seconds is not None]
        values = [cell.value for cell in table.rows[line][1:]]
        assert values[0] == len(own)
        assert values[1] == sum(epochs[number] for number in numbers)
        assert values[2] == pytest.approx(sum(seconds))
        assert values[3] == pytest.approx(np.median(seconds))
        assert values[4] == pytest.approx(sum(seconds) / values[1])
        assert values[5] == max(run.peak_memory_mb or 0.0 for run in own)
    assert [line[0] for line in lines(table)] == ["Baseline", "S-BERT", "all"]


def test_two_settings_stand_against_each_other_arm_by_arm() -> None:
    table = cross_table("learning_rate x dropout", results(study(), RUNS))
    assert [column.heading for column in table.columns] == [
        "arm",
        "learning_rate",
        "dropout 0.1",
        "dropout 0.3",
        "dropout 0.5",
    ]
    rows = lines(table)
    assert [line[0] for line in rows] == ["Baseline", "", "", "", "S-BERT", "", "", ""]
    # The demo's range is 5e-4 to 1e-2: on a logarithmic scale its quarters differ by 20 ** 0.25 = 2.115.
    assert rows[0][1] == "5e-4 to 1.06e-3"
    assert rows[0][2:] == [f"{overall_of(0)} (1)", "—", "—"]
    assert rows[3][2:] == [f"{overall_of(1)} (2)", "—", "—"]
    assert rows[6][2:] == ["—", "—", f"{overall_of(3)} (1)"]
    assert table.rows[3][2].bold
    assert table.rows[3][2].trials == (1,)
    assert not table.rows[0][2].bold


def test_choices_are_rows_as_they_are() -> None:
    table = cross_table("dropout x weight_decay", results(study(), RUNS))
    assert [line[1] for line in lines(table)[:3]] == ["0.1", "0.3", "0.5"]
    assert lines(table)[0][2:] == [f"{overall_of(1)} (3)", "—"]


def overall_of(number: int) -> str:
    return f"{(RUNS[number].scores or {})['overall']:.3f}"[1:]


def test_confirmed_scores_stand_beside_those_of_the_search() -> None:
    search = results(study(), RUNS)
    again = confirmation(study(), rank_configurations(search)[:1], 3)
    (arm,) = again.spec.arms
    levels = (0.6, 0.7, 0.5)
    runs = [
        row(again, number, arm, (level,) * 3, params={}, seed=seed)
        for number, (level, seed) in enumerate(zip(levels, again.spec.seeds, strict=True))
    ]
    confirmed = results(again, runs)
    both = replace(search, confirmation=confirmed)
    table = confirmed_table(both, Comparisons(both))
    assert table is not None
    (line,) = table.rows
    overall = np.array([(run.scores or {})["overall"] for run in runs])
    searched = (RUNS[3].scores or {})["overall"]
    assert [cell.value for cell in (*line[1:5], *line[6:8])] == pytest.approx(
        [searched, 1, overall.mean(), overall.std(ddof=1), 3, overall.mean() - searched]
    )
    assert line[0].text == "S-BERT"
    assert line[1].trials == (3,)


def test_without_a_confirmation_there_is_no_such_table() -> None:
    search: Results = results(study(), RUNS)
    assert confirmed_table(search, Comparisons(search)) is None
