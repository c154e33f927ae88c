"""Which arms a table of the best configurations calls not told apart from the best."""

from dataclasses import replace

import numpy as np
import pytest

from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.paired import Verdict, verdict
from sweeper.report.tables.arms import arms_table
from sweeper.report.tables.best import best_table


def test_the_daggers_are_the_verdicts_of_the_tables_of_comparisons(made: Results) -> None:
    found = Comparisons(made)
    declared = {each.arms: each for each in found.declared}
    for name in made.scores:
        rank = made.rank(name)
        best = max(found.leaders, key=lambda one: rank(one.scores[name]))
        for one in found.leaders:
            if one.arm == best.arm:
                continue
            asked = found.between(one.arm, best.arm)
            assert asked is not None
            each = declared.get(frozenset((one.arm, best.arm)), asked[0])
            undecided = verdict(each.gaps[name], each.adjusted[name]) is Verdict.UNDECIDED
            assert (one.arm in found.ties[name]) is undecided
    assert any("of a declared pair among these" in note for note in best_table(made, found).notes)


def test_beside_arms_that_are_told_apart_a_single_seed_is_not(made: Results) -> None:
    best = Comparisons(made).leaders[0].arm
    trials = made.trials[(made.trials["arm"] != best) | (made.trials["seed"] == 1)]
    found = Comparisons(replace(made, trials=trials))
    assert found.ties["overall"] == {one.arm for one in found.leaders} - {best}
    said = "or one of the two has a single seed, so that nothing is said"
    assert [said in " ".join(best_table(of, Comparisons(of)).notes) for of in (made, found.results)] == [
        False, True,
    ]  # fmt: skip


def test_both_tables_of_the_best_configurations_mark_the_same(made: Results) -> None:
    found = Comparisons(made)
    marked = [
        [
            [row[place].tie for place, column in enumerate(table.columns) if column.heading in made.scores]
            for row in table.rows
        ]
        for table in (best_table(made, found), arms_table(made, found))
    ]
    # B and C are about as good, A is not; B is the best.
    assert marked == [[[False] * 4, [False] * 4, [True] * 4]] * 2


def test_once_confirmed_both_tables_say_that_their_scores_are_those_of_the_search(made: Results) -> None:
    again = replace(
        made, name="made-confirm@demo", arms=("B",), trials=made.trials[made.trials["arm"] == "B"]
    )
    found = Comparisons(replace(made, confirmation=again))
    said = "These are the scores of the search: claims rest on the confirmed ones."
    tables = best_table(found.results, found), arms_table(found.results, found)
    assert [said in table.notes for table in tables] == [True, True]
    assert [
        said in table.notes
        for table in (best_table(made, Comparisons(made)), arms_table(made, Comparisons(made)))
    ] == [False, False]


def test_a_score_that_no_resample_moves_has_wilsons_interval_at_any_number_of_seeds(made: Results) -> None:
    perfect = {
        number: {
            name: replace(own, predicted=own.labels.copy())
            for name, own in (made.predictions(number) or {}).items()
        }
        for number in made.trials["number"]
    }
    ones = {name: np.ones(len(made.trials)) for name in made.scores}
    found = Comparisons(replace(made, trials=made.trials.assign(**ones), predictions=perfect.get))
    one = found.leaders[0]
    rows = found.rows_of(one.arm)["sst"]
    interval = (found.intervals(one) or {})["sst"]
    z = 1.959964
    assert len(one.numbers) > 1
    assert (interval.low, interval.high) == pytest.approx((1 / (1 + z**2 / rows), 1))
