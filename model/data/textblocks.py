"""The text of a file, a block of whole lines at a time."""

import codecs
from collections.abc import Iterator

from ..errors import DataError
from ..sources import Encoding
from .datafile import BEGUN, DataFile

_LONGEST = 1 << 26
"""Signs that a line may have; a file without line ends would fill the memory."""


def text_blocks(file: DataFile, encoding: Encoding) -> Iterator[str]:
    """The decoded text in blocks of whole lines, each with its end; the file's last line may have none.

    A line ends with a line feed, with or without a carriage return before it; in a file without any line
    feed, with a carriage return. The byte order mark is no part of the text.

    Raises:
        DataError: The file is not of this encoding, or no text.
    """
    decoder = codecs.getincrementaldecoder(_code(file, encoding))()
    end = ""
    rest: list[str] = []
    position = lines = 0
    # What is cut of the first sign beyond ASCII; None once that told that this is no UTF-8.
    cut_off: bytes | None = b"" if encoding in ("latin-1", "cp1252") else None
    for block in file.blocks():
        if position == 0 or encoding != "utf-16":
            _check_text(block, position, lines, file, encoding)
        if cut_off is not None:
            cut_off = _check_not_utf8(cut_off + block, file)
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            raise _undecoded(error, position + len(block), lines, file, encoding) from error
        except UnicodeError as error:
            raise DataError(f"{file.where} is not UTF-16: it has no such mark; correct encoding") from error
        if position == 0:
            text = text.removeprefix("\ufeff")
            end = "\r" if "\n" not in text and "\r" in text[:-1] else "\n"
        position += len(block)
        lines += text.count("\n")
        cut = text.rfind(end) + 1
        if cut:
            yield "".join([*rest, text[:cut]])
            rest = []
        rest.append(text[cut:])
        if len(rest) * len(block) > _LONGEST:
            raise DataError(f"{file.where}, line {lines + 1} has no end within {_LONGEST:,} signs")
    try:
        rest.append(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        raise _undecoded(error, position, lines, file, encoding) from error
    if last := "".join(rest):
        yield last


def _code(file: DataFile, encoding: Encoding) -> str:
    """Python's name of the encoding: of UTF-16 without a mark the order of bytes that gives Latin letters."""
    first = file.first_bytes()
    if encoding != "utf-16" or first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return encoding
    zeros = first[0::2].count(0), first[1::2].count(0)
    if zeros[0] == zeros[1]:
        return encoding
    return "utf-16-le" if zeros[0] < zeros[1] else "utf-16-be"


def _check_text(block: bytes, position: int, lines: int, file: DataFile, encoding: Encoding) -> None:
    if position == 0 and _is_utf32(block):
        raise DataError(f"{file.where} is UTF-32, which is not read here; save it as UTF-8")
    marked = position == 0 and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    nul = block.find(b"\0") if encoding != "utf-16" else -1
    # Every second byte of Latin letters is zero there.
    if encoding != "utf-16" and (marked or (position == 0 and block.count(b"\0") * 3 > len(block) > 3)):
        raise DataError(f"{file.where} is UTF-16; set encoding: utf-16 in the task's source")
    if nul >= 0:
        line = lines + block.count(b"\n", 0, nul) + 1
        raise DataError(
            f"{file.where}, line {line}: NUL byte at {position + nul}; the file is damaged or no text"
        )


def _is_utf32(block: bytes) -> bool:
    """Whether a file begins as UTF-32 does: by its mark, or with three zeros for each Latin letter."""
    marked = block.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
    return marked or block.count(b"\0") * 3 > len(block) * 2 > 16


def _check_not_utf8(block: bytes, file: DataFile) -> bytes | None:
    """What is cut of the first sign beyond ASCII, nothing where none is there; None if it is no UTF-8.

    Raises:
        DataError: If it is UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        plain = decoder.decode(block).isascii()
    except UnicodeDecodeError:
        return None
    if not plain:
        raise DataError(f"{file.where} is UTF-8; leave encoding out of the task's source; {BEGUN}")
    return decoder.getstate()[0]


def _undecoded(
    error: UnicodeDecodeError, read: int, lines: int, file: DataFile, encoding: Encoding
) -> DataError:
    content = bytes(error.object)
    line = lines + content.count(b"\n", 0, error.start) + 1
    byte = f"byte {read - len(content) + error.start} (0x{content[error.start]:02x})"
    way_out = (
        "save the file as UTF-8, or set encoding: cp1252 (Windows) or encoding: latin-1 in the task's source "
        "if it is that"
        if encoding == "utf-8"
        else "leave out encoding if the file is UTF-8"
    )
    return DataError(f"{file.where}, line {line}: {byte} is not {encoding.upper()}; {way_out}")
