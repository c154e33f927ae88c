"""The tables of cost, of two settings, and of confirmed scores, recomputed from the rows by hand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from sweeper.report.confirmation import as_arms, confirmation
from sweeper.report.document import Table
from sweeper.report.results import Results, rank_configurations
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import confirmed_table, cost_table, cross_table
from sweeper.report.tables.trials import trials_table
from sweeper.text import NONE
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.made import PARAMS, results, row, study


def lines(table: Table) -> list[list[str]]:
    return [[cell.text for cell in line] for line in table.rows]


def trial(number: int, arm: str, level: float, **params: float) -> TrialRow:
    """One that took more of the processor the later it came; number 1 ended when number 2 had begun."""
    made = row(study(), number, arm, (level,) * 3, params=PARAMS | params)
    cost = replace(made, processor_seconds=20.5 + number, step_seconds=0.03 + 0.005 * number, machine="m")
    late = timedelta(seconds=60) if number == 1 else timedelta()
    return replace(cost, finished=cost.finished and cost.finished + late)


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
        assert values[5] == pytest.approx(sum(run.processor_seconds or 0.0 for run in own))
        assert values[6] == pytest.approx(np.median([run.step_seconds for run in own if run.step_seconds]))
        assert values[7] == max(run.peak_memory_mb or 0.0 for run in own)
    assert [line[0] for line in lines(table)] == ["Baseline", "S-BERT", "all"]
    assert "2 of 4 trials ran side by side with others on one machine" in table.notes[0]
    # Before it was recorded, and where it is known of some trials only, there is no sum.
    older = [replace(run, processor_seconds=None, step_seconds=None, machine=None) for run in RUNS[:3]]
    table = cost_table(results(study(), [*older, *RUNS[3:]]))
    assert table is not None
    assert [line[6:8] for line in lines(table)] == [[NONE, NONE], ["24 s", "45 ms"], [NONE, "45 ms"]]


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


def test_each_choice_is_a_row_however_many_there_are_and_however_alike() -> None:
    decays = [0.01 * place for place in range(8)] + [0.1234567, 0.1234568]
    of = study(space={"weight_decay": decays, "dropout": [0.1, 0.3]}, tables=["weight_decay x dropout"])
    runs = [
        row(of, number, "Baseline", (0.1 * number + 0.1,) * 3, params={"weight_decay": decay, "dropout": 0.1})
        for number, decay in enumerate(decays[-3:])
    ]
    rows = lines(cross_table("weight_decay x dropout", results(of, runs)))[:10]
    assert [line[1] for line in rows[6:]] == ["0.06", "0.07", "0.1234567", "0.1234568"]
    assert [line[2] == NONE for line in rows] == [True] * 7 + [False] * 3
    assert all(line[2].endswith(" (1)") for line in rows[7:])


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


def test_a_value_is_confirmed_in_the_spelling_of_the_search() -> None:
    """Versions up to 1.0.0 recorded 0.30000000000000004 where the search now reads 0.3."""
    of = study(space={"dropout": {"low": 0.1, "high": 0.5, "step": 0.1}})
    search = results(of, [row(of, 0, "S-BERT", (0.5,) * 3, params={"dropout": 0.1 + 2 * 0.1})])
    again = confirmation(of, rank_configurations(search), 2)
    (arm,) = again.spec.arms
    runs = [row(again, n, arm, (0.6,) * 3, params={}, seed=seed) for n, seed in enumerate(again.spec.seeds)]
    both = replace(search, confirmation=results(again, runs))
    table = confirmed_table(both, Comparisons(both))
    assert table is not None
    assert [(line[0].text, line[6].value) for line in table.rows] == [("S-BERT", 2)]


def test_without_a_confirmation_there_is_no_such_table() -> None:
    search: Results = results(study(), RUNS)
    assert confirmed_table(search, Comparisons(search)) is None


def test_a_halved_micro_batch_takes_no_fresh_seed_away() -> None:
    """A step is what it was: what memory there was says nothing of the configuration."""
    search = results(study(), RUNS)
    again = confirmation(study(), rank_configurations(search)[:1], 3)
    (arm,) = again.spec.arms
    runs = [row(again, n, arm, (0.6,) * 3, params={}, seed=seed) for n, seed in enumerate(again.spec.seeds)]
    config = runs[1].config
    halved = replace(runs[1], halvings=1, config={**config, "accumulation": 2 * config["accumulation"]})
    both = replace(search, confirmation=results(again, [runs[0], halved, runs[2]]))
    table = confirmed_table(both, Comparisons(both))
    assert table is not None
    assert [line[6].value for line in table.rows] == [3]


def test_two_arms_of_one_configuration_have_their_own_fresh_seeds() -> None:
    of = study(arms={"A": {}, "B": {"weight_decay": 0.01}}, base={"weight_decay": 0.01}, space={})
    search = results(of, [row(of, n, arm, (0.5,) * 3, params={}) for n, arm in enumerate(("A", "B"))])
    again = confirmation(of, rank_configurations(search), 2)
    pairs = [(arm, seed) for arm in again.spec.arms for seed in again.spec.seeds]
    runs = [row(again, n, arm, (0.5,) * 3, params={}, seed=seed) for n, (arm, seed) in enumerate(pairs)]
    for confirmed in (results(again, runs), as_arms(results(again, runs), of.spec.pairs)):
        both = replace(search, confirmation=confirmed)
        table = confirmed_table(both, Comparisons(both))
        assert table is not None
        assert [(line[0].text, line[6].value) for line in table.rows] == [("A", 2), ("B", 2)]


def test_time_per_epoch_is_of_trials_whose_time_is_known() -> None:
    runs = [row(study(), n, "S-BERT", (0.5,) * 3) for n in (0, 1)]
    runs.append(row(study(), 2, "S-BERT", None, state=RunState.RUNNING))
    found = results(study(), runs)
    table = cost_table(replace(found, trials=found.trials.assign(epochs=[3, 3, 8])))
    assert table is not None
    line = next(line for line in table.rows if line[0].text == "S-BERT")
    assert [line[2].value, line[5].value] == [14, pytest.approx(25 / 6)]


def test_of_all_trials_the_best_overall_is_bold_and_no_task_with_it() -> None:
    runs = [row(study(), 0, "S-BERT", (0.5, 0.9, 0.5)), row(study(), 1, "S-BERT", (0.6, 0.5, 0.5))]
    table = trials_table(results(study(), runs))
    bold = [(line[0].text, place) for line in table.rows for place, cell in enumerate(line) if cell.bold]
    assert bold == [("0", 4)]


def test_scores_on_test_rows_are_those_of_each_best_epoch() -> None:
    of = study(space={}, seeds=[1])
    search = results(of, [row(of, 0, "S-BERT", (0.5,) * 3, params={}, seed=1)])
    again = confirmation(of, rank_configurations(search), 2)
    (arm,) = again.spec.arms
    runs = [row(again, n, arm, (0.6,) * 3, params={}, seed=seed) for n, seed in enumerate(again.spec.seeds)]
    assert {run.best_epoch for run in runs} == {2}
    names = {name: task.metric for name, task in of.tasks.items()} | {"overall": "overall"}
    scored = {(0, 1): 0.2, (0, 2): 0.4, (1, 1): 0.3, (1, 2): 0.6}
    metrics = [
        (number, arm, epoch, "test", task, name, value + (task == "sst") / 100)
        for (number, epoch), value in scored.items()
        for task, name in names.items()
    ]
    both = replace(search, confirmation=results(again, runs, metrics=metrics))
    table = confirmed_table(both, Comparisons(both))
    assert table is not None
    ((*cells,),) = table.rows
    found = dict(
        zip((column.heading for column in table.columns), (cell.value for cell in cells), strict=True)
    )
    assert (found["test overall"], found["test sst"]) == (pytest.approx(0.5), pytest.approx(0.51))
