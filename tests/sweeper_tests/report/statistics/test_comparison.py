"""Arms against each other, from made predictions: the numbers are those of SciPy and statsmodels."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from model.overall import Overall
from model.predictions import Predictions
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.groups import LEAST_ROWS, largest_gaps, score_groups
from sweeper.report.statistics.paired import Verdict
from sweeper.report.summary import findings
from sweeper.report.tables import arms_table, best_table, comparisons_table, groups_table, study_tables
from sweeper.study.armspace import ArmSpace
from tests.sweeper_tests.golden import scores as scored
from tests.sweeper_tests.report.conftest import ROWS


def test_pairs_are_the_declared_ones_and_each_against_the_best(made: Results) -> None:
    found = Comparisons(made)
    best = found.leaders[0].arm
    assert best in "BC"
    assert [(each.ours.arm, each.theirs.arm) for each in found.declared] == [("B", "A"), ("C", "A")]
    assert {each.verdict for each in found.declared} == {Verdict.BETTER}
    assert {each.ours.arm for each in found.against_best} == set("ABC") - {best}
    assert {each.theirs.arm for each in found.against_best} == {best}
    verdicts = {each.ours.arm: each.verdict for each in found.against_best}
    assert verdicts.pop("A") is Verdict.WORSE
    assert set(verdicts.values()) == {Verdict.UNDECIDED}
    for name, arms in found.ties.items():
        top = max(found.leaders, key=lambda one: one.scores[name]).arm
        assert "A" not in arms
        assert top not in arms
    assert found.ties["overall"] == set("BC") - {best}
    declared = Comparisons(replace(made, pairs=(("C", "B"),)))
    assert [(each.ours.arm, each.theirs.arm) for each in declared.declared] == [("C", "B")]


def test_classes_are_groups_by_their_names_in_their_order(made: Results) -> None:
    names = ("very bad", "bad", ("so", "medium"), "good", "10 of 10")
    sst = made.tasks["sst"].model_copy(update={"labels": names})
    found = {"sst": (made.predictions(0) or {})["sst"]}
    plain, named = (
        [each for each in score_groups({"sst": task}, found) if each.by == "label"]
        for task in (made.tasks["sst"], sst)
    )
    assert [each.name for each in plain] == ["0", "1", "2", "3", "4"]
    assert [each.name for each in named] == ["very bad", "bad", "so", "good", "10 of 10"]
    assert [(each.rows, each.score) for each in named] == [(each.rows, each.score) for each in plain]


def test_differences_are_those_of_the_mean_scores(made: Results) -> None:
    for each in Comparisons(made).declared:
        mine, theirs = (
            np.mean([scored(made.predictions(number) or {}) for number in one.numbers], axis=0)
            for one in (each.ours, each.theirs)
        )
        tasks = list(made.tasks)
        assert [each.gaps[name].value for name in tasks] == pytest.approx(mine - theirs, abs=1e-12)
        gap = [Overall().score(made.tasks, dict(zip(tasks, one, strict=True))) for one in (mine, theirs)]
        assert each.gaps["overall"].value == pytest.approx(gap[0] - gap[1], abs=1e-12)


def test_p_over_seeds_is_scipys_of_the_figure_beside_it(made: Results) -> None:
    each = Comparisons(made).declared[0]
    for name in made.scores:
        frame = made.trials.set_index("number")[name]
        mine, theirs = (frame[list(one.numbers)].to_numpy(float) for one in (each.ours, each.theirs))
        assert each.gaps[name].p_seeds == pytest.approx(stats.ttest_rel(mine, theirs).pvalue)
        assert each.gaps[name].value == pytest.approx((mine - theirs).mean())


def test_p_over_rows_is_that_of_all_resamples(made: Results) -> None:
    checked = 0
    for each in Comparisons(replace(made, pairs=(("B", "A"), ("C", "A"), ("C", "B")))).declared:
        for name in ("sst", "para"):
            sides = [
                [(made.predictions(n) or {})[name] for n in one.numbers] for one in (each.ours, each.theirs)
            ]
            right = [sum(np.equal(run.predicted, run.labels).astype(int) for run in side) for side in sides]
            gaps = right[0] - right[1]  # of a row, in shares of a seed
            # The sum of as many rows drawn with replacement: the distribution of one row, convolved so often.
            most, rows = len(sides[0]), len(gaps)
            share = np.bincount(gaps + most, minlength=2 * most + 1) / rows
            whole = np.fft.irfft(np.fft.rfft(share, 2 * most * rows + 1) ** rows, 2 * most * rows + 1)
            tail = min(whole[: most * rows + 1].sum(), whole[most * rows :].sum())
            if tail > 0.001:
                error = np.sqrt(tail * (1 - tail) / 10_000)
                assert each.gaps[name].p_rows == pytest.approx(min(1.0, 2 * tail), abs=8 * error + 2e-4)
                checked += 1
    assert checked > 1


def test_holm_counts_the_declared_pairs_and_all_pairs_for_the_best(made: Results) -> None:
    found = Comparisons(made)
    p = sorted(each.gaps["overall"].p or 0.0 for each in found.declared)
    expected = multipletests(p, method="holm")[1]
    assert sorted(each.adjusted["overall"] or 0.0 for each in found.declared) == pytest.approx(expected)
    pairs = [(one.arm, other.arm) for one, other in combinations(found.leaders, 2)]
    every = Comparisons(replace(made, pairs=tuple(pairs))).declared
    adjusted = multipletests([each.gaps["overall"].p or 0.0 for each in every], method="holm")[1]
    told = dict(zip(pairs, adjusted, strict=True))
    for each in found.against_best:
        assert each.adjusted["overall"] == pytest.approx(told[each.theirs.arm, each.ours.arm])
    tasks = [each.gaps[name].p or 0.0 for each in found.declared for name in made.tasks]
    told = [each.adjusted[name] for each in found.declared for name in made.tasks]
    assert told == pytest.approx(multipletests(tasks, method="holm")[1])


def test_the_tables_show_them(made: Results) -> None:
    found = Comparisons(made)
    table = comparisons_table(found)
    assert table is not None
    at = {column.heading: place for place, column in enumerate(table.columns)}
    for line, each in zip(table.rows, found.declared, strict=False):
        overall = each.gaps["overall"]
        assert line[at["overall"]].value == overall.value
        assert (line[at["p rows"]].value, line[at["p seeds"]].value) == (overall.p_rows, overall.p_seeds)
        assert line[at["verdict"]].text == each.verdict
        assert line[at["sts"]].value == each.gaps["sts"].value
        assert line[at["p sts"]].value == each.adjusted["sts"]
        assert set(line[at["overall"]].trials) == {*each.ours.numbers, *each.theirs.numbers}
    shown = {frozenset((line[0].text, line[1].text)) for line in table.rows}
    assert len(table.rows) == len(shown) == 3, "each pair once"
    best = best_table(made, found)
    marked = {line[0].text for line in best.rows if line[2].tie}
    assert marked == found.ties["overall"]
    assert [line[2].bold for line in best.rows].count(True) == 1


def test_one_seed_each_says_nothing(made: Results) -> None:
    single = replace(made, trials=made.trials[made.trials["seed"] == 1])
    found = Comparisons(single)
    for each in (*found.declared, *found.against_best):
        assert each.verdict is each.detectable is each.gaps["overall"].p_seeds is None
        assert each.gaps["overall"].p_rows < 1
    assert not any(found.ties.values())
    [sentence, *_] = findings(found)
    assert sentence.endswith("one training run each, so nothing is known about the arms.")
    assert not any(word in " ".join(findings(found)) for word in ("better", "worse", "leads"))


def test_a_result_counts_once(made: Results) -> None:
    """Case A3: the same configuration and seed again and again is one observation."""
    again = [made.trials.assign(number=made.trials["number"] + 100 * turn) for turn in range(4)]
    doubled = replace(made, trials=pd.concat(again), wanted=36)
    once, many = Comparisons(made), Comparisons(doubled)
    assert [one.numbers for one in many.leaders] == [one.numbers for one in once.leaders]
    assert [each.gaps for each in many.declared] == [each.gaps for each in once.declared]
    single = replace(doubled, trials=doubled.trials[doubled.trials["seed"] == 1])
    assert {each.seeds for each in Comparisons(single).declared} == {(1, 1)}
    note = arms_table(single, Comparisons(single)).notes[-1]
    assert "12 complete trials (training seed 1)" in note
    assert "A configuration counts once at a seed: 9 repetitions left out." in note
    once = replace(made, trials=made.trials[made.trials["seed"] == 1])
    assert [line[-3].text for line in arms_table(single, Comparisons(single)).rows] == [
        line[-3].text for line in arms_table(once, Comparisons(once)).rows
    ]


def test_arms_are_compared_on_matched_configurations(made: Results) -> None:
    """Two configurations in each arm; the second is the first with another number, so that p is SciPy's."""
    second = made.trials.assign(**{"number": made.trials["number"] + 100, "params.dropout": 0.3})
    shifted = second.assign(overall=second["overall"] + np.where(second["arm"] == "B", 0.01, 0.0))
    both = replace(
        made,
        trials=pd.concat([made.trials, shifted]),
        predictions=lambda number: made.predictions(number % 100),
        pairs=(("B", "C"),),
    )
    [each] = Comparisons(both).matched
    assert (each.configurations, each.seeds, each.of_arms) == (2, (3, 3), True)
    means = both.trials.pivot_table(index="params.dropout", columns="arm", values="overall")
    by_seed = both.trials.pivot_table(index="seed", columns="arm", values="overall")
    p = [stats.ttest_rel(frame["B"], frame["C"]).pvalue for frame in (means, by_seed)]
    assert each.gaps["overall"].p_seeds == pytest.approx(max(p))
    assert each.gaps["overall"].value == pytest.approx((means["B"] - means["C"]).mean())
    third = made.trials.assign(**{"number": made.trials["number"] + 200, "params.dropout": 0.5})
    begun = replace(both, trials=pd.concat([both.trials, third[third["seed"] == 1]]))
    [known] = Comparisons(begun).matched
    assert (known.configurations, known.seeds) == (2, (3, 3)), "one under way takes no seeds from the others"
    assert known.gaps == each.gaps
    alone = replace(both, trials=both.trials[both.trials["seed"] == 1])
    [single] = Comparisons(alone).matched
    assert single.verdict is None
    assert "all share one training seed" in " ".join(findings(Comparisons(alone)))
    assert Comparisons(made).matched == []


def test_an_arm_without_predictions_is_not_tested_and_said_so(made: Results) -> None:
    some = replace(made, predictions=lambda number: None if number < 3 else made.predictions(number))
    found = Comparisons(some)
    assert {one.arm for one in found.compared} == {"B", "C"}
    table = best_table(some, found)
    assert "No predictions on the same dev rows, so not tested against the others: A." in table.notes
    none = replace(made, predictions=lambda number: None)
    untested = Comparisons(none)
    assert comparisons_table(untested) is None
    assert groups_table(none, untested) is None
    assert [table.key for table in study_tables(none, [], untested)] == ["best", "cost"]


def test_groups_are_not_called_those_of_a_best_whose_predictions_are_gone(made: Results) -> None:
    best = set(Comparisons(made).leaders[0].numbers)
    some = replace(made, predictions=lambda number: None if number in best else made.predictions(number))
    for results, said in (
        (made, "of the best configuration ("),
        (some, "best configuration whose predictions"),
    ):
        table = groups_table(results, Comparisons(results))
        assert table is not None
        assert said in table.notes[0]


def test_arms_on_other_dev_rows_are_not_compared(made: Results) -> None:
    def other(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        if number in (0, 1, 2):
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


def test_without_predictions_of_the_best_arm_nobody_takes_its_place(made: Results) -> None:
    best = Comparisons(made).leaders[0]
    other = [one.arm for one in Comparisons(made).leaders if one.arm != best.arm]
    gone = replace(
        made,
        predictions=lambda number: None if number in best.numbers else made.predictions(number),
        pairs=((best.arm, "A"), (other[0], other[1])),
    )
    found = Comparisons(gone)
    assert best not in found.compared
    assert found.against_best == []
    assert not any(found.ties.values()), "nothing is tied with what was not tested"
    [each] = found.declared
    assert each.adjusted["overall"] == pytest.approx(min(1.0, 2 * (each.gaps["overall"].p or 0.0)))


def test_what_arms_searched_unlike_was_searched(made: Results) -> None:
    """Of two studies together, of which one has a list and one a range; it is in the space of none."""
    configs = [
        {**config, "dropout": 0.3} if arm == "B" else config
        for arm, config in zip(made.trials["arm"], made.trials["config"], strict=True)
    ]
    apart = {arm: ArmSpace(dict(made.space)) for arm in made.arms}
    joined = replace(made, space={}, spaces=apart, trials=made.trials.assign(config=configs))
    of_arms = {each.ours.arm: each.of_arms for each in Comparisons(joined).declared}
    assert of_arms == {"B": False, "C": True}
