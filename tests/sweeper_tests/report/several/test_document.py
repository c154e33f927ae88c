"""What a report of several studies says first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sweeper.report.read import Stored
from sweeper.report.results import Results
from sweeper.report.selection import Selection, select
from sweeper.report.several.document import several_document
from sweeper.report.several.joined import join_studies
from sweeper.report.statistics.comparison import Comparisons
from sweeper.study.rowsread import DataRead
from sweeper.trial import StudyRow
from tests.sweeper_tests.made import BEGUN, row
from tests.sweeper_tests.report.conftest import OF


def stored(made: Results, name: str, data: tuple[DataRead, ...] = ()) -> Stored:
    row = StudyRow(1, name, {}, {}, "", 9, "0", BEGUN, 1, "")
    return Stored(row, OF, [], [], replace(made, name=name, data={"A": data} if data else {}), {})


def test_the_rows_of_an_arm_are_those_of_its_pairs_too(made: Results) -> None:
    studies = [stored(made, "one@demo"), stored(made, "other@demo")]
    document = several_document(Comparisons(join_studies([one.results for one in studies]).results), studies)
    shown, _ = select(document, [], Selection(arms=["B"]))
    tables = {table.key: table for table in shown.tables}
    assert [row[0].text for row in tables["comparisons"].rows] == ["B (one@demo)"]
    assert [row[1].text for row in tables["arms"].rows] == ["B", "B"]


def test_what_was_added_late_is_said_of_each_study(made: Results) -> None:
    names = ("one@demo", "other@demo")
    studies = [
        replace(
            stored(made, name),
            trials=[row(OF, 0, "A", (0.4, 0.7, 0.5), params={"dropout": 0.1}, seed=1)],
            changes=[(BEGUN + timedelta(days=1), f"seeds: [1] -> [1, {place}]")],
        )
        for place, name in enumerate(names, start=2)
    ]
    warnings = several_document(Comparisons(join_studies([made, made]).results), studies).warnings
    late = [line.partition(" To add")[0] for line in warnings if "seeds were added" in line]
    begun = "Training seeds were added after training had begun, when scores could be seen"
    assert late == [
        f"{name}: {begun}: seeds: [1] -> [1, {place}]." for place, name in enumerate(names, start=2)
    ]


@pytest.mark.parametrize("mixed", [["one@demo"], ["one@demo", "other@demo"]])
def test_a_study_whose_data_changed_is_named(made: Results, mixed: list[str]) -> None:
    known = (("{}", "a" * 64), ("{}", "b" * 64))
    studies = [stored(made, name, known[: 1 + (name in mixed)]) for name in ("one@demo", "other@demo")]
    joined = join_studies([one.results for one in studies]).results
    warnings = several_document(Comparisons(joined), studies).warnings
    assert [line for line in warnings if "data changed" in line] == [
        f"The data changed while {name} ran: its trials did not all read the same rows." for name in mixed
    ]


def test_studies_that_read_other_rows_at_the_same_settings_are_named(made: Results) -> None:
    """Of the second the confirmation, of the third the settings: a third of the rows that others have."""
    one, other, less = (("{}", "a" * 64),), (("{}", "b" * 64),), (('{"train_rows": 9}', "c" * 64),)
    second = stored(made, "two@demo", one)
    again = replace(made, name="two-confirm@demo", data={"A": other})
    second = replace(second, results=replace(second.results, confirmation=again))

    def said(*studies: Stored) -> list[str]:
        joined = join_studies([study.results for study in studies]).results
        lines = several_document(Comparisons(joined), studies).warnings
        return [line for line in lines if " rows" in line and ("changed" in line or "settings" in line)]

    first, third = stored(made, "one@demo", one), stored(made, "three@demo", less)
    assert said(first, stored(made, "two@demo", one), third) == []
    assert said(first, stored(made, "two@demo", other), third) == [
        "one@demo and two@demo read other rows at the same settings."
    ]
    assert said(first, second) == [
        "The data changed while two@demo ran: its trials did not all read the same rows.",
        "one@demo and two@demo read other rows at the same settings.",
    ]
