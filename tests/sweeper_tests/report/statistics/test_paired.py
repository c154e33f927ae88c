from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from model.metrics import METRICS
from sweeper.errors import InputError
from sweeper.report.statistics.paired import Gap, Verdict, compare_samples, holm, verdict
from sweeper.report.statistics.resampling import RESAMPLES
from tests.sweeper_tests.simulated import TASKS, Run, alike, classified, correlated, predictions, run, sample

STUDIES = 500
ACCURACY = {"sst": TASKS["sst"]}


def test_differences_are_those_of_scipys_paired_bootstrap() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = alike(rng, 200)
    found = compare_samples(TASKS, sample([ours]), sample([theirs]), resamples=20_000)
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
    assert found["sts"].p_rows == pytest.approx(2 * min(share, 1 - share), abs=0.03)
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


def test_1_in_20_pairs_of_equally_good_networks_differs_over_rows() -> None:
    rng = np.random.default_rng(3)
    called = dict.fromkeys(("overall", *TASKS), 0)
    outside = dict.fromkeys(called, 0)
    for number in range(STUDIES):
        ours, theirs = (sample([one]) for one in alike(rng, 150))
        for name, found in compare_samples(TASKS, ours, theirs, resamples=500, seed=number).items():
            called[name] += found.p_rows < 0.05
            outside[name] += not found.interval.low <= 0 <= found.interval.high
            assert found.p is None
    for name in called:
        assert 0.02 <= called[name] / STUDIES <= 0.08, name
        assert 0.02 <= outside[name] / STUDIES <= 0.08, name


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
    for seeds in ((0, 1, 2), (2, 3, 4)):  # matched, and not
        found = compare_samples(TASKS, sample([good] * 3), sample([bad] * 3, seeds))
        for name, gap in found.items():
            assert gap.p is not None
            assert gap.p < 0.01, name
            assert verdict(gap, gap.p) is Verdict.BETTER
            assert verdict(gap.reversed(), gap.p) is Verdict.WORSE


def test_several_runs_of_an_arm_count_with_their_mean() -> None:
    rng = np.random.default_rng(5)
    right = rng.random((3, 100)) < 0.8
    other = rng.random(100) < 0.6
    found = compare_samples(
        ACCURACY,
        sample([{"sst": classified(each)} for each in right]),
        sample([{"sst": classified(other)}]),
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
    for name, found in compare_samples(TASKS, sample([ours] * 2), sample([theirs] * 2, [3, 4])).items():
        assert np.isfinite([found.value, found.interval.low, found.interval.high]).all()
        assert found.p is not None
        assert 0.05 <= found.p <= 1, name
        assert verdict(found, found.p) is Verdict.UNDECIDED
    for name, task in TASKS.items():
        p = METRICS[task.metric].row_test(ours[name].predicted, theirs[name].predicted, ours[name].labels)
        assert p == pytest.approx(1), name


def test_rows_that_both_get_wrong_are_no_evidence() -> None:
    """Four gained rows and none lost: no paired test can give less than 2 / 2^4."""
    labels, theirs = np.zeros(30), np.ones(30)
    ours = np.where(np.arange(30) < 4, 0, 2)
    found = compare_samples(
        ACCURACY, sample([{"sst": predictions(ours, labels)}]), sample([{"sst": predictions(theirs, labels)}])
    )["sst"]
    assert found.interval.low > 0
    assert found.p_rows == stats.binomtest(4, 4).pvalue


def test_beyond_the_last_resample_p_is_that_of_many_more_and_of_mcnemar() -> None:
    rng = np.random.default_rng(12)
    right = rng.random((2, 800)) < np.array([[0.81], [0.72]])
    sides = [sample([{"sst": classified(each)}]) for each in right]
    found = compare_samples(ACCURACY, *sides, resamples=4000)["sst"]
    gained = right[0].astype(int) - right[1]
    counts = rng.multinomial(800, [np.mean(gained == one) for one in (-1, 0, 1)], size=2_000_000)
    many = 2 * np.mean(counts[:, 0] >= counts[:, 2])
    normal = 2 * stats.norm.sf(gained.mean() / (gained.std() / np.sqrt(800)))
    assert 1e-5 < found.p_rows < 1 / RESAMPLES
    for p in (many, normal):
        assert found.p_rows == pytest.approx(p, rel=0.5)


def test_an_arm_ties_with_itself() -> None:
    one = run(np.random.default_rng(6), 100, 0.6, 0.7, 0.8)
    for found in compare_samples(TASKS, sample([one] * 2), sample([one] * 2)).values():
        assert (found.value, found.interval.low, found.interval.high, found.p) == (0, 0, 0, 1)
        assert found.superiority.value == 0.5


def test_a_difference_of_rounding_is_a_tie() -> None:
    """In every resample ours is the better one, in the tenth digit."""
    rng = np.random.default_rng(10)
    labels = rng.standard_normal(300)
    theirs = correlated(rng, labels, 0.8)
    ours = predictions(theirs.predicted + 1e-10 * labels, labels)
    tasks = {"sts": TASKS["sts"]}
    found = compare_samples(tasks, sample([{"sts": ours}] * 2), sample([{"sts": theirs}] * 2))["sts"]
    assert 0 < found.value < 1e-9
    assert (found.p_rows, found.p_seeds) == (1, 1)
    assert verdict(found, found.p) is Verdict.UNDECIDED


def test_arms_of_different_dev_rows_are_not_compared() -> None:
    rng = np.random.default_rng(7)
    with pytest.raises(InputError, match="task sst: the trials predicted different dev rows"):
        compare_samples(TASKS, sample([run(rng, 20, 0.6, 0.7, 0.8)]), sample([run(rng, 21, 0.6, 0.7, 0.8)]))


FAMILIES = [[0.3], [0.0, 1.0], [0.04, 0.01, 0.03, 0.01], *np.random.default_rng(8).random((8, 20)) ** 4]


@pytest.mark.parametrize("p", FAMILIES)
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_of_an_empty_family_is_empty() -> None:
    assert len(holm([])) == 0


def test_a_claim_needs_rows_and_seeds() -> None:
    """p is the larger one; the paired t-test where the seeds match, Welch's where they do not."""
    rng = np.random.default_rng(11)
    pairs = [alike(rng, 80) for _ in range(3)]
    labels = {name: found.labels for name, found in pairs[0][0].items()}
    ours, theirs = (
        [
            {name: predictions(own.predicted, labels[name]) for name, own in pair[side].items()}
            for pair in pairs
        ]
        for side in (0, 1)
    )
    scores = [sample(side).scores["overall"] for side in (ours, theirs)]
    matched = compare_samples(TASKS, sample(ours), sample(theirs))["overall"]
    assert matched.p_seeds == pytest.approx(stats.ttest_rel(*scores).pvalue)
    apart = compare_samples(TASKS, sample(ours), sample(theirs, [7, 8, 9]))["overall"]
    assert apart.p_seeds == pytest.approx(stats.ttest_ind(*scores, equal_var=False).pvalue)
    assert apart.p_rows == matched.p_rows
    for gap in (matched, apart):
        assert gap.p == max(gap.p_rows, gap.p_seeds or 0.0)
        assert gap.reversed().p == gap.p
        assert gap.reversed().superiority.value == pytest.approx(1 - gap.superiority.value)


@pytest.mark.parametrize(
    ("value", "adjusted", "expected"),
    [
        (0.1, 0.001, Verdict.BETTER),
        (-0.1, 0.001, Verdict.WORSE),
        (0.1, 0.05, Verdict.UNDECIDED),
        (0.0, 0.0, Verdict.UNDECIDED),
        (0.1, None, None),
    ],
)
def test_what_may_be_said(value: float, adjusted: float | None, expected: Verdict | None) -> None:
    gap = replace(an_arm_against_itself(), value=value)
    assert verdict(gap, adjusted) is expected


def an_arm_against_itself() -> Gap:
    one = run(np.random.default_rng(6), 30, 0.6, 0.7, 0.8)
    return compare_samples(TASKS, sample([one]), sample([one]))["overall"]


def test_equal_scores_settle_nothing_unless_the_predictions_are_equal() -> None:
    """At three seeds: one trainer that draws nothing, and networks that each give one answer to all rows."""
    ours, theirs = (run(np.random.default_rng(5), 200, *shares, 0.8) for shares in ((1, 1), (0.6, 0.6)))
    fixed = compare_samples(TASKS, sample([ours] * 3), sample([theirs] * 3))
    assert [fixed[name].p_seeds for name in ("overall", "sst")] == [0, 0]
    labels = ours["sst"].labels
    collapsed = [{**theirs, "sst": predictions(labels * 0 + answer, labels)} for answer in (0, 1, 0)]
    found = compare_samples(TASKS, sample([ours] * 3), sample(collapsed))
    assert found["sst"].p_seeds == 2 / 2**3


def test_an_interval_ends_where_scores_do() -> None:
    ours, theirs = (run(np.random.default_rng(5), 200, *shares, 0.8) for shares in ((1, 1), (0.1, 0.6)))
    better = run(np.random.default_rng(6), 200, 0.9, 0.6, 0.8)
    found = compare_samples(ACCURACY, sample([ours, ours]), sample([theirs, better]))["sst"]
    assert (found.interval.low, found.interval.high) == (-1, 1)


def test_the_runs_of_an_observation_are_averaged_together() -> None:
    rng = np.random.default_rng(1)
    a, b, c = ({"sst": classified(rng.random(60) < share)} for share in (0.5, 0.9, 0.7))
    two, other = sample([a, b]), sample([c, c])
    twice = replace(sample([a, a, b, b]), seeds=two.seeds, scores=two.scores)
    others = replace(sample([c] * 4), seeds=other.seeds, scores=other.scores)
    once = compare_samples(ACCURACY, two, other, overall=None)["sst"].spread.interaction
    assert compare_samples(ACCURACY, twice, others, overall=None)["sst"].spread.interaction == pytest.approx(
        once
    )
    assert once[0] > 0.001
