from dataclasses import replace

import pytest

from sweeper.report.confirmation import confirmation
from sweeper.report.counts import count_trials
from sweeper.report.finding import finding
from sweeper.report.results import Results, rank_configurations
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.intervals import Interval
from sweeper.report.statistics.paired import Verdict
from sweeper.report.statistics.power import Detectable
from sweeper.report.summary import findings, headline, missing, progress
from sweeper.text import p_text, score
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, results, row, study


def headed(of: Results) -> str:
    """The headline of a study."""
    return headline(Comparisons(of))


def test_the_headline_names_the_highest_and_the_next() -> None:
    of = study()
    rows = [row(of, 0, "Baseline", (0.4, 0.7, 0.5)), row(of, 1, "S-BERT", (0.45, 0.75, 0.6))]
    text = headed(results(of, rows))
    assert text == "S-BERT has the highest overall, .667 (trial 1), before Baseline, .617 (trial 0)."


def test_arms_that_show_the_same_score_are_level() -> None:
    of = study()
    rows = [row(of, 0, "Baseline", (0.4, 0.7, 0.5)), row(of, 1, "S-BERT", (0.4001, 0.7, 0.5))]
    assert headed(results(of, rows)).startswith("S-BERT and Baseline are level: overall .617 (trial 1)")


def test_arms_that_are_told_apart_are_not_level(made: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    of = study()
    found = results(of, [row(of, 0, "Baseline", (0.4, 0.7, 0.5)), row(of, 1, "S-BERT", (0.4001, 0.7, 0.5))])
    told = Comparisons(made).declared[0]
    monkeypatch.setattr(Comparisons, "between", lambda *_: (told, True))
    expected = "S-BERT has the highest overall, .61670 (trial 1), before Baseline, .61667 (trial 0)."
    assert headed(found) == expected
    undecided = replace(told, verdict=Verdict.UNDECIDED)
    monkeypatch.setattr(Comparisons, "between", lambda *_: (undecided, True))
    assert " are level: overall .617 " in headed(found)


def test_what_is_told_apart_is_written_with_the_digits_that_show_it(made: Results) -> None:
    each = Comparisons(made).declared[0]
    gap = replace(each.gaps["overall"], value=0.00046, interval=Interval(0.0003, 0.0006, "made"))
    little = replace(each, gaps={"overall": gap}, detectable=Detectable(0.00026, None))
    assert " scores .0005 more than A (95 % on other seeds and rows +.0003 to +.0006; " in finding(little, {})
    assert "could have told apart .0003 (80 % power)" in finding(little, {})
    undecided = replace(little, verdict=Verdict.UNDECIDED)
    assert " scores about as much as A (95 % on other seeds and rows .000 to +.001; " in finding(
        undecided, {}
    )
    task = replace(each, gaps={"sst": replace(gap, p_rows=0.0, p_seeds=0.0)}, adjusted={"sst": 0.01})
    assert "sst +.0005 (95 % on other seeds and rows +.0003 to +.0006; " in finding(task, {})


def test_of_several_arms_that_which_was_confirmed_is_named(made: Results) -> None:
    own = made.trials[made.trials["arm"] == "B"]
    again = replace(made, name="made-confirm@demo", arms=("B",), trials=own, wanted=3)
    said = headline(Comparisons(replace(made, confirmation=again)))
    assert said.startswith(f"Confirmed at fresh seeds: B, overall {score(own['overall'].mean())} (95 % ")
    assert said.endswith(", mean of 3 seeds), chosen among 3 configurations.")


def test_with_several_seeds_the_headline_compares_means() -> None:
    of = study(seeds=(1, 2), arms={"S-BERT": {}})
    rows = [row(of, seed - 1, "S-BERT", (0.1 * seed, 0.7, 0.5), seed=seed) for seed in (1, 2)]
    expected = "Best of 1 configuration: overall .533 (mean of 2 seeds)."
    assert headed(results(of, rows)) == expected


def test_a_study_without_scores_says_so() -> None:
    of = study()
    assert headed(results(of, [], wanted=1)) == "No trial is complete yet."
    failed = row(of, 0, "S-BERT", state=RunState.FAILED)
    assert headed(results(of, [failed], wanted=1)) == "No trial is complete."
    only = headed(results(of, [row(of, 0, "S-BERT", (0.4, 0.7, 0.5))]))
    assert only == "Only S-BERT has complete trials: overall .617 (trial 0)."


def test_progress_and_what_is_missing() -> None:
    of = study()
    rows = [
        row(of, 0, "Baseline", (0.4, 0.7, 0.5)),
        row(of, 1, "S-BERT", None, state=RunState.FAILED, error="x"),
        row(of, 2, "Baseline", None, state=RunState.RUNNING),
    ]
    found = results(of, rows, wanted=40)
    count = count_trials(found.trials, found.wanted)
    assert progress(count) == "2 of 40 trials finished; 1 failed; 1 begun."
    assert missing(found, count, ()) == [
        "38 trials still to come: every number here may change.",
        "No complete trial yet in S-BERT.",
    ]
    assert missing(found, count, ["table3", "table6"])[-1] == (
        "Of the paper's tables: Table 3: 0 of 4 rows ran; Table 6: 0 of 2 rows ran."
    )
    other = replace(results(of, []), tasks={"tone": of.tasks["sst"]})
    assert missing(other, count, ["table3"])[-1] == "Not shown, as the tasks are not the paper's: table3."


def test_findings_say_difference_interval_both_ps_numbers_and_what_could_be_told(made: Results) -> None:
    compared = Comparisons(made)
    better, other = findings(compared)
    for text, each in zip((better, other), compared.declared, strict=True):
        gap = each.gaps["overall"]
        assert text.startswith(
            f"{each.ours.arm} is better than A: {each.ours.arm} scores {score(gap.value)} more"
        )
        assert f"p rows {p_text(gap.p_rows)}, p seeds {p_text(gap.p_seeds or 0)}, adjusted " in text
        assert "; 3 seeds each, 1,600 dev rows" in text
        assert each.detectable is not None
        assert f"could have told apart {score(each.detectable.difference)} (80 % power); half that" in text
    even, worse = findings(Comparisons(replace(made, pairs=(("B", "C"),))))
    assert worse.startswith(
        f"A is worse than {compared.leaders[0].arm}, which has the highest overall; not declared"
    )
    assert even.startswith("B and C are not told apart: ")
    told = findings(Comparisons(replace(made, pairs=(("B", "C"), ("B", "A")))))
    assert [text.partition(":")[0] for text in told[:2]] == [
        "B is better than A",
        "B and C are not told apart",
    ]


def test_configurations_that_differ_in_settings_are_no_arms(made: Results) -> None:
    """The leader of B differs from A's in dropout: the difference is theirs."""
    of = study(arms=made_arms(made), space={"dropout": [0.1, 0.3]}, seeds=[1, 2, 3])
    config = [
        of.config(arm, {"dropout": 0.3 if arm == "B" else 0.1}, seed).model_dump(mode="json")
        for arm, seed in zip(made.trials["arm"], made.trials["seed"], strict=True)
    ]
    found = findings(Comparisons(replace(made, trials=made.trials.assign(config=config))))
    assert found[0].startswith("The configuration of B is better than the configuration of A: ")
    assert found[1].startswith("C is better than A: ")


def made_arms(of: Results) -> dict[str, dict[str, str]]:
    return {arm: {} for arm in of.arms}


def test_a_confirmation_says_what_it_lacks_and_among_how_many_its_arm_was_chosen() -> None:
    of = study(arms={"S-BERT": {}})
    params = [PARAMS | {"dropout": dropout} for dropout in (0.1, 0.3)]
    search = results(of, [row(of, n, "S-BERT", (0.5,) * 3, params=own) for n, own in enumerate(params)])
    again = confirmation(of, rank_configurations(search)[:1], 3)
    (arm,) = again.spec.arms
    runs = [row(again, 0, arm, (0.6,) * 3, params={}, seed=again.spec.seeds[0])]
    both = Comparisons(replace(search, confirmation=results(again, runs, wanted=3)))
    assert headline(both) == (
        "Confirmed at fresh seeds: overall .667 (trial 0), chosen among 2 configurations."
    )
    assert findings(both)[-1:] == ["Of 3 runs at fresh seeds 2 are still to come."]
    failed = [row(again, n, arm, None, state=RunState.FAILED, error="x") for n in (1, 2)]
    whole = results(again, [*runs, *failed], wanted=3)
    named = Comparisons(replace(search, confirmation=replace(whole, arms=(arm, "Lost"))))
    assert findings(named)[-1:] == ["No run at fresh seeds ended with a score: Lost."]


def test_of_a_task_whose_labels_allow_no_score_nothing_is_said(made: Results) -> None:
    each = Comparisons(made).declared[0]
    alone = replace(each, gaps={name: each.gaps[name] for name in ("sst", "sts")})
    assert "; sts " in finding(alone, {})
    assert "sts" not in finding(alone, {}, undefined={"sts"})
    assert finding(alone, {}, undefined={"sst", "sts"}).endswith("no score is defined on these dev rows.")
