"""What a study could tell apart, against statsmodels' power of a z test and a closed form."""

from dataclasses import replace

import pytest
from statsmodels.stats.power import normal_power

from model.overall import Overall
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.planned import DISAGREE, by_earlier, by_rows
from tests.sweeper_tests.made import study


@pytest.mark.parametrize(("family", "weights"), [(1, {}), (6, {}), (3, {"sts": 0.0})])
def test_by_rows_it_is_where_a_z_test_finds_80_of_100(family: int, weights: dict[str, float]) -> None:
    tasks, rows = study().tasks, {"sst": 1101, "para": 20212, "sts": 863}
    found = by_rows(tasks, rows, Overall(weights=weights), family)
    assert found is not None
    assert found.comparisons == 0
    each = 1 / (3 if not weights else 2)
    error = (each**2 * DISAGREE * (1 / 1101 + 1 / 20212)) ** 0.5
    assert normal_power(found.difference / error, 1, 0.05 / family) == pytest.approx(0.8, abs=2e-3)


def test_rows_say_nothing_of_tasks_without_accuracy() -> None:
    tasks = {"sts": study().tasks["sts"]}
    assert by_rows(tasks, {"sts": 863}, Overall(), 1) is None
    unweighed = Overall(weights={"sst": 0.0, "para": 0.0})
    assert by_rows(study().tasks, {"sst": 1101, "para": 900, "sts": 863}, unweighed, 1) is None


def test_by_earlier_comparisons_it_is_what_their_report_says_at_as_many_seeds(made: Results) -> None:
    declared = Comparisons(made).declared
    told = sorted(each.detectable.difference for each in declared if each.detectable)
    seeds = declared[0].seeds[0]
    found = by_earlier(declared, seeds, len(declared))
    assert found is not None
    assert (found.difference, found.comparisons) == (told[len(told) // 2], len(declared))
    more = by_earlier(declared, 2 * seeds, len(declared))
    assert more is not None
    assert more.difference < found.difference
    assert by_earlier(declared, 1, 1) is None
    # As where three runs of each differ by the same .010: by accident, at a p of more than 0.
    gap = declared[0].gaps["overall"]
    agreeing = replace(gap, p_seeds=0.25, spread=replace(gap.spread, seed=(0.0,)))
    assert by_earlier([replace(declared[0], gaps={"overall": agreeing})], seeds, 1) is None
    assert by_earlier([], 3, 1) is None
