"""JSON of the database that is read only when it is asked for."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any


class StoredJson(Mapping[str, Any]):
    """A JSON object that is read when something of it is asked for.

    Args:
        text: The JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self._text))

    def __getitem__(self, key: str) -> Any:
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
