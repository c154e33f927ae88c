from sweeper.report.results import Results, count_trials
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.summary import headline, missing, progress
from sweeper.trial import RunState
from tests.sweeper_tests.made import results, row, study


def headed(of: Results) -> str:
    """The headline of a study."""
    return headline(of, Comparisons(of))


def test_the_headline_names_the_best_arm_the_runner_up_and_the_difference() -> None:
    of = study()
    rows = [row(of, 0, "Baseline", (0.4, 0.7, 0.5)), row(of, 1, "S-BERT", (0.45, 0.75, 0.6))]
    text = headed(results(of, rows))
    assert text == "S-BERT leads with overall .667 (trial 1), .050 above Baseline with .617 (trial 0)."


def test_arms_that_show_the_same_score_are_level() -> None:
    of = study()
    rows = [row(of, 0, "Baseline", (0.4, 0.7, 0.5)), row(of, 1, "S-BERT", (0.4001, 0.7, 0.5))]
    assert headed(results(of, rows)).startswith("S-BERT and Baseline are level: overall .617 (trial 1)")


def test_with_several_seeds_the_headline_compares_means() -> None:
    of = study(seeds=(1, 2), arms={"S-BERT": {}})
    rows = [row(of, seed - 1, "S-BERT", (0.1 * seed, 0.7, 0.5), seed=seed) for seed in (1, 2)]
    expected = "Best of 2 trials: overall .533 ± .017 (mean ± standard error of 2 seeds)."
    assert headed(results(of, rows)) == expected


def test_a_study_without_scores_says_so() -> None:
    assert headed(results(study(), [])) == "No trial is complete yet."
    of = study()
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
    assert progress(count) == "2 of 40 trials finished; 1 failed; 1 running."
    assert missing(found, count, ()) == [
        "38 trials still to come: every number here may change.",
        "No complete trial yet in S-BERT.",
    ]
    assert (
        missing(results(of, []), count, ["table3"])[-1]
        == "Not shown, as the tasks are not the paper's: table3."
    )
