"""A small part of ``benchmarks.claims``: how often a report claims what is not so, and finds what is."""

import numpy as np
import pytest

from benchmarks.claims import (
    ARMS,
    coverage,
    dealt,
    false_verdicts,
    nine,
    populations,
    power,
    swapped,
    trained,
    truth,
)
from model.metrics import METRICS


@pytest.mark.parametrize(("seeds", "most"), [(1, 0.0), (3, 0.12)])
def test_identical_arms_are_seldom_told_apart(seeds: int, most: float) -> None:
    """Of 60 deals seven at most, where five in a hundred are false; none with one seed."""
    for deal in (dealt, swapped):
        assert false_verdicts(deal, seeds, 60) <= most


def test_nine_identical_arms_are_seldom_told_apart_and_a_true_difference_is_found() -> None:
    assert max(nine(3, matched=True, studies=8)) <= 0.25
    assert power(0.04, 5, 20) > 0.9
    assert coverage(5, 60) >= 0.85


def test_the_networks_are_those_of_the_demo() -> None:
    runs, tasks = trained()
    scores = {
        arm: [METRICS["accuracy"].score(run["para"].predicted, run["para"].labels) for run in own]
        for arm, own in runs.items()
    }
    assert {arm: len(own) for arm, own in scores.items()} == dict.fromkeys(ARMS, 40)
    assert all(np.std(own) > 0 for own in scores.values())
    assert list(tasks) == ["sst", "para", "sts"]


def test_the_truth_of_the_simulation_is_the_mean_of_very_many_rows() -> None:
    rng = np.random.default_rng(9)
    found = []
    for _ in range(40):
        [run] = populations(rng, 1, rows=20_000).values()
        accuracy = np.mean(run["sst"].predicted == run["sst"].labels)
        r = np.corrcoef(run["sts"].predicted, run["sts"].labels)[0, 1]
        found.append((accuracy + (r + 1) / 2) / 2)
    assert truth() == pytest.approx(np.mean(found), abs=4 * np.std(found) / np.sqrt(len(found)))
