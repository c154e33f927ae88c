"""To which split each row of a source belongs, where one holds the rows of several."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..label import key_of, shown
from ..result import SPLITS, Split
from ..sources import Column, FilesSource, Share, SplitColumn, origin_of, share_of
from ..tasks import Task
from .hashes import Hashes, hashes_of
from .rowchecker import LISTED, CheckedRows
from .splitting import split_off, strata_of

Taken = NDArray[np.bool_]


class Parts:
    """Hears the rows of a source, and then says which split has which; it keeps some 20 bytes a row.

    Args:
        task: The task.
        origin: The split in whose place the rows stand.

    Attributes:
        others: The splits that have their rows from there too.
        columns: The columns that decide it, to be read besides texts and label.
        groups: The columns that name groups, to be read too; none where all of its rows are trained on.
    """

    def __init__(self, task: Task, origin: Split) -> None:
        self._task = task
        self._origin = origin
        self.others = tuple(
            split
            for split in SPLITS
            if split != origin and origin_of(task.source, split) == origin
            if split != "test" or task.has_test
        )
        self.groups = () if origin == "train" and not self.others else task.groups
        self._declared = task.source.split if isinstance(task.source, FilesSource) else None
        shares = {split: share_of(task.source, split) for split in self.others}
        self._shares: dict[Split, Share] = {split: share for split, share in shares.items() if share}
        named = [self._declared.column] if self._declared else []
        grouped = [share.grouped_by for share in self._shares.values() if share.grouped_by is not None]
        self.columns: tuple[Column, ...] = tuple(dict.fromkeys([*named, *grouped]))
        self._hashes: list[Hashes] = []
        self._strata: list[NDArray[np.int32]] = []
        self._groups: dict[Column, list[Hashes]] = {column: [] for column in grouped}
        self._values: list[str] = []
        self._codes: list[NDArray[np.int32]] = []

    def add(self, rows: CheckedRows) -> None:
        """Hears the next rows."""
        if self._declared is not None:
            values = [key_of(value) for value in rows.extra[self._declared.column]]
            self._values = list(dict.fromkeys([*self._values, *values]))
            codes = {value: place for place, value in enumerate(self._values)}
            self._codes.append(np.array([codes[value] for value in values], dtype=np.int32))
        if self._shares:
            self._hashes.append(rows.hashes)
            self._strata.append(strata_of(self._task, np.asarray(rows.labels, dtype=np.float64)))
            for column, found in self._groups.items():
                found.append(hashes_of([[value or "" for value in rows.extra[column]]]))

    def taken(self, where: str, values: Collection[str]) -> dict[Split, Taken]:
        """Which rows each split has, ``[rows]`` each, the one in whose place they stand included.

        Args:
            where: The source, for messages.
            values: Values of the column that says the split, in rows of none.

        Raises:
            DataError: If a split gets no row.
        """
        found = self._by_share() if self._declared is None else self._by_column(self._declared, where, values)
        for split, taken in found.items():
            share = self._shares.get(split)
            if not taken.any() and share is not None and share.grouped_by is not None and len(taken):
                raise DataError(
                    f"{where}: of its {len(taken):,} rows none is left for {split}: the groups of column "
                    f"{share.grouped_by!r} are too large for a share of {share.share:g}"
                )
            if not taken.any():
                raise DataError(f"{where}: of its {len(taken):,} rows none is left for {split}; give it more")
        return found

    def _by_share(self) -> dict[Split, Taken]:
        hashes, strata = np.concatenate(self._hashes), np.concatenate(self._strata)
        found: dict[Split, Taken] = {self._origin: np.ones(len(hashes), dtype=bool)}
        first: dict[Split, Taken] = {}
        for split, share in self._shares.items():
            left = found[share.giver]
            had = first.setdefault(share.giver, left)
            groups = None if share.grouped_by is None else np.concatenate(self._groups[share.grouped_by])
            found[split] = split_off(share, hashes if groups is None else groups, strata, had, left)
            found[share.giver] = left & ~found[split]
        return found

    def _by_column(self, declared: SplitColumn, where: str, values: Collection[str]) -> dict[Split, Taken]:
        codes = np.concatenate(self._codes)
        found = {}
        for split in (self._origin, *self.others):
            wanted = [key_of(value) for value in getattr(declared, split)]
            for value in wanted:
                if value not in self._values:
                    there = [*self._values, *values][:LISTED]
                    raise DataError(
                        f"{where}, column {declared.column!r}: no row has {shown(value)}, which "
                        f"split.{split} names; it has {', '.join(map(shown, there))}"
                    )
            places = [self._values.index(value) for value in wanted]
            found[split] = np.isin(codes, places)
        return found
