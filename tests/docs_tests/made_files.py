"""Files of every format, made of a few rows."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Made(NamedTuple):
    """Files by path, and the rows that a task has: its texts, then its label. Dev is as train, or a share."""

    files: dict[str, bytes]
    rows: list[Row]


def tsv(*lines: str, mark: str = "") -> bytes:
    return (mark + "".join(f"{line}\n" for line in lines)).encode()


def jsonl(*objects: dict[str, Any]) -> bytes:
    return tsv(*map(json.dumps, objects))


def parquet(**columns: Sequence[Any]) -> bytes:
    import pyarrow
    from pyarrow import parquet as pq

    file = io.BytesIO()
    pq.write_table(pyarrow.table({name: list(values) for name, values in columns.items()}), file)
    return file.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def split(train: str, dev: str, content: bytes) -> dict[str, bytes]:
    return {train: content, dev: content}


def ten(*lines: str) -> list[str]:
    """The lines ten times, with another number in the place of N."""
    return [line.replace("N", str(n)) for n in range(10) for line in lines]


def ten_rows(*rows: Row) -> list[Row]:
    """The rows ten times, as `ten`."""
    return [(*(text.replace("N", str(n)) for text in row[:-1]), row[-1]) for n in range(10) for row in rows]
