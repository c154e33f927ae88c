"""Tasks whose labels allow no score: known by what trials recorded of their rows, or by predictions."""

from dataclasses import replace

import numpy as np
import pytest

from model.predictions import Predictions
from model.tasks import Task
from sweeper.report.confirmation import as_arms
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import study_tables
from sweeper.report.undefined import recorded_scorable
from sweeper.trial import TrialRow
from tests.sweeper_tests.made import results, row, study
from tests.sweeper_tests.report.conftest import ARMS, SPACE, predictions, scored

SCORE = {"text": ["a"], "label": "y", "source": {"kind": "demo", "task": "sst"}}
TASKS = {
    "sts": Task.model_validate(
        SCORE | {"kind": "single", "range": [0, 5], "metric": "pearson", "loss": "mse"}
    ),
    "para": Task.model_validate(SCORE | {"kind": "single", "classes": 2, "metric": "auc"}),
    "sst": Task.model_validate(SCORE | {"kind": "single", "classes": 5, "metric": "accuracy"}),
}


@pytest.mark.parametrize(
    ("task", "part", "scorable"),
    [
        ("sts", {"labels": {}, "span": [2.5, 2.5]}, False),
        ("sts", {"labels": {}, "span": [2.5, 3.0]}, True),
        ("sts", {"labels": {}}, None),  # recorded by an earlier version
        ("sts", {"labels": {}, "span": None}, None),
        ("para", {"labels": {"1": 40}, "span": None}, False),
        ("para", {"labels": {"0": 1, "1": 40}}, True),
        ("sst", {"labels": {"3": 7}}, True),
        ("gone", {"labels": {"3": 7}}, None),
    ],
)
def test_records_of_rows_say_whether_labels_allow_a_score(
    task: str, part: dict[str, object], scorable: bool | None
) -> None:
    found = recorded_scorable(TASKS, [{"commit": "a"}, {"rows": {task: {"test": part}}}])
    assert found == ({} if scorable is None else {(task, "test"): scorable})


def test_rows_of_which_some_trials_had_others_allow_one_where_any_do() -> None:
    contents = [{"rows": {"sts": {"dev": {"span": span}}}} for span in ([1, 1], [1, 2], [3, 3])]
    assert recorded_scorable(TASKS, contents) == {("sts", "dev"): True}


def test_what_was_recorded_does_not_hang_on_predictions(made: Results) -> None:
    told = replace(made, scorable={"": {("sts", "dev"): False}}, predictions=lambda number: None)
    assert [told.undefined(arm) for arm in made.arms] == [{"sts"}] * 3
    assert told.undefined("A", "test") == made.undefined("A") == set()
    (arms,) = (table for table in study_tables(told, ["arms"], Comparisons(told)) if table.key == "arms")
    place = [column.heading for column in arms.columns].index("sts")
    assert [line[place].shown for line in arms.rows] == ["—"] * 3
    assert (
        "sts has no score on these dev labels (constant labels or predictions); it counts as 0." in arms.notes
    )


def test_a_task_without_a_score_is_tied_with_nothing(made: Results) -> None:
    def constant(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        return found | {"sts": replace(found["sts"], labels=np.full(len(found["sts"].labels), 5.0))}

    flat = replace(made, predictions=constant, trials=made.trials.assign(sts=0.0))
    for table in study_tables(flat, ["arms"], Comparisons(flat)):
        if table.key in ("arms", "best"):
            place = [column.heading for column in table.columns].index("sts")
            assert [line[place].shown for line in table.rows] == ["—"] * 3


def test_test_labels_that_allow_no_score_are_a_dash_and_a_note(made: Results) -> None:
    of = study(arms={f"{arm} (trial {n})": ARMS[arm] for arm, n in (("B", 3), ("C", 6))}, space=SPACE)
    rows: list[TrialRow] = []
    for arm in of.spec.arms:
        kept = predictions(arm[0], 11)
        rows.append(row(of, len(rows), arm, scored(kept), params={"dropout": 0.1}, seed=4))
    given = {"sst": ("accuracy", 0.5), "para": ("accuracy", 0.8), "sts": ("pearson", 0.0)}
    metrics = [
        (run.number, run.arm, run.best_epoch, "test", task, metric, value)
        for run in rows
        for task, (metric, value) in given.items()
    ]
    again = as_arms(results(of, rows, metrics=metrics), (("B", "C"),))
    for scorable, text in ((False, "—"), (True, ".000")):
        told = replace(again, scorable={"": {("sts", "test"): scorable, ("sts", "dev"): True}})
        found = replace(made, confirmation=told)
        (table,) = (each for each in study_tables(found, [], Comparisons(found)) if each.key == "confirmed")
        headings = [column.heading for column in table.columns]
        assert [line[headings.index("test sts")].text for line in table.rows] == [text] * 2
        assert [line[headings.index("test sst")].text for line in table.rows] == [".500"] * 2
        note = "sts has no score on these test labels (constant labels or predictions); it counts as 0."
        assert (note in table.notes) is not scorable
