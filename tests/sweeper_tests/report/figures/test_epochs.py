"""Figures by epoch: all learning curves, conflict between gradients, SMART's weight."""

from dataclasses import replace
from statistics import fmean, quantiles
from typing import Any

import pandas as pd
import pytest

from sweeper.report.figures.conflict import conflict_figure
from sweeper.report.figures.curves import curves_figure
from sweeper.report.figures.drawing import DRAWN
from sweeper.report.figures.smart import smart_figure
from sweeper.report.results import Results
from sweeper.trial import RunState
from tests.sweeper_tests.made import results, row, study

ENDS = ["complete", "complete", "complete", "pruned", "pruned", "failed", "running"]


def with_epochs(found: Results, rows: list[tuple[Any, ...]]) -> Results:
    """The same results with other rows for their epochs: number, arm, epoch, split, task, metric, value."""
    return replace(found, epochs=pd.DataFrame(rows, columns=found.epochs.columns))


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
    return with_epochs(results(of, runs), rows)


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


def measured() -> Results:
    """Four complete trials with PCGrad and one that was pruned; the baseline measures nothing."""
    arms = {"Baseline": {}, "PCGrad": {"gradient": "pcgrad"}}
    of = study(arms=arms)
    runs = [row(of, n, "PCGrad", (0.4, 0.7, 0.5)) for n in range(4)]
    runs += [row(of, 4, "PCGrad", None, state=RunState.PRUNED), row(of, 5, "Baseline", (0.4, 0.7, 0.5))]
    rows: list[tuple[Any, ...]] = []
    for run in runs[:5]:
        for epoch in (1, 2):
            share = (run.number + epoch) / 10
            for pair in ("sst+para", "sst+sts", "para+sts"):
                rows.append((run.number, run.arm, epoch, "train", pair, "conflict", share))
                rows.append((run.number, run.arm, epoch, "train", pair, "cosine", 0.2 - share))
            rows.append((run.number, run.arm, epoch, "train", "sst", "smart_weight", share))
    return with_epochs(results(of, runs), rows)


def test_conflict_is_the_mean_over_complete_trials_for_each_pair() -> None:
    figure = conflict_figure(measured())
    pairs = ("sst-para", "sst-sts", "para-sts")
    assert [panel.key for panel in figure.panels] == [
        *(f"conflict-{pair}" for pair in pairs),
        *(f"cosine-{pair}" for pair in pairs),
    ]
    assert [arm for arm, _ in figure.legend] == ["PCGrad"]
    shares = [[(n + epoch) / 10 for n in range(4)] for epoch in (1, 2)]
    for panel, sign, offset in ((figure.panels[0], 1, 0.0), (figure.panels[3], -1, 0.2)):
        shade, line = panel.drawing.data
        values = [[offset + sign * share for share in own] for own in shares]
        assert (line.name, list(line.x)) == ("PCGrad", [1, 2])
        assert list(line.y) == pytest.approx([fmean(own) for own in values])
        low, _, high = zip(*(quantiles(own, n=4, method="inclusive") for own in values), strict=True)
        assert list(shade.y) == pytest.approx([*high, *reversed(low)])


def test_smart_is_drawn_for_the_tasks_on_which_it_acts() -> None:
    figure = smart_figure(measured())
    assert [panel.key for panel in figure.panels] == ["smart-sst"]
    assert list(figure.panels[0].drawing.data[1].y) == pytest.approx([0.25, 0.35])


def test_without_measurements_nothing_is_drawn() -> None:
    found = results(study(), [row(study(), 0, "S-BERT", (0.4, 0.7, 0.5))])
    assert conflict_figure(found).panels == smart_figure(found).panels == ()
