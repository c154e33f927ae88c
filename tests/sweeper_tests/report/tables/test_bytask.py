"""What declared pairs amount to task by task: SciPy's and statsmodels' numbers, from made predictions."""

from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from model.predictions import Predictions
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables.bytask import by_task_table
from tests.sweeper_tests.golden import scores as scored

TASKS = ("sst", "para", "sts")


def rows(results: Results) -> dict[tuple[str, str], dict[str, str | float | None]]:
    """The table, by arm and task: text of words and intervals, value of numbers."""
    table = by_task_table(Comparisons(results))
    assert table is not None
    headings = [column.heading for column in table.columns]
    lines = [dict(zip(headings, row, strict=True)) for row in table.rows]
    return {
        (line["arm"].text, line["task"].text): {
            name: cell.text if cell.value is None else cell.value for name, cell in line.items()
        }
        for line in lines
    }


def test_each_pair_and_task_has_its_own_numbers_adjusted_as_a_family_of_all(made: Results) -> None:
    found = rows(replace(made, pairs=(("B", "A"), ("C", "B"))))
    assert [*found] == [(arm, name) for arm in "BC" for name in TASKS]
    numbers = {one.arm: one.numbers for one in made.configurations}
    for (arm, name), row in found.items():
        ours, theirs = (
            [scored(made.predictions(number) or {})[TASKS.index(name)] for number in numbers[side]]
            for side in (arm, row["against"])
        )
        assert row["difference"] == pytest.approx(fmean(ours) - fmean(theirs))
        assert row["p seeds"] == pytest.approx(stats.ttest_rel(ours, theirs).pvalue)
    larger = [max(row["p rows"], row["p seeds"]) for row in found.values()]
    adjusted = multipletests(larger, method="holm")[1]
    assert [row["p Holm"] for row in found.values()] == pytest.approx(adjusted)
    for row, p in zip(found.values(), adjusted, strict=True):
        won = "better" if row["difference"] > 0 else "worse"
        assert row["verdict"] == (won if p < 0.05 else "not told apart")
    assert {"better", "not told apart"} <= {row["verdict"] for row in found.values()}


def test_of_an_error_the_lower_is_better(made: Results) -> None:
    before = next(key for key, row in rows(made).items() if row["verdict"] == "better")
    task = made.tasks[before[1]].model_copy(update={"metric": "mse"})
    after = rows(replace(made, tasks={**made.tasks, before[1]: task}))[before]
    assert (after["difference"] < 0) == (after["verdict"] == "better")


def test_where_all_seeds_give_the_same_difference_no_power_is_told(made: Results) -> None:
    """At each seed B is right on the same 15 rows more; the scores of both vary, and are of other rows."""
    numbers = {one.arm: one.numbers for one in made.configurations}
    of = dict(zip(numbers["B"], numbers["A"], strict=True))

    def read(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(of.get(number, number)) or {})
        if number in of:
            sst = found["sst"]
            wrong = np.flatnonzero(sst.predicted != sst.labels)[:15]
            predicted = sst.predicted.copy()
            predicted[wrong] = sst.labels[wrong]
            found["sst"] = replace(sst, predicted=predicted)
        return found

    scores = [scored(read(number)) for number in made.trials["number"]]
    columns = dict(zip(TASKS, zip(*scores, strict=True), strict=True))
    trials = made.trials.assign(**columns)
    trials["overall"] = (trials["sst"] + trials["para"] + (trials["sts"] + 1) / 2) / 3
    level = replace(made, trials=trials, predictions=read, pairs=(("B", "A"),))
    row = rows(level)["B", "sst"]
    assert (row["difference"], row["p seeds"]) == (pytest.approx(15 / 400), 0.25)
    assert (row["verdict"], row["could tell apart"], row["half of it needs"]) == ("not told apart", "—", "—")
    (each,) = Comparisons(level).declared
    assert (each.gaps["overall"].p_seeds, each.detectable) == (0.25, None)


def test_single_seeds_have_no_table(made: Results) -> None:
    first = made.trials.groupby("arm").head(1)
    assert by_task_table(Comparisons(replace(made, trials=first))) is None
