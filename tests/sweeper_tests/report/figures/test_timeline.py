"""The time line of workers and the settings side by side."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pandas as pd

from sweeper.report.figures.drawing import DRAWN
from sweeper.report.figures.timeline import place_in_lanes, timeline_figure
from sweeper.study.study import Study
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.made import BEGUN, results, row, study

SPANS = {0: (0, 30), 1: (0, 10), 2: (10, 25), 3: (25, 40), 4: (30, 45), 5: (5, 15)}
"""Seconds at which trials began and ended; the last on a driver of its own."""


def ran(of: Study, number: int, begun: float, ended: float | None, owner: str = "host:1:a") -> TrialRow:
    state = RunState.RUNNING if ended is None else RunState.COMPLETE
    scores = None if ended is None else (0.4 + 0.01 * number, 0.7, 0.5)
    return replace(
        row(of, number, "S-BERT", scores, state=state),
        owner=owner,
        started=BEGUN + timedelta(seconds=begun),
        finished=None if ended is None else BEGUN + timedelta(seconds=ended),
    )


def lanes(runs: list[TrialRow]) -> pd.DataFrame:
    trials = results(study(), runs).trials.dropna(subset="started")
    return place_in_lanes(trials.sort_values(["started", "number"])).set_index("number")


def test_trials_that_ran_at_once_lie_side_by_side_on_as_few_lanes_as_can_be() -> None:
    of = study()
    runs = [ran(of, n, *span, owner=f"host:{int(n == 5)}:a") for n, span in SPANS.items()]
    frame = lanes(runs)
    for one, other in combinations(frame.itertuples(), 2):
        if one.lane == other.lane:
            assert one.end <= other.begin or other.end <= one.begin
    # Never more than two of the first driver's ran at once; the other driver has a lane of its own.
    assert frame["lane"].to_dict() == {0: 0, 1: 1, 2: 1, 3: 1, 4: 0, 5: 2}
    assert {n: (frame["begin"][n], frame["end"][n]) for n in SPANS} == SPANS


def test_bars_have_the_colour_of_their_state_and_run_to_now() -> None:
    of = study()
    runs = [ran(of, 0, 0, 50), ran(of, 1, 20, None), row(of, 2, "S-BERT", state=RunState.QUEUED)]
    runs[2] = replace(runs[2], started=None)
    figure = timeline_figure(results(of, runs))
    assert [key.name for key in figure.legend] == ["complete", "running"]
    bars = [(bar.base[0], bar.x[0], bar.marker.color) for bar in figure.panels[0].drawing.data]
    assert bars == [(0, 50, figure.legend[0].colour), (20, 30, figure.legend[1].colour)]
    hover = [bar.hovertext[0] for bar in figure.panels[0].drawing.data]
    assert hover == ["trial 0, S-BERT, complete, 50 s", "trial 1, S-BERT, running"]
    assert figure.caption.endswith("A bar without an end goes up to the last moment known of any trial.")


def test_a_trial_that_was_given_back_has_no_driver() -> None:
    of = study()
    [panel] = timeline_figure(
        results(of, [ran(of, 0, 0, 5), replace(ran(of, 1, 6, None), owner=None)])
    ).panels
    axis = panel.drawing.layout.yaxis
    assert (axis.title.text, axis.ticktext) == ("worker", ("1", "1"))


def test_the_latest_of_thousands_are_drawn() -> None:
    of = study()
    first = ran(of, 0, 0, 1)
    runs = [
        replace(
            first,
            number=n,
            started=BEGUN + timedelta(seconds=n),
            finished=BEGUN + timedelta(seconds=n + 1),
        )
        for n in range(DRAWN + 5)
    ]
    figure = timeline_figure(results(of, runs))
    assert "Drawn are the latest 1,000 of 1,005 trials." in figure.caption
    texts = figure.panels[0].drawing.data[0].hovertext
    assert (len(texts), texts[0].split(",")[0]) == (DRAWN, "trial 5")


def test_drivers_are_numbered_and_never_named() -> None:
    of = study()
    runs = [ran(of, n, n, n + 1, owner=owner) for n, owner in enumerate(["box:9:x", "other:1:y", "box:9:x"])]
    trials = results(of, [*runs, replace(ran(of, 3, 3, 4), owner=None)]).trials
    assert trials["driver"].tolist() == [1, 2, 1, pd.NA]
    assert "box" not in trials.drop(columns="config").to_csv()
