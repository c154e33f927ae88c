"""A zip file that is the same for the same contents, and one read that may come from anybody."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from model.files import beside, open_file

from ...errors import InputError

MOST_BYTES = 1 << 30
"""Bytes that a bundle may have when it is unpacked."""

MOST_ENTRIES = 100_000

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say."""

_NAME = re.compile(r"(?:(?:arrays|report|files)/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What zipfile raises of bytes that are other ones: damaged, encrypted (RuntimeError), or packed as it does
not know (NotImplementedError)."""


def write_zip(file: Path, entries: Mapping[str, bytes]) -> None:
    """Writes a zip file beside its place, then renames it: whole or not at all.

    Args:
        file: Its place; a file that is there is replaced.
        entries: The contents by their names, which are written in alphabetical order, without a time.
    """
    with beside(file) as place, zipfile.ZipFile(place, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            packed.writestr(info, entries[name], zipfile.ZIP_DEFLATED, compresslevel=9)


class UntrustedZip:
    """A zip file whose names and sizes are checked before anything in it is read. A context manager.

    Args:
        file: The file.

    Attributes:
        names: Of its entries.

    Raises:
        InputError: If it cannot be read, is no zip file, has an entry whose name no bundle has, one name
            twice, or more than a bundle can hold; from `read`, if the entry is damaged or missing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._opened = open_file(file)
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror}") from error
        try:
            self._zip = zipfile.ZipFile(self._opened)
            self.names = self._checked()
        except _DAMAGED as error:
            self._opened.close()
            raise InputError(f"{file}: is no zip file, or is damaged: {error}") from error
        except InputError:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._opened.close()

    def read(self, name: str) -> bytes:
        """All of an entry."""
        if name not in self.names:
            raise InputError(f"{self._file}: has no {name}: it is no bundle of sweeper, or a part of one")
        try:
            return self._zip.read(name)  # no more than its size says, and its checksum is looked at
        except _DAMAGED as error:
            raise InputError(f"{self._file}: {name}: is damaged: {error}") from error

    def _checked(self) -> frozenset[str]:
        entries = self._zip.infolist()
        names: set[str] = set()
        for name in (entry.filename for entry in entries):
            if not _NAME.fullmatch(name):
                raise InputError(f"{self._file}: {name!r}: no bundle of sweeper has an entry of that name")
            if name in names:
                raise InputError(f"{self._file}: {name}: is there twice")
            names.add(name)
        size = 0
        for entry in entries:
            size += entry.file_size
            if size > MOST_BYTES or len(entries) > MOST_ENTRIES:
                raise InputError(
                    f"{self._file}: {entry.filename}: with it, what is packed takes more than a bundle may: "
                    f"{MOST_ENTRIES:,} entries, {MOST_BYTES >> 20:,} MiB"
                )
        return frozenset(names)
