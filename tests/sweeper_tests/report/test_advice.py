"""What a report suggests, each from trials made to suggest it."""

from dataclasses import replace

from sweeper.report.advice import advice
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.made import PARAMS, results, row, study


def said(found: Results) -> list[str]:
    return advice(found, Comparisons(found))


def trial(number: int, best_epoch: int, **params: float) -> TrialRow:
    run = row(study(), number, "S-BERT", (0.5, 0.6, 0.1 * number), params=PARAMS | params)
    return replace(run, best_epoch=best_epoch)


def with_epochs(rows: list[TrialRow], epochs: int) -> Results:
    found = results(study(), rows)
    return replace(found, trials=found.trials.assign(epochs=epochs))


def test_a_study_without_scores_suggests_nothing() -> None:
    assert said(results(study(), [])) == []


def test_the_end_of_a_range_is_named() -> None:
    found = with_epochs(
        [trial(0, 4), trial(1, 4, learning_rate=2e-3), trial(2, 2, learning_rate=9.9e-3)], epochs=4
    )
    assert said(found) == [
        "Next: confirm the best configuration at fresh seeds: sweeper confirm made@demo --seeds 5",
        "The best learning_rate, 9.9e-3, lies at the upper end of its range: widen it.",
    ]


def test_overfitting_shows_in_the_best_epochs() -> None:
    found = with_epochs(
        [trial(number, 1, learning_rate=2e-3 + number * 1e-4) for number in range(3)], epochs=4
    )
    assert said(found)[1:] == [
        "In 3 of 3 trials the best epoch came in the first half: fewer epochs do, or more regularisation."
    ]


def test_an_unfinished_study_is_not_to_be_confirmed_yet() -> None:
    rows = [trial(0, 3), trial(1, 3, learning_rate=2e-3)]
    running = row(study(), 2, "S-BERT", state=RunState.RUNNING)
    assert not any(text.startswith("Next") for text in said(with_epochs([*rows, running], 4)))


def test_failures_are_counted_by_class() -> None:
    failed = [row(study(), number, "S-BERT", state=RunState.FAILED, error="NaN") for number in (3, 4)]
    found = with_epochs([trial(0, 3, learning_rate=2e-3), *failed], 4)
    assert said(found)[-1] == "2 trials failed, 2 of class error: see the failed trials."


def test_more_seeds_are_not_advised_after_a_look(made: Results) -> None:
    assert said(made)[0].endswith("sweeper confirm made@demo --seeds 5")
    confirmation = replace(made, name="made-confirm@demo")
    for found in (replace(made, confirmation=confirmation), confirmation):
        assert not any(text.startswith("Next") for text in said(found))


def test_the_end_of_a_range_of_few_values_is_an_end() -> None:
    of = study(space={"encoder.layers": {"low": 1, "high": 4}})
    best = row(of, 1, "S-BERT", (0.6, 0.6, 0.6), params={"encoder.layers": 4})
    found = results(of, [row(of, 0, "S-BERT", (0.5, 0.6, 0.5), params={"encoder.layers": 3}), best])
    assert said(found)[1:] == ["The best encoder.layers, 4, lies at the upper end of its range: widen it."]
