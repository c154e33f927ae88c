from itertools import product

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from model.metrics import METRICS
from sweeper.errors import InputError
from sweeper.report.statistics.intervals import Interval, seed_interval
from sweeper.report.statistics.paired import (
    Verdict,
    holm,
    score_differences,
    verdict,
    wilcoxon,
)
from tests.sweeper_tests.simulated import TASKS, Run, alike, classified, correlated, predictions, run

STUDIES = 2000
ACCURACY = {"sst": TASKS["sst"]}


def test_differences_are_those_of_scipys_paired_bootstrap() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = alike(rng, 200)
    found = score_differences(TASKS, [ours], [theirs], resamples=20_000)
    labels = ours["sts"].labels

    def difference(
        a: NDArray[np.float64], b: NDArray[np.float64], y: NDArray[np.float64], axis: int = -1
    ) -> NDArray[np.float64]:
        return np.asarray(
            stats.pearsonr(a, y, axis=axis).statistic - stats.pearsonr(b, y, axis=axis).statistic
        )

    peer = stats.bootstrap(
        (ours["sts"].predicted, theirs["sts"].predicted, labels),
        difference,
        paired=True,
        n_resamples=5000,
        method="percentile",
        rng=2,
    )
    expected = (peer.confidence_interval.low, peer.confidence_interval.high)
    assert (found["sts"].interval.low, found["sts"].interval.high) == pytest.approx(expected, abs=0.006)
    share = np.mean(peer.bootstrap_distribution <= 0)
    assert found["sts"].p == pytest.approx(2 * min(share, 1 - share), abs=0.03)
    for task in ("sst", "para"):
        right = [one[task].predicted == labels_of(one, task) for one in (ours, theirs)]
        assert found[task].value == pytest.approx(right[0].mean() - right[1].mean())
        error = (right[0].astype(float) - right[1]).std() / np.sqrt(200)
        half = (found[task].interval.high - found[task].interval.low) / 2
        assert half == pytest.approx(1.96 * error, rel=0.06)
    unit = found["sst"].value + found["para"].value + found["sts"].value / 2
    assert found["overall"].value == pytest.approx(unit / 3)


def labels_of(one: Run, task: str) -> NDArray[np.float64]:
    return one[task].labels


def test_of_arms_that_are_equally_good_1_in_20_differs() -> None:
    rng = np.random.default_rng(3)
    called = dict.fromkeys(("overall", *TASKS), 0)
    outside = dict.fromkeys(called, 0)
    for number in range(STUDIES):
        ours, theirs = alike(rng, 150)
        for name, found in score_differences(TASKS, [ours], [theirs], resamples=500, seed=number).items():
            called[name] += verdict(found.value, found.interval, found.p) is not Verdict.TIE
            outside[name] += not found.interval.low <= 0 <= found.interval.high
    for name in called:
        assert 0.03 <= called[name] / STUDIES <= 0.07, name
        assert 0.03 <= outside[name] / STUDIES <= 0.07, name


def test_a_clear_difference_is_found_either_way() -> None:
    rng = np.random.default_rng(4)
    rows = np.arange(400)
    labels = rng.standard_normal(400)
    good = {
        "sst": classified(rows % 10 > 0),
        "para": classified(rows % 10 > 1),
        "sts": correlated(rng, labels, 0.9),
    }
    bad = {
        "sst": classified(rows % 10 > 3),
        "para": classified(rows % 10 > 4),
        "sts": correlated(rng, labels, 0.4),
    }
    for name, found in score_differences(TASKS, [good], [bad]).items():
        assert found.p < 0.01, name
        assert verdict(found.value, found.interval, found.p) is Verdict.BETTER
    for found in score_differences(TASKS, [bad], [good]).values():
        assert verdict(found.value, found.interval, found.p) is Verdict.WORSE


def test_several_runs_of_an_arm_count_with_their_mean() -> None:
    rng = np.random.default_rng(5)
    right = rng.random((3, 100)) < 0.8
    other = rng.random(100) < 0.6
    found = score_differences(
        ACCURACY,
        [{"sst": classified(each)} for each in right],
        [{"sst": classified(other)}],
        resamples=20_000,
    )["sst"]
    gained = right.mean(axis=0) - other
    assert found.value == pytest.approx(gained.mean())
    peer = stats.bootstrap((gained,), np.mean, n_resamples=20_000, method="percentile", rng=6)
    assert found.interval.low == pytest.approx(peer.confidence_interval.low, abs=0.01)
    assert found.interval.high == pytest.approx(peer.confidence_interval.high, abs=0.01)


def small(sst: list[bool], sts: ArrayLike, labels: ArrayLike) -> Run:
    """A run on a small dev set, with every paraphrase right."""
    return {
        "sst": classified(np.array(sst)),
        "para": classified(np.ones(3, bool)),
        "sts": predictions(sts, labels),
    }


CURVED = np.arange(7.0) ** 2
DEGENERATE = {
    "one row, of which one is right": (small([True], [1], [1]), small([False], [2], [1])),
    "constant predictions": (small([True], [1] * 9, range(9)), small([True], [2] * 9, range(9))),
    "constant labels": (small([True] * 5, range(5), [1] * 5), small([True] * 5, [0, 2, 1, 3, 4], [1] * 5)),
    "the same up to scale": (
        small([False] * 7, CURVED / 3, range(7)),
        small([False] * 7, CURVED * 0.7 + 0.1, range(7)),
    ),
}


@pytest.mark.parametrize("arms", DEGENERATE.values(), ids=DEGENERATE)
def test_what_cannot_be_told_apart_is_a_tie(arms: tuple[Run, Run]) -> None:
    ours, theirs = arms
    for name, found in score_differences(TASKS, [ours], [theirs]).items():
        assert np.isfinite([found.value, found.interval.low, found.interval.high]).all()
        assert 0.05 <= found.p <= 1, name
        assert verdict(found.value, found.interval, found.p) is Verdict.TIE
    for name, task in TASKS.items():
        p = METRICS[task.metric].row_test(ours[name].predicted, theirs[name].predicted, ours[name].labels)
        assert p == pytest.approx(1), name


def test_rows_that_both_get_wrong_are_no_evidence() -> None:
    """Four gained rows and none lost: no paired test can give less than 2 / 2^4."""
    labels, theirs = np.zeros(30), np.ones(30)
    ours = np.where(np.arange(30) < 4, 0, 2)
    found = score_differences(
        ACCURACY, [{"sst": predictions(ours, labels)}], [{"sst": predictions(theirs, labels)}]
    )["sst"]
    assert found.interval.low > 0
    assert found.p == stats.binomtest(4, 4).pvalue


def test_an_arm_ties_with_itself() -> None:
    one = run(np.random.default_rng(6), 100, 0.6, 0.7, 0.8)
    for found in score_differences(TASKS, [one], [one]).values():
        assert (found.value, found.interval.low, found.interval.high, found.p) == (0, 0, 0, 1)


def test_a_difference_of_rounding_is_a_tie() -> None:
    """In every resample ours is the better one, in the tenth digit."""
    rng = np.random.default_rng(10)
    labels = rng.standard_normal(300)
    theirs = correlated(rng, labels, 0.8)
    ours = predictions(theirs.predicted + 1e-10 * labels, labels)
    tasks = {"sts": TASKS["sts"]}
    found = score_differences(tasks, [{"sts": ours}], [{"sts": theirs}])["sts"]
    assert 0 < found.value < 1e-9
    assert verdict(found.value, found.interval, found.p) is Verdict.TIE


def test_arms_of_different_dev_rows_are_not_compared() -> None:
    rng = np.random.default_rng(7)
    with pytest.raises(InputError, match="task sst: the trials predicted different dev rows"):
        score_differences(TASKS, [run(rng, 20, 0.6, 0.7, 0.8)], [run(rng, 21, 0.6, 0.7, 0.8)])


@pytest.mark.parametrize("differences", [[0.3, 0.1, -0.2, 0.5, 0.7, 0.6, 0.9, 0.0], [0.1, 0.2, 0.3], [-0.4]])
def test_wilcoxon_is_the_share_of_all_signs_that_are_as_extreme(differences: list[float]) -> None:
    values = np.array([each for each in differences if each])
    ranks = stats.rankdata(np.abs(values))
    sums = np.array([ranks @ signs for signs in product((0, 1), repeat=len(values))])
    centre = ranks.sum() / 2
    expected = np.mean(np.abs(sums - centre) >= abs(ranks @ (values > 0) - centre) - 1e-9)
    assert wilcoxon(differences) == pytest.approx(expected)


def test_wilcoxon_of_nothing_or_of_rounding_errors_is_1() -> None:
    assert wilcoxon([]) == 1
    assert wilcoxon([0, 0, 0.3 - 0.2 - 0.1]) == 1
    assert wilcoxon([0.1] * 6) == pytest.approx(2 / 2**6)
    assert 0 < wilcoxon(np.random.default_rng(9).normal(1, 1, 100)) < 1e-6


FAMILIES = [[0.3], [0.0, 1.0], [0.04, 0.01, 0.03, 0.01], *np.random.default_rng(8).random((8, 20)) ** 4]


@pytest.mark.parametrize("p", FAMILIES)
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_of_an_empty_family_is_empty() -> None:
    assert len(holm([])) == 0


VERDICTS = [
    (0.1, (0.05, 0.15), 0.001, Verdict.BETTER),
    (-0.1, (-0.15, -0.05), 0.001, Verdict.WORSE),
    (0.1, (-0.01, 0.21), 0.04, Verdict.TIE),
    (0.1, (0.01, 0.19), 0.06, Verdict.TIE),
    (0.1, (0.01, 0.19), 0.05, Verdict.TIE),
    (0.0, (0.0, 0.0), 1.0, Verdict.TIE),
    (0.1, (-0.15, -0.05), 0.001, Verdict.TIE),
]


@pytest.mark.parametrize(("difference", "ends", "p", "expected"), VERDICTS)
def test_a_difference_within_the_noise_is_a_tie(
    difference: float, ends: tuple[float, float], p: float, expected: Verdict
) -> None:
    assert verdict(difference, Interval(*ends, "bootstrap"), p) is expected


def test_one_seed_is_a_tie_and_alpha_can_be_stricter() -> None:
    assert verdict(0.1, seed_interval([0.1]), 0.001) is Verdict.TIE
    assert verdict(0.1, Interval(0.05, 0.15, "bootstrap"), 0.02, alpha=0.01) is Verdict.TIE
