"""The tables of a report, from the rows of a study. Pure."""

from collections.abc import Sequence

from ...study.spec import CROSS
from ...trial import RunState
from ..document import Table
from ..results import Results, in_state
from ..statistics.comparison import Comparisons
from .arms import arms_table
from .best import best_table, pareto_table
from .budget import budget_table
from .comparisons import comparisons_table
from .confirmed import confirmed_table
from .cost import cost_table
from .cross import cross_table
from .failures import failures_table
from .groups import slices_table
from .published import mirrors_paper, paper_table
from .trials import trials_table

__all__ = [
    "arms_table",
    "best_table",
    "budget_table",
    "comparisons_table",
    "confirmed_table",
    "cost_table",
    "cross_table",
    "failures_table",
    "mirrors_paper",
    "paper_table",
    "pareto_table",
    "slices_table",
    "study_tables",
    "trials_table",
]


def study_tables(
    results: Results, keys: Sequence[str], comparisons: Comparisons | None = None
) -> list[Table]:
    """The tables that a study asks for, its best configurations, and its failures if there are any.

    Args:
        results: The study.
        keys: ``arms``, ``table1`` … ``table7``, two settings with `` x `` between them; the paper's are left
            out where the tasks are not the paper's.
        comparisons: Of its arms; made where they are not given.
    """
    tables = []
    for key in keys:
        if key == "arms":
            tables.append(arms_table(results))
        elif CROSS in key:
            down, across = key.split(CROSS)
            tables.append(cross_table(key, down, across, results))
        elif mirrors_paper(results):
            tables.append(paper_table(key, results))
    comparisons = comparisons or Comparisons(results)
    tables.append(best_table(results, comparisons))
    tables += [each for each in (comparisons_table(results, comparisons), budget_table(results)) if each]
    if len(results.objectives) > 1:
        tables.append(pareto_table(results))
    confirmed = confirmed_table(results)
    tables += [each for each in (confirmed, slices_table(results, comparisons)) if each]
    tables += [cost_table(results)] if results.trials["epochs"].any() else []
    if not in_state(results.trials, RunState.FAILED).empty:
        tables.append(failures_table(results))
    return tables
