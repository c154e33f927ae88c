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
    traces = {trace.name: trace for trace in panel.drawing.data}
    assert list(traces) == ["pruned", "failed", "Baseline", "S-BERT", "trial 2, the best"]

    def curve(trial: int, epochs: int) -> list[tuple[int, float]]:
        return [(epoch, pytest.approx(0.1 * trial + 0.01 * epoch)) for epoch in range(1, epochs + 1)]

    assert split(traces["pruned"]) == [curve(4, 1)]
    assert split(traces["failed"]) == [curve(5, 2)]
    assert split(traces["Baseline"]) == [curve(0, 3), curve(2, 3)]
    assert split(traces["S-BERT"]) == [curve(1, 3)]
    assert split(traces["trial 2, the best"]) == [curve(2, 3)]
    # One epoch is a point, for a line needs two.
    assert traces["pruned"].mode == "markers"
    assert (traces["failed"].line.dash, traces["failed"].line.color) == ("dot", "#888888")
    assert traces["trial 2, the best"].line.width > 3 * traces["Baseline"].line.width


def test_of_thousands_of_curves_some_are_left_out_and_the_caption_says_how_many() -> None:
    few, many = curves_figure(curves()), curves_figure(curves(["complete"] * (3 * DRAWN)))
    assert "Drawn are" not in few.caption
    drawn = {trial for trace in many.panels[0].drawing.data for trial in trace.hovertext if trial}
    assert DRAWN <= len(drawn) <= DRAWN + 2
    assert f"Drawn are {len(drawn):,} of 3,000 trials" in many.caption
    assert {"trial 2998", "trial 2999"} <= drawn, "the best of each arm"
    assert len(many.panels[0].drawing.data) == 3
