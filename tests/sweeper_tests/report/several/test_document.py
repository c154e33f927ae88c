"""What a report of several studies says first."""

from dataclasses import replace

import pytest

from sweeper.report.read import Stored
from sweeper.report.results import Results
from sweeper.report.several.document import several_document
from sweeper.report.several.joined import join_studies
from sweeper.report.statistics.comparison import Comparisons
from sweeper.trial import StudyRow
from tests.sweeper_tests.made import BEGUN
from tests.sweeper_tests.report.conftest import OF


@pytest.mark.parametrize("mixed", [["one@demo"], ["one@demo", "other@demo"]])
def test_a_study_whose_data_changed_is_named(made: Results, mixed: list[str]) -> None:
    studies = []
    for name in ("one@demo", "other@demo"):
        data = ("a" * 64, "b" * 64) if name in mixed else ("a" * 64,)
        row = StudyRow(1, name, {}, {}, "", 9, "0", BEGUN, 1, "")
        studies.append(Stored(row, OF, [], [], replace(made, name=name, data=data), {}))
    joined = join_studies([one.results for one in studies]).results
    warnings = several_document(Comparisons(joined), studies).warnings
    assert [line for line in warnings if "data changed" in line] == [
        f"The data changed while {name} ran: its trials did not all read the same rows." for name in mixed
    ]
