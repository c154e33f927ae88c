"""What a trial records of a metric that is own code, against closed forms and our own metrics."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from model.errors import PluginError
from model.metrics.accuracy import Accuracy
from model.metrics.own import (
    RESAMPLES,
    OwnMetric,
    RecordedMetric,
    bootstrap_of,
    recorded_scores,
    score_of,
)
from model.predictions import Predictions

RNG = np.random.default_rng(3)
LABELS = RNG.integers(0, 5, 400).astype(np.float64)
RIGHT = np.where(RNG.random(400) < 0.7, LABELS, (LABELS + 1) % 5)
OTHER = np.where(RNG.random(400) < 0.6, LABELS, (LABELS + 1) % 5)


class OwnAccuracy(OwnMetric):
    description, labels = "accuracy", "classes"

    def score(self, predictions: np.ndarray, labels: np.ndarray) -> float:
        return float(np.mean(predictions == labels))


def predicted(answers: np.ndarray) -> Predictions:
    made = Predictions(np.arange(len(answers)).astype(np.str_), answers, LABELS)
    return replace(made, bootstrap=recorded_scores(OwnAccuracy(), answers, LABELS))


def test_the_recorded_resamples_have_the_spread_of_a_binomial() -> None:
    score, *resampled = bootstrap_of(OwnAccuracy(), RIGHT, LABELS)
    share = np.mean(RIGHT == LABELS)
    assert score == share
    assert len(resampled) == RESAMPLES
    error = np.sqrt(share * (1 - share) / len(LABELS))
    assert np.mean(resampled) == pytest.approx(share, abs=4 * error / np.sqrt(RESAMPLES))
    assert np.std(resampled) == pytest.approx(error, rel=4 / np.sqrt(2 * RESAMPLES))
    low, high = np.percentile(resampled, [2.5, 97.5])
    assert high - low == pytest.approx(2 * norm.ppf(0.975) * error, rel=0.1)


def test_runs_are_scored_on_the_same_rows_as_our_own_metric_scores_them() -> None:
    recorded = RecordedMetric("own", "own.py", {})
    runs = np.stack([recorded.given(predicted(answers)) for answers in (RIGHT, OTHER)])
    ours = recorded.resampled(runs, LABELS, RESAMPLES, np.random.default_rng(0))
    theirs = Accuracy().resampled(np.stack([RIGHT, OTHER]), LABELS, RESAMPLES, np.random.default_rng(0))
    # A difference on the same rows is known better than one on rows drawn apart.
    assert np.std(ours[0] - ours[1]) == pytest.approx(np.std(theirs[0] - theirs[1]), rel=0.1)
    assert recorded.score(runs[0], LABELS) == Accuracy().score(RIGHT, LABELS)
    live = OwnAccuracy().resampled(np.stack([RIGHT, OTHER]), LABELS, RESAMPLES, np.random.default_rng(0))
    assert np.array_equal(ours, live)


def test_rows_that_runs_predict_alike_do_not_count_as_differing() -> None:
    recorded = RecordedMetric("own", "own.py", {})
    ours, theirs = (
        recorded.contributions(recorded.given(predicted(one))[None], LABELS) for one in (RIGHT, OTHER)
    )
    assert len(ours) == 1 + RESAMPLES + len(LABELS)
    assert np.count_nonzero((ours != theirs).any(axis=1)) == np.count_nonzero(RIGHT != OTHER)


def test_tasks_are_drawn_from_independently() -> None:
    one = bootstrap_of(OwnAccuracy(), RIGHT, LABELS)[1:]
    other = bootstrap_of(OwnAccuracy(), RIGHT[::-1].copy(), LABELS[::-1].copy())[1:]
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(RESAMPLES)


def test_predictions_that_no_trial_made_have_no_score() -> None:
    made = predicted(RIGHT)
    for other in (replace(made, predicted=OTHER), replace(made, predicted=RIGHT[:200], labels=LABELS[:200])):
        with pytest.raises(PluginError, match="these predictions are of none"):
            RecordedMetric("own", "own.py", {}).given(other)
    with pytest.raises(
        PluginError, match=r"metric own is own code of own\.py: it is computed in trials alone"
    ):
        RecordedMetric("own", "own.py", {}).given(replace(predicted(RIGHT), bootstrap=None))


class Given(OwnAccuracy):
    """Gives what it is told to."""

    def __init__(self, answers: Callable[[np.ndarray], object]) -> None:
        super().__init__()
        self.answers = answers

    def score(self, predictions: np.ndarray, labels: np.ndarray) -> float:
        return self.answers(labels)  # type: ignore[return-value]


def test_a_score_of_another_type_is_a_number_as_json_knows_it() -> None:
    assert type(score_of(Given(lambda labels: np.float32(0.25)), RIGHT, LABELS)) is float
    assert score_of(Given(lambda labels: np.float32(0.25)), RIGHT, LABELS) == 0.25
    for wrong in (None, "high", [0.1, 0.2]):
        with pytest.raises(PluginError, match=f"Given: score gives a {type(wrong).__name__}, expected a num"):
            score_of(Given(lambda labels, wrong=wrong: wrong), RIGHT, LABELS)


def test_a_metric_that_has_no_score_of_some_rows_says_so_at_once() -> None:
    """Its record would not be finite, and reports would take the predictions for damaged."""
    rare = np.append(np.zeros(30), 1.0)
    undefined = Given(lambda labels: 0.5 if labels.any() else np.nan)
    with pytest.raises(PluginError, match=r"Given: score gives nan for \d+ of 2,000 sets of rows drawn"):
        recorded_scores(undefined, rare, rare)
    kept = recorded_scores(Given(lambda labels: 0.5), rare, rare)
    assert np.isfinite(kept).all()


def test_a_score_beyond_its_bounds_is_refused_but_for_an_error_above_them() -> None:
    with pytest.raises(PluginError, match=r"Given: score gives 57, and its bounds are 0 to 1"):
        recorded_scores(Given(lambda labels: 57.0), RIGHT, LABELS)
    error = Given(lambda labels: 57.0)
    error.higher_is_better = False  # type: ignore[misc]
    assert recorded_scores(error, RIGHT, LABELS)[0] == 57
    error.answers = lambda labels: -0.1
    with pytest.raises(PluginError, match=r"score gives -0\.1"):
        recorded_scores(error, RIGHT, LABELS)
