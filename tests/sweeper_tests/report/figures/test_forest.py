"""The figure that a report begins with: numbers beside those of the comparisons."""

from dataclasses import replace

import pytest

from sweeper.report.figures import forest
from sweeper.report.figures.forest import forest_figure
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.paired import Verdict


def test_means_intervals_band_and_verdicts(made: Results) -> None:
    compared = Comparisons(made)
    [panel] = forest_figure(made, compared).panels
    drawn = panel.drawing
    assert (
        list(drawn.layout.yaxis.categoryarray) == [f"{one.arm} (3 seeds)" for one in compared.leaders][::-1]
    )
    for trace, one in zip(drawn.data, compared.leaders, strict=True):
        interval = (compared.intervals(one) or {})["overall"]
        [low, middle, high] = [
            trace.x[0] - trace.error_x.arrayminus[0],
            trace.x[0],
            trace.x[0] + trace.error_x.array[0],
        ]
        assert [low, middle, high] == pytest.approx([interval.low, one.mean, interval.high], abs=1e-4)
    reference = next(one for one in compared.leaders if one.arm == "A")
    order = [one.arm for one in compared.leaders][::-1]
    for band, each in zip(drawn.layout.shapes, compared.declared, strict=True):
        assert each.detectable is not None
        most = each.detectable.difference
        assert (band.x0, band.x1) == pytest.approx((reference.mean - most, reference.mean + most))
        assert round((band.y0 + band.y1) / 2) == order.index(each.ours.arm)
    assert {trace.marker.symbol for trace in drawn.data} == {"circle"}


def test_what_is_not_told_apart_is_hollow_and_one_seed_has_no_band(made: Results) -> None:
    even = replace(made, pairs=(("B", "C"),))
    assert Comparisons(even).declared[0].verdict is Verdict.UNDECIDED
    [panel] = forest_figure(even, Comparisons(even)).panels
    symbols = {trace.name: trace.marker.symbol for trace in panel.drawing.data}
    assert symbols == {"A": "diamond-open", "B": "circle-open", "C": "circle"}
    single = replace(made, trials=made.trials[made.trials["seed"] == 1])
    figure = forest_figure(single, Comparisons(single))
    assert not figure.panels[0].drawing.layout.shapes
    assert {trace.marker.symbol for trace in figure.panels[0].drawing.data} == {"diamond-open"}
    assert "Diamonds: not compared with A, or with one training seed" in figure.caption


def test_an_arm_that_nobody_compares_is_neither_hollow_nor_filled(made: Results) -> None:
    one = replace(made, pairs=(("B", "A"),))
    figure = forest_figure(one, Comparisons(one))
    symbols = {trace.name: trace.marker.symbol for trace in figure.panels[0].drawing.data}
    assert symbols == {"A": "circle", "B": "circle", "C": "diamond-open"}
    assert "Diamonds: not compared with A" in figure.caption
    assert "Diamonds" not in forest_figure(made, Comparisons(made)).caption


def test_one_arm_needs_no_forest(made: Results) -> None:
    alone = replace(made, trials=made.trials[made.trials["arm"] == "A"])
    assert forest_figure(alone, Comparisons(alone)).panels == ()


def test_of_more_arms_than_are_drawn_no_band_is_of_one_that_is_not(
    made: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forest, "DRAWN_APART", 1)
    [panel] = forest_figure(made, Comparisons(made)).panels
    drawn = [trace.name for trace in panel.drawing.data]
    assert len(drawn) == 2
    assert "A" in drawn
    assert len(panel.drawing.layout.shapes) == 1
