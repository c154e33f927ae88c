"""A file of predictions, one row each: TSV, CSV or JSON lines, by the file's suffix."""

import csv
import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from ..show.spreadsheet import cell

Record = dict[str, Any]


def _tsv(file: IO[str], headings: list[str], records: Iterator[Record]) -> None:
    _write(file, headings, records, "\t")


def _csv(file: IO[str], headings: list[str], records: Iterator[Record]) -> None:
    """Writes what a spreadsheet may open: no cell is a formula. The other kinds hold every text as it is."""
    _write(file, headings, map(_cells, records), ",")


def _cells(record: Record) -> Record:
    return {name: cell(value) if isinstance(value, str) else value for name, value in record.items()}


def _write(file: IO[str], headings: list[str], records: Iterator[Record], delimiter: str) -> None:
    writer = csv.DictWriter(file, headings, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)


def _json_lines(file: IO[str], headings: list[str], records: Iterator[Record]) -> None:
    file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


WRITERS: dict[str, Callable[[IO[str], list[str], Iterator[Record]], None]] = {
    ".tsv": _tsv,
    ".csv": _csv,
    ".jsonl": _json_lines,
}
