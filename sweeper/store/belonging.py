"""Which rows of which tables belong to a study: ours, and Optuna's beside them."""

from collections.abc import Mapping

import sqlalchemy as sa

from .optuna_tables.storage import copied_tables
from .tables import deleted_study, metadata, sweep

STUDIES = "studies"
"""Optuna's table of studies."""


def study_tables() -> list[sa.Table]:
    """Optuna's tables and ours that hold studies, parents before children."""
    return [*copied_tables(), *(table for table in metadata.sorted_tables if table is not deleted_study)]


def optuna_studies() -> sa.Table:
    """Optuna's table of studies, as `study_tables` has it."""
    return next(table for table in study_tables() if table.name == STUDIES)


def belonging(table: sa.Table, roots: Mapping[str, sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Whether a row of a table belongs to certain studies.

    Args:
        table: The table.
        roots: Which rows of ``sweep``, and of Optuna's ``studies``, are theirs.
    """
    if table.name in (STUDIES, sweep.name):
        return roots[table.name]
    column = next(column for column in table.c if column.foreign_keys)
    parent = next(iter(column.foreign_keys)).column
    return column.in_(sa.select(parent).where(belonging(parent.table, roots)))
