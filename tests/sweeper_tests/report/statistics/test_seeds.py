"""Tests over seeds against SciPy's, and their level and power against simulation."""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import proportion_confint

from sweeper.report.statistics.power import POWER, detectable, power_of
from sweeper.report.statistics.seeds import paired_p, seeds_p, welch_p
from sweeper.report.statistics.spread import Spread, interval_of, spread_between, spread_of
from sweeper.report.statistics.superiority import paired_superiority, unpaired_superiority

OURS, THEIRS = [0.61, 0.64, 0.60, 0.66], [0.58, 0.60, 0.61, 0.59]


def test_the_t_tests_are_scipys() -> None:
    gaps = np.subtract(OURS, THEIRS)
    assert paired_p(gaps) == pytest.approx(stats.ttest_rel(OURS, THEIRS).pvalue)
    assert welch_p(OURS, THEIRS[:3]) == pytest.approx(
        stats.ttest_ind(OURS, THEIRS[:3], equal_var=False).pvalue
    )


@pytest.mark.filterwarnings("error")
def test_a_side_that_does_not_vary_is_a_constant_and_nothing_is_warned_of() -> None:
    assert welch_p([0.65, 0.65, 0.65], THEIRS) == pytest.approx(stats.ttest_1samp(THEIRS, 0.65).pvalue)


def test_no_difference_is_1_one_seed_is_nothing_and_rounding_is_no_difference() -> None:
    assert paired_p([0.1 + 0.2 - 0.3, 0.0, 0.0]) == 1
    assert welch_p([0.5, 0.5], [0.5, 0.1 + 0.4]) == 1
    assert paired_p([0.1]) is welch_p([0.1], [0.2, 0.3]) is None


def test_scores_that_do_not_vary_have_the_p_of_all_ways_to_deal_them() -> None:
    """Student's t has no bound there; two seeds may be alike by chance, as scores are coarse."""
    ours, theirs = np.full(4, 0.5), np.full(4, 0.4)
    for count in (2, 3, 4):
        signs = [np.dot(way, ours[:count] - theirs[:count]) for way in product((-1, 1), repeat=count)]
        expected = np.mean(np.abs(signs) >= count * 0.1 - 1e-9)
        assert paired_p(ours[:count] - theirs[:count]) == pytest.approx(expected)
        dealt = stats.permutation_test(
            (ours[:count], theirs), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf
        )
        assert welch_p(ours[:count], theirs) == pytest.approx(dealt.pvalue)


def test_an_interval_is_never_narrower_than_rows_alone_allow() -> None:
    assert Spread((3,), (0.0,), (0.03,), 0.05).together() == pytest.approx(0.05), "seeds that happen to agree"


def test_what_hangs_on_no_seed_differs_by_none() -> None:
    fixed, other = np.full(3, 0.5), np.full(3, 0.4)
    assert seeds_p(fixed, other, True, settled=True) == seeds_p(fixed, other, False, settled=True) == 0
    assert seeds_p(fixed, fixed, True, settled=True) == 1
    assert seeds_p(fixed[:2], other[:2], True, settled=True) == 0.5
    assert seeds_p(fixed, other, matched=True) == 0.25, "as may be by chance, of networks that collapse"
    varied = np.array([0.5, 0.51, 0.52])
    assert seeds_p(varied, varied - 0.1, True, settled=True) == 0.25


@pytest.mark.parametrize("gaps", [[0.1, -0.2, 0.3], [0.1] * 5, [-0.1] * 4, [0.0, 0.1]])
def test_paired_superiority_has_wilsons_interval(gaps: list[float]) -> None:
    found = paired_superiority(gaps)
    better = sum(0.5 if gap == 0 else gap > 0 for gap in gaps)
    expected = proportion_confint(better, len(gaps), method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((better / len(gaps), *expected))


def test_unpaired_superiority_is_mann_and_whitneys_and_inverts_its_standard_error() -> None:
    found = unpaired_superiority(OURS, THEIRS)
    assert found.value == pytest.approx(stats.mannwhitneyu(OURS, THEIRS).statistic / 16)
    for theta in (found.low, found.high):
        error = theta * (1 - theta) * (1 + 3 * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / 16
        assert abs(found.value - theta) == pytest.approx(1.959964 * np.sqrt(error), rel=1e-4)
    other = unpaired_superiority(THEIRS, OURS)
    assert (other.low, other.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-6)
    assert unpaired_superiority([2, 3], [0, 1]).high == 1
    assert unpaired_superiority([2, 3], [0, 1]).low < 0.5


def test_9_in_10_unpaired_intervals_or_more_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    truth = stats.norm.cdf(0.8 / np.sqrt(2))
    held = [
        (found := unpaired_superiority(rng.normal(0.8, 1, 5), rng.standard_normal(5))).low
        <= truth
        <= found.high
        for _ in range(1000)
    ]
    assert 0.93 <= np.mean(held) <= 1


def test_the_parts_of_a_spread_are_those_that_made_it() -> None:
    """Five runs: seeds .3², rows .5², both together .4²; the means over many draws of them."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(300):
        seeds, shared = rng.normal(0, 0.3, 5), rng.normal(0, 0.5, 400)
        own = rng.normal(0, 0.4, (5, 400))
        # What the rows of this study did, and what others would do.
        found.append(spread_of(seeds + own[:, 0], shared + own))
    assert np.mean([each.seed[0] for each in found]) == pytest.approx(0.3**2 + 0.4**2, rel=0.1)
    assert np.mean([each.interaction[0] for each in found]) == pytest.approx(0.4**2, rel=0.05)
    assert np.mean([each.rows for each in found]) == pytest.approx(0.5**2 + 0.4**2 / 5, rel=0.05)
    together = [each.together() for each in found]
    assert np.mean(together) == pytest.approx(0.5**2 + (0.3**2 + 0.4**2) / 5, rel=0.05)
    assert np.mean([each.over_rows(50) for each in found]) == pytest.approx(0.5**2 + 0.4**2 / 50, rel=0.05)


def test_where_rows_do_nothing_the_interval_is_students_and_welchs() -> None:
    still = np.zeros((4, 10))
    ours, theirs = np.array(OURS), np.array(THEIRS)
    one = interval_of(float(ours.mean()), spread_of(ours, still), still[0])
    expected = stats.t.interval(0.95, 3, ours.mean(), stats.sem(ours))
    assert (one.low, one.high) == pytest.approx(expected)
    gap = interval_of(
        float(ours.mean() - theirs.mean()), spread_between((ours, still), (theirs, still)), still[0]
    )
    expected = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval()
    assert (gap.low, gap.high) == pytest.approx(tuple(expected))


def test_without_rows_the_power_is_that_of_a_t_test() -> None:
    spread = Spread((5, 5), (0.0086**2,) * 2, (0.0, 0.0), 0.0)
    expected = TTestIndPower().power(0.02 / 0.0086, 5, 0.05)
    assert power_of(0.02, spread, 0.05) == pytest.approx(expected, abs=0.01)
    found = detectable(spread, family=1)
    assert found is not None
    solved = TTestIndPower().solve_power(None, 5, 0.05, POWER) * 0.0086
    assert found.difference == pytest.approx(solved, rel=0.01)
    needed = TTestIndPower().solve_power(found.difference / 2 / 0.0086, None, 0.05, POWER)
    assert found.seeds_for_half == np.ceil(needed)


def test_few_rows_bound_what_any_number_of_seeds_can_find() -> None:
    spread = Spread((3,), (0.01**2,), (0.0,), 0.02**2)
    found = detectable(spread, family=1)
    assert found is not None
    assert found.seeds_for_half is None
    assert found.difference > 1.96 * 0.02
    assert power_of(1.95 * 0.02, spread, 0.05, seeds=1000) < 0.5
    several = detectable(spread, family=8)
    assert several is not None
    assert several.difference > found.difference
    assert detectable(Spread((1,), (0.0,), (0.0,), 0.02**2), family=1) is None


@pytest.mark.parametrize(
    "spread", [Spread((3,), (0.0,), (0.0,), 0.02**2), Spread((3, 4), (0.0,) * 2, (0.0,) * 2, 0.02**2)]
)
def test_of_seeds_that_differ_alike_by_accident_nothing_is_known(spread: Spread) -> None:
    """p over seeds is 2 of 2^n there, so nothing is found; of a trainer that draws nothing rows decide."""
    assert detectable(spread, family=1) is None
    found = detectable(spread, family=1, settled=True)
    assert found is not None
    both = stats.norm.ppf(0.975) + stats.norm.ppf(POWER)
    assert found.difference == pytest.approx(both * 0.02, rel=1e-3)


@pytest.mark.parametrize(
    ("seeds", "gap", "error", "rows"),
    [(4, 0.03, 0.012, 0.008), (2, 0.0114, 1e-4, 0.00406), (5, 0.04, 0.03, 0.01)],
)
def test_the_power_is_that_of_simulated_studies(seeds: int, gap: float, error: float, rows: float) -> None:
    """The rows of a study move all its seeds alike, so that the test over rows can miss what is there."""
    rng = np.random.default_rng(5)
    values = gap + rng.normal(0, rows, (20_000, 1)) + rng.normal(0, error, (20_000, seeds))
    p = stats.ttest_1samp(values, 0, axis=1).pvalue
    found = (p < 0.05) & (values.mean(axis=1) > stats.norm.ppf(0.975) * rows)
    spread = Spread((seeds,), (error**2,), (0.0,), rows**2)
    assert power_of(gap, spread, 0.05) == pytest.approx(found.mean(), abs=0.015)
