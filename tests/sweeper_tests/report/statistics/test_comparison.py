"""Arms against each other, from made predictions: the numbers are those of SciPy and statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from model.predictions import Predictions
from model.tasks import overall_score
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.groups import LEAST_ROWS, largest_gaps, score_groups
from sweeper.report.statistics.paired import Verdict
from sweeper.report.tables import best_table, comparisons_table, groups_table, study_tables
from tests.sweeper_tests.golden import scores as scored
from tests.sweeper_tests.report.conftest import ROWS


def test_each_arm_is_compared_with_the_best_and_with_the_first(made: Results) -> None:
    found = Comparisons(made)
    best = found.leaders[0].arm
    assert best in "BC"
    assert {each.ours.arm for each in found.against_best} == set("ABC") - {best}
    assert {(each.ours.arm, each.theirs.arm) for each in found.against_first} == {("B", "A"), ("C", "A")}
    verdicts = {each.ours.arm: each.verdict for each in found.against_best}
    assert verdicts.pop("A") is Verdict.WORSE
    assert set(verdicts.values()) == {Verdict.TIE}
    assert {each.verdict for each in found.against_first} == {Verdict.BETTER}
    for name, arms in found.ties.items():
        top = max(found.leaders, key=lambda one: one.scores[name]).arm
        assert "A" not in arms
        assert top not in arms
    assert found.ties["overall"] == set("BC") - {best}


def test_differences_are_those_of_the_mean_scores(made: Results) -> None:
    for each in Comparisons(made).against_best:
        mine, theirs = (
            np.mean([scored(made.predictions(number) or {}) for number in one.numbers], axis=0)
            for one in (each.ours, each.theirs)
        )
        tasks = list(made.tasks)
        assert [each.differences[name].value for name in tasks] == pytest.approx(mine - theirs, abs=1e-12)
        gap = [overall_score(made.tasks, dict(zip(tasks, one, strict=True))) for one in (mine, theirs)]
        assert each.differences["overall"].value == pytest.approx(gap[0] - gap[1], abs=1e-12)


def test_tests_of_a_task_take_the_first_seed_that_both_have(made: Results) -> None:
    each = Comparisons(made).against_best[-1]
    first = [min(one.numbers) for one in (each.ours, each.theirs)]
    mine, theirs = (made.predictions(number) or {} for number in first)
    right, other = (found["sst"].predicted == found["sst"].labels for found in (mine, theirs))
    table = [
        [np.sum(right & other), np.sum(right & ~other)],
        [np.sum(~right & other), np.sum(~right & ~other)],
    ]
    contingency = pytest.importorskip("statsmodels.stats.contingency_tables")
    expected = contingency.mcnemar(table, exact=False, correction=True).pvalue
    assert each.row_tests["sst"] == pytest.approx(expected, rel=1e-9)
    assert each.over_seeds == pytest.approx(0.5)  # two differences of one sign: 2 of 4 orders of signs


def test_holm_counts_the_arms_compared_with_the_same_one(made: Results) -> None:
    found = Comparisons(made).against_best
    p = sorted(each.differences["overall"].p for each in found)
    assert sorted(each.adjusted for each in found) == pytest.approx(
        [min(2 * p[0], 1.0), min(1.0, max(2 * p[0], p[1]))]
    )


def test_the_tables_show_them(made: Results) -> None:
    found = Comparisons(made)
    table = comparisons_table(made, found)
    assert table is not None
    headings = [column.heading for column in table.columns]
    assert headings[:7] == ["arm", "against", "overall", "95 %", "p", "p Holm", "verdict"]
    for line, each in zip(table.rows, [*found.against_best, *found.against_first], strict=True):
        assert line[2].value == each.differences["overall"].value
        assert line[6].text == each.verdict
        assert line[headings.index("sts")].value == each.differences["sts"].value
        assert line[headings.index("p sts")].value == each.row_tests["sts"]
        assert set(line[2].trials) == {*each.ours.numbers, *each.theirs.numbers}
    p = scored(made.predictions(found.leaders[0].numbers[0]) or {})
    assert "sst " in table.notes[-1]
    mean = found.leaders[0].scores["sst"]
    assert f"sst {np.sqrt(mean * (1 - mean) / ROWS['sst']):.3f}"[4:] in table.notes[-1].replace(
        " .", " 0."
    ), p
    best = best_table(made, found)
    marked = {line[0].text for line in best.rows if line[2].tie}
    assert marked == found.ties["overall"]
    assert [line[2].bold for line in best.rows].count(True) == 1


def test_an_arm_without_predictions_is_not_tested_and_said_so(made: Results) -> None:
    some = replace(made, predictions=lambda number: None if number < 2 else made.predictions(number))
    found = Comparisons(some)
    assert {one.arm for one in found.compared} == {"B", "C"}
    table = best_table(some, found)
    assert "No predictions on the same dev rows, so not tested against the others: A." in table.notes
    none = replace(made, predictions=lambda number: None)
    untested = Comparisons(none)
    assert comparisons_table(none, untested) is None
    assert groups_table(none, untested) is None
    assert [table.key for table in study_tables(none, [], untested)] == ["best", "budget", "cost"]


def test_arms_on_other_dev_rows_are_not_compared(made: Results) -> None:
    def other(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        if number in (0, 1):
            found["sst"] = replace(found["sst"], labels=(found["sst"].labels + 1) % 5)
        return found

    compared = {one.arm for one in Comparisons(replace(made, predictions=other)).compared}
    assert compared == {"B", "C"}


def test_groups_are_scored_like_the_whole(made: Results) -> None:
    found = made.predictions(0) or {}
    by = {(each.task, each.by, each.name): each for each in score_groups(made.tasks, found)}
    for group, chosen in (("south", np.arange(400) % 3 == 0), ("north", np.arange(400) % 3 != 0)):
        each = by["sst", "dialect", group]
        right = found["sst"].predicted == found["sst"].labels
        assert each.rows == chosen.sum()
        assert each.score == pytest.approx(right[chosen].mean())
        assert each.interval is not None
        assert each.interval.low <= each.score <= each.interval.high
    assert sum(each.rows for key, each in by.items() if key[:2] == ("sts", "label")) == ROWS["sts"]
    high = found["sts"].labels >= 4
    expected = stats.pearsonr(found["sts"].predicted[high], found["sts"].labels[high])[0]
    assert by["sts", "label", "4 to 5"].score == pytest.approx(expected)
    words = [each for key, each in by.items() if key[:2] == ("para", "words")]
    assert [each.name for each in words] == ["1 to 5", "6 to 10", "11 to 15", "16 to 20"]
    assert [each.rows for each in words] == [225] * 4
    gaps = largest_gaps(list(by.values()))
    scores = [each.score or 0.0 for each in words]
    best, worst = gaps["para", "words"]
    assert (best.score, worst.score) == (max(scores), min(scores))


def test_a_group_of_few_rows_has_no_score(made: Results) -> None:
    found = dict(made.predictions(0) or {})
    rare = np.where(np.arange(400) < LEAST_ROWS - 1, "rare", "common")
    found["sst"] = replace(found["sst"], groups={"dialect": rare})
    each = {
        one.name: one for one in score_groups(made.tasks, found) if (one.task, one.by) == ("sst", "dialect")
    }
    assert (each["rare"].score, each["rare"].rows) == (None, LEAST_ROWS - 1)
    assert each["common"].score is not None
