"""A file as bytes: unpacked where it is compressed, and the same from the first look to the last row."""

import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Self

from ..errors import DataError

BLOCK = 1 << 20
"""Bytes that are read at once."""

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
"""What reading a damaged archive raises; RuntimeError: one with a password."""


BEGUN = "a study that has begun keeps its settings: run it, once changed, under another name with --name NAME"
"""What else there is to do where earlier versions read a file that is refused now."""


@dataclass(frozen=True)
class DataFile:
    """A file that was looked at.

    Attributes:
        path: Where it is.
        sha256: SHA-256 of its bytes as they lie there.
        state: Its number, size and times of change when the SHA-256 was taken.
    """

    path: Path
    sha256: str
    state: tuple[int, ...]

    @classmethod
    def found(cls, path: Path) -> Self:
        """The file of this path; an OSError if it cannot be read."""
        with path.open("rb") as file:
            state = _state(path)
            return cls(path, hashlib.file_digest(file, "sha256").hexdigest(), state)

    @property
    def where(self) -> str:
        """The file, for messages."""
        return f"file {self.path}"

    def first_bytes(self) -> bytes:
        """The first bytes, unpacked."""
        return next(self.blocks(), b"")

    def blocks(self) -> Iterator[bytes]:
        """All bytes, unpacked, a block at a time.

        Raises:
            DataError: The file is damaged, or another than the one that was looked at.
        """
        try:
            with self._opened() as stream:
                yield from iter(partial(stream.read, BLOCK), b"")
        except _DAMAGE as error:
            raise DataError(f"{self.where} cannot be unpacked: {error or type(error).__name__}") from error
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """A DataError if the file is not the one that was looked at: its SHA-256 would belong to no row."""
        if not self.path.exists() or _state(self.path) != self.state:
            raise DataError(f"{self.where} changed while it was read; run the command again")

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        # Some names say nothing, and some are wrong: how a file is packed stands in its first bytes.
        with ExitStack() as stack:
            file: Any = stack.enter_context(self.path.open("rb"))
            first = file.read(6)
            file.seek(0)
            if first.startswith(b"\x1f\x8b"):
                file = stack.enter_context(gzip.open(file))
            elif first == b"\xfd7zXZ\0":
                file = stack.enter_context(lzma.open(file))
            elif first.startswith(b"\x28\xb5\x2f\xfd"):
                file = stack.enter_context(_unpacked_zst(file, self.where))
            elif first.startswith(b"BZh"):
                raise DataError(
                    f"{self.where} is packed by bzip2: pack it as gz, xz, zst or zip, or unpack it"
                )
            elif first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                archive = stack.enter_context(zipfile.ZipFile(file))
                file = stack.enter_context(archive.open(self._member(archive)))
            yield file

    def _member(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        # What macOS adds beside each file is no file of the user's.
        found = [
            one
            for one in archive.infolist()
            if not (
                one.is_dir() or one.filename.startswith("__MACOSX/") or one.filename.endswith(".DS_Store")
            )
        ]
        if len(found) != 1:
            names = ", ".join(repr(one.filename) for one in found[:5]) or "none"
            raise DataError(
                f"{self.where} is a zip of {len(found)} files ({names}); unpack the one that is meant"
            )
        return found[0]


def _state(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _unpacked_zst(file: IO[bytes], where: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise DataError(
            f"{where} is packed by zstandard: needs the package `pyarrow`; "
            "pip install 'sentence-sweeper[parquet]'"
        ) from error
    return pyarrow.CompressedInputStream(pyarrow.PythonFile(file, mode="r"), "zstd")
