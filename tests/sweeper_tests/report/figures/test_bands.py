"""Means and quartiles by epoch: of the conflict between gradients, and of SMART's weight."""

from statistics import fmean, quantiles
from typing import Any

import pytest

from sweeper.report.figures.conflict import conflict_figure
from sweeper.report.figures.smart import smart_figure
from sweeper.report.results import Results
from sweeper.trial import RunState
from tests.sweeper_tests.made import results, row, study


def measured() -> Results:
    """Four complete trials with PCGrad, one that was pruned, one once more; the baseline measures nothing."""
    arms = {"Baseline": {}, "PCGrad": {"gradient": "pcgrad"}}
    of = study(arms=arms)
    runs = [row(of, n, "PCGrad", (0.4, 0.7, 0.5), seed=n) for n in range(4)]
    runs += [row(of, 4, "PCGrad", None, state=RunState.PRUNED), row(of, 5, "Baseline", (0.4, 0.7, 0.5))]
    runs += [row(of, 6, "PCGrad", (0.4, 0.7, 0.5), seed=0)]
    rows: list[tuple[Any, ...]] = []
    for run in [*runs[:5], runs[6]]:
        for epoch in (1, 2):
            share = (run.number + epoch) / 10
            for pair in ("sst+para", "sst+sts", "para+sts"):
                rows.append((run.number, run.arm, epoch, "train", pair, "conflict", share))
                rows.append((run.number, run.arm, epoch, "train", pair, "cosine", 0.2 - share))
            rows.append((run.number, run.arm, epoch, "train", "sst", "smart_weight", share))
    return results(of, runs, metrics=rows)


def test_conflict_is_the_mean_over_complete_trials_for_each_pair() -> None:
    figure = conflict_figure(measured())
    pairs = ("sst-para", "sst-sts", "para-sts")
    assert [panel.key for panel in figure.panels] == [
        *(f"conflict-{pair}" for pair in pairs),
        *(f"cosine-{pair}" for pair in pairs),
    ]
    assert [key.name for key in figure.legend] == ["PCGrad"]
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
