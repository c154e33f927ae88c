"""The mean of predictions, beside SciPy's softmax and scikit-learn's area."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from model.predictions import Predictions
from sweeper.export.ensembles.average import averaged, outputs_of
from tests.sweeper_tests.export.ensembles.drawn import TASKS, drawn, peer_ensemble


def test_the_mean_is_that_of_probabilities_and_of_scores() -> None:
    runs, picks = [drawn(number) for number in range(4)], [3, 1, 1, 2]
    found, expected = averaged(TASKS, runs, picks), peer_ensemble(runs, picks)
    for name, one in found.items():
        np.testing.assert_allclose(one.predicted, expected[name].predicted, rtol=1e-12)
        assert one.same_rows(runs[0][name])
    shares = [softmax(run["sst"].scores.astype(float), axis=1) for run in runs]  # type: ignore[union-attr]
    mean = np.average(shares, axis=0, weights=picks)
    np.testing.assert_allclose(outputs_of(TASKS["sst"], found["sst"]), mean, rtol=1e-6)


def test_one_network_alone_predicts_what_it_predicted() -> None:
    run = drawn(0)
    for name, one in averaged(TASKS, [run], [1]).items():
        np.testing.assert_array_equal(one.predicted, run[name].predicted)


def test_an_area_under_the_curve_is_that_of_the_mean_probability() -> None:
    task = TASKS["para"].model_copy(update={"metric": "auc"})
    runs = [{"para": drawn(number)["para"]} for number in range(3)]
    mean = np.mean([softmax(run["para"].scores.astype(float), axis=1)[:, 1] for run in runs], axis=0)  # type: ignore[union-attr]
    found = averaged({"para": task}, runs, [1, 1, 1])["para"]
    assert task.score(found) == pytest.approx(roc_auc_score(found.labels, mean), abs=1e-12)


def test_the_largest_logits_stay_finite() -> None:
    logits = np.array([[3e38, -3e38], [-3e38, 3e38], [0, 0]], dtype=np.float32)
    run = Predictions(np.array(["a", "b", "c"]), np.array([0.0, 1, 0]), np.array([0.0, 1, 1]), scores=logits)
    found = averaged({"para": TASKS["para"]}, [{"para": run}] * 2, [1, 1])["para"]
    assert found.whole
    assert found.predicted.tolist() == [0, 1, 0]
