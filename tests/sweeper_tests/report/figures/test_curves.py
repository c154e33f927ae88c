"""Figures by epoch: all learning curves, conflict between gradients, SMART's weight."""

from typing import Any

import pytest

from sweeper.report.figures.curves import curves_figure
from sweeper.report.figures.drawing import DRAWN
from sweeper.report.results import Results
from sweeper.trial import RunState
from tests.sweeper_tests.made import results, row, study

ENDS = ["complete", "complete", "complete", "pruned", "pruned", "failed", "running"]


def curves(ends: list[str] = ENDS) -> Results:
    """Trials with 3 epochs if they are complete, otherwise fewer; `overall` is .1 trial + .01 epoch."""
    of = study()
    runs = [
        row(
            of,
            n,
            ("Baseline", "S-BERT")[n % 2],
            (0.4 + 0.01 * n, 0.7, 0.5) if end == "complete" else None,
            state=RunState(end),
        )
        for n, end in enumerate(ends)
    ]
    rows = [
        (run.number, run.arm, epoch, "dev", "overall", "overall", 0.1 * run.number + 0.01 * epoch)
        for run in runs
        for epoch in range(1, 4 if run.state is RunState.COMPLETE else 1 + run.number % 3)
    ]
    return results(of, runs, metrics=rows)


def split(trace: Any) -> list[list[tuple[int, float]]]:
    """The curves of a trace that holds several, with gaps between them."""
    found: list[list[tuple[int, float]]] = [[]]
    for x, y in zip(trace.x, trace.y, strict=True):
        if x is None:
            found.append([])
        else:
            found[-1].append((x, y))
    return [curve for curve in found if curve]


def test_every_trial_has_its_curve_by_state_and_the_best_is_thick() -> None:
    (panel,) = curves_figure(curves()).panels
    lines = {trace.name: trace for trace in panel.drawing.data if trace.mode == "lines"}
    points = {trace.name: trace for trace in panel.drawing.data if trace.mode == "markers"}
    assert list(lines) == ["failed", "Baseline", "S-BERT", "trial 2, the best"]
    assert list(points) == ["pruned", "Baseline", "S-BERT"]

    def curve(trial: int, epochs: int) -> list[tuple[int, float]]:
        return [(epoch, pytest.approx(0.1 * trial + 0.01 * epoch)) for epoch in range(1, epochs + 1)]

    # One epoch is a point, for a line needs two.
    assert split(points["pruned"]) == [curve(4, 1)]
    assert split(lines["failed"]) == [curve(5, 2)]
    assert split(lines["Baseline"]) == [curve(0, 3), curve(2, 3)]
    assert split(lines["S-BERT"]) == [curve(1, 3)]
    assert split(lines["trial 2, the best"]) == [curve(2, 3)]
    assert (lines["failed"].line.dash, lines["failed"].line.color) == ("dot", "#888888")
    assert lines["trial 2, the best"].line.width > 3 * lines["Baseline"].line.width


def test_the_sign_of_an_arm_stands_at_the_end_of_each_of_its_curves_and_in_the_legend() -> None:
    figure = curves_figure(curves())
    (panel,) = figure.panels
    ends = {trace.name: trace for trace in panel.drawing.data if trace.mode == "markers" and trace.showlegend}
    assert split(ends["Baseline"]) == [[(3, pytest.approx(0.03))], [(3, pytest.approx(0.23))]]
    for key in figure.legend:
        assert (ends[key.name].marker.symbol, ends[key.name].marker.color) == (key.symbol, key.colour)
    assert [key.symbol for key in figure.legend] == ["circle", "square"]


def test_of_thousands_of_curves_some_are_left_out_and_the_caption_says_how_many() -> None:
    few, many = curves_figure(curves()), curves_figure(curves(["complete"] * (3 * DRAWN)))
    assert "Drawn are" not in few.caption
    drawn = {trial for trace in many.panels[0].drawing.data for trial in trace.hovertext if trial}
    assert DRAWN <= len(drawn) <= DRAWN + 2
    assert f"Drawn are {len(drawn):,} of 3,000 trials" in many.caption
    assert {"trial 2998", "trial 2999"} <= drawn, "the best of each arm"
    assert len(many.panels[0].drawing.data) == 5
