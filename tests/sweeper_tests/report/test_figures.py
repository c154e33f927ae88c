from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sweeper.report.figures import FIGURES, study_figures
from sweeper.report.figures.drawing import COLOURS
from sweeper.report.figures.history import history_figure
from sweeper.report.figures.joined import joined
from sweeper.report.figures.learning import learning_figure
from sweeper.report.figures.slice import slices_figure
from sweeper.report.figures.tradeoff import tradeoff_figure
from sweeper.report.statistics.comparison import Comparisons
from sweeper.trial import TrialRow
from tests.sweeper_tests.made import PARAMS, results, row, study


def trials() -> list[TrialRow]:
    of = study()
    settings = [PARAMS, PARAMS | {"dropout": 0.5}, PARAMS | {"learning_rate": 1e-3}]
    return [
        row(of, n, arm, (0.4 + 0.01 * n, 0.7, 0.5), params=settings[n // 2])
        for n, arm in enumerate(["Baseline", "S-BERT"] * 3)
    ]


def test_every_figure_is_drawn_once_a_trial_is_complete() -> None:
    found = results(study(), trials())
    figures = study_figures(found)
    assert [(figure.key, len(figure.panels)) for figure in figures] == [
        ("history", 1),
        ("curves", 1),
        ("learning", 3),
        ("tradeoff", 3),
        ("slices", 3),
        ("parallel", 1),
        ("timeline", 1),
    ]
    keys = [panel.key for figure in figures for panel in figure.panels]
    assert len(set(keys)) == len(keys)
    assert all(key.replace("-", "").replace("_", "").isalnum() for key in keys)
    assert study_figures(results(study(), [])) == []
    assert all(draw(found, Comparisons(found)).key == key for key, draw in FIGURES.items())


def test_the_history_shows_every_trial_and_the_best_so_far() -> None:
    rows = trials()
    (panel,) = history_figure(results(study(), rows)).panels
    best, *lines = panel.drawing.data[:3]
    arms = panel.drawing.data[3:]
    overall = [(run.scores or {})["overall"] for run in rows]
    assert heights(best, range(6)) == pytest.approx([max(overall[: n + 1]) for n in range(6)], rel=1e-3)
    for arm, line in enumerate(lines):
        own = [max(overall[arm : n + 1 : 2]) for n in range(arm, 6)]
        assert heights(line, range(arm, 6)) == pytest.approx(own, rel=1e-3)
    assert [list(arm.x) for arm in arms] == [[0, 2, 4], [1, 3, 5]]
    for arm, expected in zip(arms, (overall[0::2], overall[1::2]), strict=True):
        assert list(arm.y) == pytest.approx(expected, rel=1e-3)
    assert [arm.marker.color for arm in arms] == [line.line.color for line in lines] == list(COLOURS[:2])


def heights(line: Any, at: Iterable[int]) -> list[float]:
    """Where a line in steps stands at each x."""
    assert line.line.shape == "hv"
    return [[y for x, y in zip(line.x, line.y, strict=True) if x <= place][-1] for place in at]


def test_the_best_so_far_needs_a_point_for_each_rise_only() -> None:
    of = study()
    overall = (0.40, 0.39, 0.45, 0.45, 0.41)
    found = results(of, [row(of, n, "S-BERT", (sst, 0.7, 0.5)) for n, sst in enumerate(overall)])
    line = history_figure(found).panels[0].drawing.data[0]
    assert list(line.x) == [0, 2, 4]


def test_training_stands_dotted_beside_dev_for_the_best_trial_of_each_arm() -> None:
    figure = learning_figure(results(study(), trials()))
    lines = figure.panels[0].drawing.data
    assert [line.line.dash for line in lines] == ["solid", "dot"] * 2
    dev, train = lines[2], lines[3]  # trial 5: sst .45 at its best epoch, the second
    assert list(dev.x) == [1, 2, 3]
    assert [round(value, 6) for value in dev.y] == [0.42, 0.45, 0.42]
    assert all(above > below for above, below in zip(train.y, dev.y, strict=True))


def test_the_front_of_two_tasks_links_the_trials_that_none_beats_in_both() -> None:
    of = study()
    points = [
        (0.5, 0.1),
        (0.4, 0.3),
        (0.4, 0.2),
        (0.3, 0.3),
        (0.1, 0.9),
    ]  # the third and the fourth are beaten
    found = results(of, [row(of, n, "S-BERT", (sst, para, 0.0)) for n, (sst, para) in enumerate(points)])
    line = tradeoff_figure(found).panels[0].drawing.data[0]
    assert (line.name, list(zip(line.x, line.y, strict=True))) == (
        "front",
        [(0.1, 0.9), (0.4, 0.3), (0.5, 0.1)],
    )


def test_trials_on_other_dev_rows_have_a_front_of_their_own() -> None:
    """Baseline scores more in both tasks, on other rows."""
    of = study()
    rows = [
        row(of, n, arm, (*scores, 0.0))
        for n, (arm, scores) in enumerate(
            [("S-BERT", (0.5, 0.1)), ("S-BERT", (0.4, 0.3)), ("S-BERT", (0.3, 0.2)), ("Baseline", (0.8, 0.9))]
        )
    ]
    alone = tradeoff_figure(results(of, rows))
    assert [line.x for line in alone.panels[0].drawing.data if line.name == "front"] == [(0.8,)]
    apart = tradeoff_figure(
        replace(results(of, rows), grounds={"Baseline": "one@demo", "S-BERT": "other@demo"})
    )
    fronts = [line for line in apart.panels[0].drawing.data if line.name == "front"]
    assert [(line.x, line.y) for line in fronts] == [((0.8,), (0.9,)), ((0.4, 0.5), (0.3, 0.1))]
    assert "The grey line is the Pareto front" in alone.caption
    assert "Grey lines are Pareto fronts: trials that none of those in one ranking with them" in apart.caption


def test_choices_stand_apart_and_log_ranges_on_a_log_axis() -> None:
    rate, dropout, _ = (panel.drawing for panel in slices_figure(results(study(), trials())).panels)
    assert rate.layout.xaxis.type == "log"
    assert (dropout.layout.xaxis.type, list(dropout.layout.xaxis.categoryarray)) == (
        "category",
        ["0.1", "0.3", "0.5"],
    )
    assert list(dropout.data[0].x) == ["0.3", "0.5", "0.3"]


def test_one_arm_needs_no_legend() -> None:
    found = results(study(), trials()[1::2])
    assert history_figure(found).legend == ()
    assert [key.name for key in history_figure(results(study(), trials())).legend] == ["Baseline", "S-BERT"]


def test_names_are_no_markup_to_plotly() -> None:
    name = "<b>bold</b> %{y} & <a href='x'>link</a>"
    of = study(arms={name: {}, "other": {}})
    found = results(of, [row(of, 0, name, (0.4, 0.7, 0.5)), row(of, 1, "other", (0.4, 0.7, 0.5))])
    for figure in study_figures(found):
        for panel in figure.panels:
            drawn = panel.drawing.to_json()
            assert "<b>" not in drawn.replace("\\u003c", "<")
            assert "hovertemplate" not in drawn


def test_the_panels_of_a_figure_stand_under_each_other_as_they_are() -> None:
    for figure in study_figures(results(study(), trials())):
        whole, panels = joined(figure), figure.panels
        assert [trace.y for trace in whole.data] == [t.y for one in panels for t in one.drawing.data]
        titles = {note.text for note in whole.layout.annotations} | {whole.layout.title.text}
        assert {panel.title for panel in panels} <= titles
        for number, panel in enumerate(panels, start=1):
            axis = whole.layout[f"xaxis{number}" if number > 1 else "xaxis"]
            assert axis.title.text == panel.drawing.layout.xaxis.title.text
            assert axis.type == panel.drawing.layout.xaxis.type
            assert axis.range == panel.drawing.layout.xaxis.range
