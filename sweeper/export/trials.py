"""All trials of a study in one file, numbers in full: CSV, JSON or Parquet, by the file's suffix."""

import io
import json
import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from model.files import write_beside

from ..errors import InputError
from ..paths import check_target
from ..report.results import records
from ..show.spreadsheet import cells, readable

_STORED = 2**63
"""Whole numbers below fit a column of numbers; one that has larger ones is text."""


def check_suffix(file: Path) -> None:
    """Looks whether trials can be written to a file of this name.

    Raises:
        InputError: If its suffix is not known, what writes it is not installed, or it is a folder.
    """
    check_target(file, "--trials")
    if file.suffix not in _BYTES:
        known = ", ".join(_BYTES)
        raise InputError(f"--trials {str(file)!r}: suffix {file.suffix!r} is not known; known: {known}")
    if file.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise InputError(f"--trials {str(file)!r} needs pyarrow: pip install 'sentence-sweeper[parquet]'")


def write_trials(trials: pd.DataFrame, file: Path) -> None:
    """Writes all trials, one row each; a file that is there is replaced at once.

    A cell that holds more than a number or a text, such as the configuration, is JSON.

    Args:
        trials: What ``frames.trials_frame`` gave, or ``report.foreign.marked_frame``.
        file: Ends in ``.csv``, ``.json`` (a list of objects) or ``.parquet``.

    Raises:
        InputError: If its suffix is not known, or what writes it is not installed.
    """
    check_suffix(file)
    write_beside(file, _BYTES[file.suffix](trials))


def _csv(trials: pd.DataFrame) -> bytes:
    own = readable(trials) if "error_class" in trials else trials
    return cells(_flat(own)).to_csv(index=False, lineterminator="\n").encode()


def _parquet(trials: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    _flat(trials).to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def _json(trials: pd.DataFrame) -> bytes:
    rows = [{name: _plain(value) for name, value in row.items()} for row in records(trials)]
    return (json.dumps(rows, indent=1, allow_nan=False) + "\n").encode()


_BYTES: dict[str, Callable[[pd.DataFrame], bytes]] = {".csv": _csv, ".json": _json, ".parquet": _parquet}


def _flat(trials: pd.DataFrame) -> pd.DataFrame:
    """The frame with one kind of value in a column."""
    mixed = [str(name) for name in trials if trials[name].dtype == object]
    return trials.assign(**{name: _column(trials[name]) for name in mixed})


def _column(values: "pd.Series[Any]") -> "pd.Series[Any]":
    kinds = {type(value) for value in values if not _missing(value)}
    whole = int not in kinds or all(_missing(value) or -_STORED <= value < _STORED for value in values)
    if len(kinds) <= 1 and not kinds & {dict, list} and whole:
        return values
    return values.map(lambda value: None if _missing(value) else json.dumps(value))


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _plain(value: Any) -> Any:
    """A value as JSON has it: null for what is missing, a moment as ISO 8601, what is infinite as a text."""
    if _missing(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return str(float(value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
