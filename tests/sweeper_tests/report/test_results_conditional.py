"""A report of a study in which not all applies everywhere: a dash where it does not, and never a number."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.predictions import Predictions
from sweeper.report.advice import advice
from sweeper.report.counts import scored
from sweeper.report.figures.anova import importances
from sweeper.report.figures.importances import importances_figure
from sweeper.report.figures.parallel import parallel_figure
from sweeper.report.figures.slice import slices_figure
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables.best import best_table
from sweeper.report.tables.comparisons import comparisons_table
from sweeper.report.tables.cross import cross_table
from sweeper.report.tables.trials import trials_table
from sweeper.study.study import Study
from sweeper.text import NONE
from sweeper.trial import TrialRow
from tests.sweeper_tests.made import results, row, study

ARMS: dict[str, Any] = {
    "Plain": {},
    "SMART": {"smart": {"enabled": True}, "space": {"smart.steps": {"low": 1, "high": 4}}},
}
SPACE: dict[str, Any] = {
    "optimizer": ["adamw", "sgd"],
    "max_grad_norm": {"values": [None, 1.0], "when": {"optimizer": "adamw"}},
    "weight_decay": {"low": 0.0, "high": 0.3, "when": {"optimizer": "adamw"}},
    "dropout": {"low": 0.1, "high": 0.5},
}
OF = study(arms=ARMS, space=SPACE, tables=["arms", "optimizer x max_grad_norm"])

GIVEN: list[tuple[str, dict[str, Any]]] = [
    ("Plain", {"optimizer": "adamw", "max_grad_norm": None, "weight_decay": 0.2, "dropout": 0.1}),
    ("Plain", {"optimizer": "sgd", "dropout": 0.1}),
    ("SMART", {"optimizer": "adamw", "max_grad_norm": 1.0, "weight_decay": 0.1, "dropout": 0.3,
               "smart.steps": 2}),
    ("SMART", {"optimizer": "sgd", "dropout": 0.3, "smart.steps": 4}),
    ("Plain", {"optimizer": "sgd", "dropout": 0.5}),
]  # fmt: skip


def rows() -> list[TrialRow]:
    return [
        row(OF, number, arm, (0.4 + 0.01 * number, 0.7, 0.5), params=params)
        for number, (arm, params) in enumerate(GIVEN)
    ]


def found() -> Results:
    return results(OF, rows())


def many(number: int = 60) -> Results:
    """Drawn trials whose score follows dropout, and weight decay where that applies."""
    drawn = random.Random(1)  # noqa: S311
    made = []
    for place in range(number):
        arm = ("Plain", "SMART")[place % 2]
        params = OF.spaces[arm].applying(
            {key: entry.at(drawn.random()) for key, entry in OF.spaces[arm].entries.items()}
        )
        score = 0.5 - 0.3 * float(params["dropout"]) + 0.2 * float(params.get("weight_decay", 0.0))
        made.append(row(OF, place, arm, (score, 0.7, 0.5), params=params))
    return results(OF, made)


def test_configurations_have_what_applies_as_it_was_drawn() -> None:
    of = found()
    assert [(one.arm, one.params) for one in of.configurations] == [
        ("Plain", GIVEN[0][1]),
        ("Plain", GIVEN[1][1]),
        ("SMART", GIVEN[2][1]),
        ("SMART", GIVEN[3][1]),
        ("Plain", GIVEN[4][1]),
    ]
    steps = [one.params.get("smart.steps") for one in of.configurations]
    assert [type(step) for step in steps] == [type(None), type(None), int, int, type(None)]
    assert scored(of).total() == 5


def test_the_same_configuration_is_one_observation_whatever_does_not_apply() -> None:
    again = [*rows(), row(OF, 5, "Plain", (0.9, 0.7, 0.5), params=GIVEN[1][1] | {"weight_decay": 0.3})]
    of = results(OF, again)
    assert len(of.configurations) == 5
    assert len(of.observations) == 5


def test_tables_have_a_dash_where_a_setting_does_not_apply() -> None:
    table = trials_table(found())
    headings = [column.heading for column in table.columns]
    first = headings.index("optimizer")
    assert headings[first:] == ["optimizer", "max_grad_norm", "weight_decay", "dropout", "smart.steps"]
    assert [[cell.text for cell in line[first:]] for line in table.rows] == [
        ["adamw", "null", "0.2", "0.1", NONE],
        ["sgd", NONE, NONE, "0.1", NONE],
        ["adamw", "1", "0.1", "0.3", "2"],
        ["sgd", NONE, NONE, "0.3", "4"],
        ["sgd", NONE, NONE, "0.5", NONE],
    ]
    assert all(line[at].value is None for line in table.rows for at in range(first, len(headings)))
    best = best_table(found(), Comparisons(found()))
    at = [column.heading for column in best.columns].index("smart.steps")
    assert [line[at].text for line in best.rows] == [NONE, "4"]


def test_a_table_of_two_settings_counts_what_has_both() -> None:
    table = cross_table("optimizer x max_grad_norm", found())
    cells = [[cell.text for cell in line] for line in table.rows]
    assert [line[0] for line in cells] == ["Plain", "", "SMART", ""]
    # adamw with null, adamw with 1; sgd has neither, and null is a value of its own.
    assert [[text.endswith("(1)") for text in line[2:]] for line in cells] == [
        [True, False],
        [False, False],
        [False, True],
        [False, False],
    ]
    assert cells[1][2:] == [NONE, NONE]


def told(of: Study) -> Comparisons:
    """Four configurations of each arm of which both have the shared values, with predictions."""
    shared = [{"optimizer": "sgd", "dropout": value} for value in (0.1, 0.2, 0.3, 0.4)]
    rows = [
        row(of, 2 * place + at, arm, (0.4, 0.7, 0.5), params=params | {"smart.steps": 1 + place})
        for place, params in enumerate(shared)
        for at, arm in enumerate(of.spec.arms)
    ]
    rng = np.random.default_rng(1)
    labels = {name: rng.integers(0, 2, 40).astype(np.float64) for name in of.tasks}
    ids = np.array([str(place) for place in range(40)])
    kept = {name: Predictions(ids, own[::-1].copy(), own) for name, own in labels.items()}
    return Comparisons(replace(results(of, rows), predictions=lambda number: kept))


def test_matched_comparisons_take_configurations_with_the_same_settings() -> None:
    note = "Not searched alike, and matched only where all settings of the two are the same: SMART and Plain."
    apart = told(OF)
    assert apart.matched == []
    table = comparisons_table(apart)
    assert table is not None
    assert note in table.notes
    # An arm that searches the same beside a condition of all.
    alike = told(study(arms={"Plain": {}, "Other": {"epochs": 2}}, space=SPACE))
    assert [each.configurations for each in alike.matched] == [4]
    same = comparisons_table(alike)
    assert same is not None
    assert not any(line.startswith("Not searched alike") for line in same.notes)


def test_points_and_lines_leave_out_what_does_not_apply() -> None:
    panels = {panel.key: panel for panel in slices_figure(found()).panels}
    numbers = {
        key: sorted(text for trace in panel.drawing.data for text in trace.hovertext)
        for key, panel in panels.items()
    }
    assert numbers["slice-weight_decay"] == numbers["slice-max_grad_norm"] == ["trial 0", "trial 2"]
    assert numbers["slice-smart-steps"] == ["trial 2", "trial 3"]
    assert len(numbers["slice-dropout"]) == 5
    (panel,) = parallel_figure(found()).panels
    heights: dict[str, list[float | None]] = {}
    for trace in panel.drawing.data:
        for text, height, place in zip(trace.hovertext, trace.y, trace.x, strict=True):
            if place is not None:
                heights.setdefault(text, []).append(height)
    # arm, optimizer, max_grad_norm, weight_decay, dropout, smart.steps, overall
    assert heights["trial 1"][2:4] == [None, None]
    assert heights["trial 1"][5] is None
    assert heights["trial 0"][2] == 0
    assert heights["trial 3"][5] == 1


def test_importances_are_of_settings_that_all_trials_have() -> None:
    of = many()
    figure = importances_figure(of)
    assert "A setting that does not apply to all of these trials has no share." in figure.caption
    panel = next(panel for panel in figure.panels if panel.key == "importance-fanova")
    bars = {
        trace.name: dict(zip(trace.y, trace.x, strict=True))
        for trace in panel.drawing.data
        if trace.type == "bar"
    }
    assert set(bars["Plain"]) == {"optimizer", "dropout", "smart.steps"}
    assert bars["Plain"]["smart.steps"] is None
    own = [one for one in of.configurations if one.arm == "Plain"]
    known = {key: OF.space[key] for key in ("optimizer", "dropout")}
    alone = importances(known, [one.params for one in own], [one.mean for one in own]).fanova
    assert {key: bars["Plain"][key] for key in alone} == pytest.approx(alone, abs=1e-3)


def test_advice_goes_by_the_range_of_the_arm() -> None:
    arms = {
        "A": {"space": {"dropout": {"low": 0.1, "high": 0.2}}},
        "B": {"space": {"dropout": {"low": 0.1, "high": 0.5}}},
    }
    of = study(arms=arms, space={"optimizer": ["adamw", "sgd"]})
    runs = [
        row(of, 0, "A", (0.6, 0.7, 0.5), params={"optimizer": "sgd", "dropout": 0.2}),
        row(of, 1, "B", (0.4, 0.7, 0.5), params={"optimizer": "sgd", "dropout": 0.3}),
    ]
    made = results(of, runs)
    said = advice(made, Comparisons(made))
    assert "The best dropout, 0.2, lies at the upper end of its range: widen it." in said
