"""The trials of a study as DataFrames, for reports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from model.result import TRAINED

from ..trial import TrialRow


def trials_frame(rows: Sequence[TrialRow], epochs: Mapping[int, int]) -> pd.DataFrame:
    """One row a trial.

    Args:
        rows: The trials, by number.
        epochs: How many evaluations of a trial are recorded, by its number; absent for none.

    Returns:
        number, arm, state, seed, overall, ``trained tasks`` where a trial has that in its place, the dev
        score of each task at the best epoch, best_epoch, epochs, seconds, peak_memory_mb, device, threads,
        attempts, halvings, reused_from, driver, error_class, traceback, created, started, finished,
        processor_seconds, step_seconds, pair_seconds, side_by_side (whether another trial ran on its machine
        between its start and its end), ``params.<name>`` for each parameter, config. Numbers are NaN where
        there are none, with best_epoch, threads, reused_from and driver (the drivers that ran the trials
        last, numbered from 1 in the order of the trials) as nullable integers; moments are UTC or NaT; other
        gaps are None.
    """
    means = [TRAINED] if any(TRAINED in (row.scores or {}) for row in rows) else []
    scores = ["overall", *means, *dict.fromkeys(task for row in rows for task in row.config["tasks"])]
    params = dict.fromkeys(name for row in rows for name in row.params)
    # Numbered, not named: a report may go where the names of machines should not.
    owners = dict.fromkeys(row.owner for row in rows if row.owner is not None)
    drivers = {owner: number for number, owner in enumerate(owners, start=1)}
    columns = {
        "number": _column((row.number for row in rows), "int64"),
        "arm": _column((row.arm for row in rows), "object"),
        "state": _column((row.state.value for row in rows), "object"),
        "seed": _column((row.seed for row in rows), "int64"),
        **{score: _column(((row.scores or {}).get(score) for row in rows), "float64") for score in scores},
        "best_epoch": _column((row.best_epoch for row in rows), "Int64"),
        "epochs": _column((epochs.get(row.number, 0) for row in rows), "int64"),
        "seconds": _column((row.seconds for row in rows), "float64"),
        "peak_memory_mb": _column((row.peak_memory_mb for row in rows), "float64"),
        "device": _column((row.device for row in rows), "object"),
        "threads": _column((row.threads for row in rows), "Int64"),
        "attempts": _column((row.attempts for row in rows), "int64"),
        "halvings": _column((row.halvings for row in rows), "int64"),
        "reused_from": _column((row.reused_from for row in rows), "Int64"),
        "driver": _column((row.owner and drivers[row.owner] for row in rows), "Int64"),
        "error_class": _column((row.error_class and row.error_class.value for row in rows), "object"),
        "traceback": _column((row.traceback for row in rows), "object"),
        "created": _column((row.created for row in rows), _MOMENT),
        "started": _column((row.started for row in rows), _MOMENT),
        "finished": _column((row.finished for row in rows), _MOMENT),
        "processor_seconds": _column((row.processor_seconds for row in rows), "float64"),
        "step_seconds": _column((row.step_seconds for row in rows), "float64"),
        "pair_seconds": _column((row.pair_seconds for row in rows), "float64"),
        "side_by_side": _column(_side_by_side(rows), "object"),
    }
    chosen = {f"params.{name}": pd.Series([row.params.get(name) for row in rows]) for name in params}
    return pd.DataFrame(columns | chosen | {"config": _column((row.config for row in rows), "object")})


def epochs_frame(rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """One row a metric of an epoch, from rows in the order of the columns.

    Returns:
        number, arm, epoch, split, task, metric, value; a value that is not a number is NaN.
    """
    frame = pd.DataFrame(
        [tuple(row) for row in rows],
        columns=["number", "arm", "epoch", "split", "task", "metric", "value"],
    )
    return frame.astype({"number": "int64", "epoch": "int64", "value": "float64"})


_MOMENT = "datetime64[us, UTC]"

_NEVER = datetime.min.replace(tzinfo=UTC)


def _side_by_side(rows: Sequence[TrialRow]) -> list[bool | None]:
    """Whether each trial had company on its machine; None where it has not begun, or nobody knows where."""
    begun = [(row.started, row.machine, row) for row in rows if row.started and row.machine]
    together: dict[int, bool] = {}
    last: dict[str, TrialRow] = {}  # of those that have begun, the one that ends last
    for started, machine, row in sorted(begun, key=lambda each: each[0]):
        before = last.setdefault(machine, row)
        together[row.number] = before is not row and started < _end(before)
        # Whoever overlaps a trial that began earlier overlaps the one of those that ends last.
        together[before.number] |= together[row.number]
        last[machine] = max(before, row, key=_end)
    return [together.get(row.number) for row in rows]


def _end(row: TrialRow) -> datetime:
    # While a trial runs its lease is renewed, a little ahead.
    return row.finished or row.lease_expires or _NEVER


def _column(values: Iterable[object], dtype: str) -> "pd.Series[Any]":
    return pd.Series(list(values), dtype=dtype)
