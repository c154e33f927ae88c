"""A file with one JSON object a line as a table."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ..errors import DataError
from ..sources import Encoding
from .datafile import DataFile
from .table import CHUNK, Chunk, DataTable
from .textblocks import text_blocks


def jsonl_table(file: DataFile, encoding: Encoding) -> DataTable:
    """The table whose columns are the keys of the first few thousand objects.

    An object without one of them has no value there (None).

    Raises:
        DataError: A line is no JSON object; or, from its rows, one that lies further on.
    """
    some = islice(_objects(file, encoding), CHUNK)
    names = tuple(dict.fromkeys(name for _, found in some for name in found))
    if not names:
        raise DataError(f"{file.where} has no rows; check that it is the right one")

    def read(positions: Sequence[int]) -> Iterator[Chunk]:
        wanted = [names[position] for position in positions]
        objects = _objects(file, encoding)
        while part := list(islice(objects, CHUNK)):
            columns = tuple([found.get(name) for _, found in part] for name in wanted)
            yield Chunk([line for line, _ in part], columns)

    return DataTable(file.where, names, read, unit="line", sha256=file.sha256)


def _objects(file: DataFile, encoding: Encoding) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for block in text_blocks(file, encoding):
        for line in block.removesuffix("\n").split("\n"):
            number += 1
            if line.strip():
                yield number, _object(line, f"{file.where}, line {number}")


def _object(line: str, where: str) -> dict[str, Any]:
    if line.lstrip("\ufeff \t").startswith("["):
        raise DataError(f"{where} begins a JSON list: write one object a line, without brackets around them")
    try:
        found = json.loads(line, object_pairs_hook=_once)
        if "\\ud" in line.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DataError(f"{where} holds half of a surrogate pair (\\ud…), which is no sign") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON: {error}; each line must be one object") from None
    if not isinstance(found, dict):
        raise DataError(
            f"{where} is no JSON object but a {type(found).__name__}; each line must be one object"
        )
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found
