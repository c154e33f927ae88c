"""The tables of a report, from the rows of a study. Pure."""

from collections.abc import Callable, Sequence

from model.registry import Registry

from ...study.spec import CROSS
from ...study.spec import TABLES as ASKED
from ..document import Table
from ..published import published_tables
from ..results import Results
from ..statistics.comparison import Comparisons
from .arms import arms_table
from .best import best_table, pareto_table
from .budget import budget_table
from .bytask import by_task_table
from .comparisons import comparisons_table, matched_table
from .confirmed import confirmed_table
from .cost import cost_table
from .cross import cross_table
from .failures import failures_table
from .groups import groups_table
from .published import paper_table

MakeTable = Callable[[Results, Comparisons], Table | None]
"""Makes a table of a study with its arms compared; None where the study has nothing to show in it."""


def _paper(key: str) -> MakeTable:
    return lambda results, _: paper_table(key, results)


TABLES: Registry[MakeTable] = Registry(
    "table",
    {
        "arms": arms_table,
        **{key: _paper(key) for key in published_tables()},
        "best": best_table,
        "comparisons": lambda _, comparisons: comparisons_table(comparisons),
        "by_task": lambda _, comparisons: by_task_table(comparisons),
        "matched": lambda _, comparisons: matched_table(comparisons),
        "budget": lambda results, _: budget_table(results),
        "pareto": lambda results, _: pareto_table(results),
        "confirmed": confirmed_table,
        "slices": groups_table,
        "cost": lambda results, _: cost_table(results),
        "failures": lambda results, _: failures_table(results),
    },
)
"""Every table by its key; a report has those that its study asks for, then all that no study asks for."""


def study_tables(results: Results, keys: Sequence[str], comparisons: Comparisons) -> list[Table]:
    """The tables of a study's report.

    Args:
        results: The study.
        keys: Those that it asks for: names in `ASKED`, or two settings with `` x `` between them.
        comparisons: Of its arms.
    """
    others = [key for key in TABLES if key not in ASKED]
    tables = [
        cross_table(key, results) if CROSS in key else TABLES[key](results, comparisons)
        for key in (*keys, *others)
    ]
    return [table for table in tables if table is not None]
