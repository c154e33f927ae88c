"""Runs of Weights & Biases as its pages, or the example of its public API, export them: as CSV.

A page exports a column for each setting and each metric. The example in its documentation ("Import & export
data") writes a DataFrame with the columns ``summary``, ``config`` and ``name``, the first two as Python's
dictionaries, which are read as literals and never run.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...errors import InputError
from ...study.foreign import ForeignStudy
from ...text import one_line
from .declared import Declared
from .table import CsvTable, table_study

KIND = "Weights & Biases"

NESTED = ("config", "summary")


def wandb_study(table: CsvTable, declared: Declared) -> ForeignStudy:
    """The runs of an export.

    In an export by the API a setting may be called as a metric, or as a column of the run itself: an
    objective is the metric then, and a parameter the setting.

    Args:
        table: The file.
        declared: Metrics and settings by their names, nested ones with dots. Without `state` and `label` the
            columns ``state`` and ``name``; without parameters, in an export by the API, all settings.

    Raises:
        InputError: As in `table_study`, or if a dictionary is none.
    """
    if {*NESTED} <= {*table.columns}:
        table, settings = _unfolded(table, declared.objectives)
        left = {*declared.objectives, declared.state, declared.label}
        names = {column: name for name, column in settings.items() if column not in left}
        chosen = {settings.get(name, name): called for name, called in declared.parameters.items()}
        declared = replace(declared, parameters=chosen or names)
    # What a page says of a run comes first: a setting may be called so too.
    by_word = {name.lower(): name for name in reversed(table.columns)}
    used = {*declared.objectives, *declared.parameters}
    return table_study(
        table,
        replace(
            declared,
            state=declared.state or _free(by_word.get("state"), used),
            label=declared.label or _free(by_word.get("name"), used),
        ),
        KIND,
    )


def _free(column: str | None, used: set[str]) -> str | None:
    return None if column in used else column


def _unfolded(table: CsvTable, objectives: Collection[str]) -> tuple[CsvTable, dict[str, str]]:
    """The table with a column for each setting and metric, and the column of each setting by its name."""
    read = [
        [dict(_flat(_dictionary(table, line, column, cells[column]))) for column in NESTED]
        for line, cells in table.rows
    ]
    measured = {name for _, metrics in read for name in metrics if name in objectives}
    taken = {name for name in table.columns if name not in NESTED} | measured
    settings = {name: f"config.{name}" if name in taken else name for config, _ in read for name in config}
    config_columns = {*settings.values()}
    rows: list[tuple[int, dict[str, str]]] = []
    for (line, cells), (config, metrics) in zip(table.rows, read, strict=True):
        row = {name: text for name, text in cells.items() if name not in NESTED}
        row |= {settings[name]: _cell(value) for name, value in config.items()}
        for name, value in metrics.items():
            if name not in config_columns:  # of a run that lacks the setting, it is none
                row.setdefault(name, _cell(value))
        rows.append((line, row))
    columns = list(dict.fromkeys(name for _, row in rows for name in row))
    whole = [(line, {name: row.get(name, "") for name in columns}) for line, row in rows]
    return CsvTable(table.file, columns, whole), settings


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _flat(values: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Numbers, truths and texts by their names; lists and what W&B keeps for itself are left out."""
    for key, value in values.items():
        name = f"{above}{key}"
        if name.startswith("_"):
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif value is None or isinstance(value, str | int | float | bool):
            yield name, value


def _dictionary(table: CsvTable, line: int, column: str, text: str) -> Mapping[Any, Any]:
    try:
        # A metric that is not a number is no literal; a number so large is infinite.
        found = ast.literal_eval(_Literal().visit(ast.parse(text.strip() or "{}", mode="eval")))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise InputError(f"{table.file}:{line}: {column} = {one_line(text[:60])}: is no dictionary")
    return found


class _Literal(ast.NodeTransformer):
    """Reads ``nan`` as nothing and ``inf`` as infinity, as a dictionary that was printed has them.

    Raises:
        ValueError: Of a whole number that Python reads and does not write again, as a long hexadecimal one.
    """

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known: dict[str, float | None] = {"nan": None, "inf": float("inf")}
        return ast.Constant(known[node.id]) if node.id in known else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int):
            str(node.value)  # ValueError
        return node
