"""The checklists that conferences ask for, filled from the database as far as it goes."""

from collections.abc import Sequence

from ..document import Table
from ..read import Stored
from .arr import arr_items
from .item import as_latex, as_markdown
from .naacl import naacl_items

__all__ = ["checklist_files"]


def checklist_files(stored: Stored, tables: Sequence[Table]) -> dict[str, str]:
    """The checklists of a study: the text of each file by its name.

    Args:
        stored: The study.
        tables: Those of its report.
    """
    items = {
        "ARR Responsible NLP checklist, section C: computational experiments": arr_items(stored, tables),
        "NAACL 2021 reproducibility checklist": naacl_items(stored, tables),
    }
    name = stored.row.name
    return {"checklist.md": as_markdown(name, items), "checklist.tex": as_latex(name, items)}
