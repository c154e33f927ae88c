"""The settings of a trial in lines: what was written first, each with its origin; then what nobody wrote."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from ..text import one_line
from .origins import SOURCES, Origin, Setting

_INDENT = "    "
_HELD = "\N{NO-BREAK SPACE}"


def settings_lines(settings: Sequence[Setting], width: int) -> list[str]:
    """All settings, values in full.

    Args:
        settings: They.
        width: Columns of the screen: an origin for which there is no room stands below its setting.
    """
    written = [setting for setting in settings if setting.origin.source != "default"]
    written.sort(key=lambda setting: SOURCES.index(setting.origin.source))
    rows = [(one.name, value_text(one.value), origin_text(one.origin)) for one in written]
    names, values = (max((cell_len(row[at]) for row in rows), default=0) for at in (0, 1))
    lines = [
        "Settings:",
        *(line for row in rows for line in _row(row, names, min(values, width // 4), width)),
    ]
    default = [
        # Not to be parted at the end of a line.
        f"{one.name} {value_text(one.value)}".replace(" ", _HELD)
        for one in settings
        if one.origin.source == "default"
    ]
    said = [line.replace(_HELD, " ") for line in _wrapped(", ".join(default), width)]
    return [*lines, "", f"By default, {len(default)}:", *said]


def value_text(value: Any) -> str:
    """A value in full, as a study file would have it."""
    if not isinstance(value, str):
        return one_line(json.dumps(value, ensure_ascii=False))
    return one_line(json.dumps(value, ensure_ascii=False) if _needs_quotes(value) else value)


def _needs_quotes(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return not text
    return True


def origin_text(origin: Origin) -> str:
    """Where a value came from, in a few words that begin with file and line where they are known."""
    return one_line(_place(origin) + _words(origin))


def _place(origin: Origin) -> str:
    if origin.file is not None:
        return f"{origin.file}:{origin.line} "
    whole = origin.key is None or origin.range_of or origin.source == "workload"
    return "" if whole else "study, "


def _words(origin: Origin) -> str:
    match origin.source:
        case "space":
            whose = f"ranges of workload {origin.range_of}" if origin.range_of else "space"
            return f"{whose}, drawn by {origin.name}"
        case "arm":
            return f"arms.{origin.name}" if origin.file else f"arm {origin.name}"
        case "workload":
            return f"workload {origin.name}"
        case "confirm":
            return f"sweeper confirm, from {origin.name}"
        case "memory" if origin.proposed is not None:
            proposed = f"{value_text(origin.proposed.value)} ({origin_text(origin.proposed.origin)})"
            return f"micro-batch halved after memory ran out; proposed: {proposed}"
        case source:
            return source


def _row(row: tuple[str, str, str], names: int, values: int, width: int) -> Iterator[str]:
    name, value, origin = row
    head = f"{_padded(name, names)}  {value}"
    line = f"{_padded(head, names + 2 + values)}  {origin}"
    if cell_len(line) <= width:
        yield line
        return
    yield from textwrap.wrap(head, width, subsequent_indent=_INDENT, **_WHOLE)
    yield from _wrapped(origin, width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, **_WHOLE)


_WHOLE: Any = {"break_long_words": False, "break_on_hyphens": False}


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
