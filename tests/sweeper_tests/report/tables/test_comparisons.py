"""How the tables of comparisons write what is told apart though it is next to nothing."""

from dataclasses import replace

import pytest

from sweeper.report.document import Table
from sweeper.report.results import Results
from sweeper.report.statistics.compared import Comparison
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.statistics.intervals import Interval
from sweeper.report.statistics.paired import Verdict
from sweeper.report.statistics.power import Detectable
from sweeper.report.tables.bytask import by_task_table
from sweeper.report.tables.comparisons import pairs_table

ENDS = Interval(0.00003, 0.0008, "made")


def little(of: Comparison, adjusted: float, verdict: Verdict) -> Comparison:
    """Two arms that differ by .00046 in every score."""
    gaps = {name: replace(gap, value=0.00046, interval=ENDS) for name, gap in of.gaps.items()}
    told = dict.fromkeys(gaps, adjusted)
    return replace(of, gaps=gaps, adjusted=told, verdict=verdict, detectable=Detectable(0.00026, None))


def texts(table: Table | None) -> dict[str, str]:
    """The first row of a table by heading."""
    assert table is not None
    return {column.heading: cell.text for column, cell in zip(table.columns, table.rows[0], strict=True)}


@pytest.mark.parametrize(
    ("adjusted", "verdict", "amount", "ends"),
    [
        (0.01, Verdict.BETTER, "+.0005", ".0000 to +.0008"),
        (0.2, Verdict.UNDECIDED, ".000", ".000 to +.001"),
    ],
)
def test_what_is_told_apart_has_the_decimals_that_show_it(
    made: Results, adjusted: float, verdict: Verdict, amount: str, ends: str
) -> None:
    comparisons = Comparisons(made)
    each = little(comparisons.declared[0], adjusted, verdict)
    row = texts(pairs_table(comparisons, [(each, "declared")]))
    assert (row["verdict"], row["overall"], row["95 %"]) == (str(verdict), amount, ends)
    assert [row[name] for name in made.tasks] == [amount] * 3
    assert row["could tell apart"] == ".0003"
    comparisons.__dict__["declared"] = (each,)
    row = texts(by_task_table(comparisons))
    assert (row["verdict"], row["difference"], row["95 %"]) == (str(verdict), amount, ends)
