"""Figures of studies with thousands of trials stay small, and say what they leave out."""

from dataclasses import replace
from itertools import pairwise

import pytest

from sweeper.report.figures import study_figures
from sweeper.report.figures.drawing import DRAWN, round_all, sample
from sweeper.report.results import DRAWN_APART, Results, best_per_arm
from tests.sweeper_tests.made import PARAMS, results, row, study


def many(number: int) -> Results:
    of = study()
    first = row(of, 0, "Baseline", (0.4, 0.7, 0.5))
    rows = []
    for n in range(number):
        sst = 0.3 + 0.2 * (n * 7919 % 1009) / 1009
        scores = {"overall": (sst + 0.7 + 0.75) / 3, "sst": sst, "para": 0.7, "sts": 0.5}
        params = PARAMS | {"learning_rate": 5e-4 * 10 ** (1.3 * (n * 31 % 997) / 997)}
        rows.append(replace(first, number=n, arm=("Baseline", "S-BERT")[n % 2], params=params, scores=scores))
    return results(of, rows)


@pytest.mark.parametrize("number", [DRAWN, 3 * DRAWN])
def test_the_size_of_the_figures_is_bounded(number: int) -> None:
    figures = study_figures(many(number))
    size = sum(len(panel.drawing.to_json()) for figure in figures for panel in figure.panels)
    assert size < 1_000_000
    said = {figure.key for figure in figures if "Drawn are" in figure.caption}
    expected = {"history", "curves", "tradeoff", "slices", "parallel", "timeline"}
    assert said == (expected if number > DRAWN else set())
    traces = [len(panel.drawing.data) for figure in figures for panel in figure.panels]
    assert max(traces) <= 12


def test_of_many_arms_the_best_are_told_apart_and_every_trial_is_drawn() -> None:
    of = study(arms={f"arm {n}": {} for n in range(100)})
    scores = [(0.3 + 0.004 * (n * 7 % 100), 0.7, 0.5) for n in range(100)]
    found = results(of, [row(of, n, f"arm {n}", each) for n, each in enumerate(scores)])
    best = {f"arm {n}" for n, (sst, *_) in enumerate(scores) if sst > 0.3 + 0.004 * 63}
    assert set(found.told_apart) == best
    for figure in study_figures(found):
        assert max(len(panel.drawing.data) for panel in figure.panels) <= 2 * DRAWN_APART + 3
        if figure.key in ("history", "tradeoff", "slices"):
            assert {key.name for key in figure.legend} == best
            assert "Of 100 arms the 36 with the best configurations are told apart" in figure.caption
            points = [trace for trace in figure.panels[0].drawing.data if trace.mode == "markers"]
            assert sum(len(trace.x) for trace in points) == 100
            looks = {(trace.marker.color, trace.marker.symbol) for trace in points}
            assert len(looks) == len(points) == DRAWN_APART + 1


def test_a_sample_is_even_and_holds_the_best_of_each_arm_and_what_is_asked_for() -> None:
    found = many(5 * DRAWN)
    trials, sentence = sample(found, found.complete, keep=[3])
    numbers = trials["number"].tolist()
    assert numbers == sorted(set(numbers))
    best = set(best_per_arm(found).values())
    assert best | {0, 3, 5 * DRAWN - 1} <= set(numbers)
    assert len(numbers) <= DRAWN + 3
    gaps = [after - before for before, after in pairwise(numbers)]
    assert max(gaps) <= 6
    assert f"{len(numbers):,} of 5,000" in sentence
    assert sample(found, found.complete.head(DRAWN))[1] == ""


def test_numbers_are_rounded_to_four_digits() -> None:
    assert round_all([0.123456, 12345.6, 1.23456e-6, 3.0, float("nan"), None, float("inf")]) == [
        *(0.1235, 12350, 1.235e-06, 3, None, None, None)
    ]
