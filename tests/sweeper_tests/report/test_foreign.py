"""Tables of imported studies: what is best by which direction, and that nothing of ours stands there."""

import pandas as pd

from sweeper.report.foreign import NOTICE, best_imported, foreign_document, foreign_frame, trials_of
from sweeper.study.foreign import ForeignStudy, ForeignTrial
from sweeper.trial import RunState
from tests.sweeper_tests.store.test_foreign import ORIGIN, STUDY


def test_the_best_of_each_objective_is_marked_by_its_own_direction() -> None:
    table = trials_of(STUDY)
    assert [column.heading for column in table.columns] == [
        *("trial", "called", "state", "acc", "loss", "lr", "n", "b", "é")
    ]
    bold = {(row[1].text, place) for row in table.rows for place, cell in enumerate(row) if cell.bold}
    # The highest acc of the complete trials, not that of the pruned one; the lowest loss.
    assert bold == {("c", 3), ("b", 4)}
    assert [row[3].text for row in table.rows] == ["0.1", "0.1", "0.1", "0.9", "—"]
    assert table.notes == (NOTICE, "acc: maximize; loss: minimize")


def test_no_two_columns_have_one_heading() -> None:
    names = ("trial", "acc", "values.acc", "a b")
    origin = ORIGIN.model_copy(update={"objectives": names, "directions": ("maximize",) * 4})
    params = {"acc": 1, "lr": 2, "state": 3, "a\nb": 4, "a b": 5}
    values = {name: float(place) for place, name in enumerate(names)}
    study = ForeignStudy(origin, [ForeignTrial(0, "x", RunState.COMPLETE, params, values)])
    headings = [column.heading for column in trials_of(study).columns]
    assert headings == [
        *("trial", "called", "state", "values.trial", "values.acc'", "values.acc", "values.a b"),
        *("params.acc", "lr", "params.state", "params.a b", "params.a b'"),
    ]
    assert len({*foreign_frame(study).columns}) == 5 + len(names) + len(params)


def test_the_document_says_first_that_it_was_imported() -> None:
    document = foreign_document("theirs@imported", STUDY)
    assert document.warnings == (NOTICE,)
    assert document.summary == (
        "5 trials: 3 complete, 1 failed, 1 pruned.",
        "Best by the first objective: trial 3 (c): acc 0.1, loss 4.94e-324.",
    )
    assert document.description == "A study imported from CSV, trials.csv."


def test_each_study_has_a_row_for_each_objective() -> None:
    empty = ForeignStudy(ORIGIN, [])
    table = best_imported([("a@imported", STUDY), ("b@imported", empty)])
    assert [[cell.text for cell in row[:6]] for row in table.rows] == [
        ["a@imported", "imported from CSV, trials.csv", "3 of 5", "acc", "maximize", "0.1"],
        ["", "", "3 of 5", "loss", "minimize", "-inf"],
        ["b@imported", "imported from CSV, trials.csv", "0 of 0", "acc", "maximize", "—"],
        ["", "", "0 of 0", "loss", "minimize", "—"],
    ]
    assert not any(cell.bold for row in table.rows for cell in row)
    assert foreign_document("b@imported", empty).summary == ("0 trials: none.",)


def test_the_frame_has_every_number_in_full() -> None:
    frame = foreign_frame(STUDY)
    assert frame["number"].tolist() == [0, 2, 3, 4, 7]
    assert frame["values.loss"].tolist()[:3] == [2.0, float("-inf"), 5e-324]
    assert pd.isna(frame["values.acc"].tolist()[-1])
