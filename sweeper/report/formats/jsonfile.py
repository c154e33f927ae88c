"""The tables as JSON, for programs."""

import json
from collections.abc import Iterable
from typing import Any

from ...text import is_control
from ..document import Cell, Document, Table


def as_json(document: Document) -> str:
    """All that the document says, with the number behind each cell; one row of a table a line.

    Returns:
        An object of ``study``, ``description``, ``formula``, ``notice``, ``warnings``, ``summary``, ``arms``
        and ``tables``. A table has ``key``, ``title``, ``columns`` (``heading``, ``numeric``), ``rows`` of
        cells (``text``, ``value``: `Cell.written` or null, ``best``, ``tie``, ``trials``) and ``notes``.
    """
    fields = ("study", "description", "formula", "notice", "warnings", "summary", "arms")
    parts = [f"{_dump(name)}: {_dump(getattr(document, name))}" for name in fields]
    parts.append(f'"tables": [{_lines(_table(table) for table in document.tables)}]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _table(table: Table) -> str:
    columns = [{"heading": column.heading, "numeric": column.numeric} for column in table.columns]
    head = f'"key": {_dump(table.key)}, "title": {_dump(table.title)}, "columns": {_dump(columns)}'
    rows = _lines(_dump([_cell(cell) for cell in row]) for row in table.rows)
    return f'{{{head}, "rows": [{rows}], "notes": {_dump(table.notes)}}}'


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "value": cell.written,
        "best": bool(cell.bold),
        "tie": bool(cell.tie),
        "trials": [int(number) for number in cell.trials],
    }


def _lines(items: Iterable[str]) -> str:
    return "".join(f"\n{item}," for item in items).removesuffix(",") + "\n"


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    # For a terminal too, to which some of these are commands.
    return "".join(json.dumps(sign)[1:-1] if is_control(sign) else sign for sign in text)
