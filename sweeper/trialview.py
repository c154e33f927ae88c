"""Trials in words: those that need attention, and everything about one."""

import json

from .archive import Archive
from .database import Database
from .errors import InputError
from .owner import Owner
from .progress import describe
from .run import RunRow, RunState, SweepRow
from .table import one_line


def attention(database: Database, sweep: SweepRow) -> list[str]:
    """One line for each trial of a study that is unfinished or failed, by number."""
    rows = [run for run in database.runs(sweep.name) if run.state in _NOTED]
    if not rows:
        return []
    trials = database.trials_frame(sweep.name)
    epochs = dict(zip(trials["number"], trials["epochs"], strict=True))
    return [
        f"trial {run.number} {one_line(f'{_state(run, epochs[run.number])} · {run.arm}')}" for run in rows
    ]


def find_trial(database: Archive, sweep: SweepRow, number: int) -> RunRow:
    """One trial of a study.

    Raises:
        InputError: If the study has no trial of that number.
    """
    run = database.run(sweep.name, number)
    if run is None:
        numbers = [run.number for run in database.runs(sweep.name)]
        known = f"its trials are {numbers[0]} to {numbers[-1]}" if numbers else "it has none yet"
        raise InputError(f"study {sweep.name!r} has no trial {number}; {known}")
    return run


def trial_text(database: Database, sweep: SweepRow, number: int) -> str:
    """Everything that is recorded of one trial.

    Args:
        database: The database.
        sweep: The study.
        number: Number of the trial.

    Raises:
        InputError: If the study has no trial of that number.
    """
    run = find_trial(database, sweep, number)
    parts = [
        _head(sweep, run),
        "Configuration:\n" + json.dumps(run.config, indent=2),
        _epochs(database, sweep.name, number),
    ]
    if run.traceback:
        parts.append(f"Failure ({run.error_class}):\n{run.traceback.rstrip()}")
    return "\n\n".join(part for part in parts if part)


_NOTED = (RunState.QUEUED, RunState.RUNNING, RunState.FAILED)


def _state(run: RunRow, epochs: int) -> str:
    if run.state is RunState.FAILED:
        return f"failed ({run.error_class}) after {epochs} epochs"
    if run.owner is None or Owner.parse(run.owner).is_dead():
        return f"{run.state}, its driver is gone: epoch {epochs} of {run.config['epochs']}"
    owner = Owner.parse(run.owner)
    return f"{run.state} (process {owner.pid} on {owner.host}): epoch {epochs} of {run.config['epochs']}"


def _head(sweep: SweepRow, run: RunRow) -> str:
    lines = [
        f"{sweep.name} trial {run.number}: {run.state}",
        f"arm: {run.arm}",
        f"hyperparameters: {describe(run.params) or 'none sampled'}",
        f"seed: {run.seed}",
    ]
    if run.scores:
        lines.append(
            f"best epoch {run.best_epoch}: " + ", ".join(f"{k} {v:.4f}" for k, v in run.scores.items())
        )
    if run.device:
        lines.append(f"device: {run.device}, {run.threads} threads; attempts: {run.attempts}")
    if run.seconds is not None:
        memory = f", peak memory {run.peak_memory_mb:.0f} MiB" if run.peak_memory_mb else ""
        lines.append(f"time: {run.seconds:.1f} s{memory}")
    if run.versions:
        lines.append("versions: " + ", ".join(f"{k} {v}" for k, v in run.versions.items()))
    return "\n".join(lines)


def _epochs(database: Database, name: str, number: int) -> str:
    frame = database.epochs_frame(name)
    mine = frame[frame["number"] == number]
    if mine.empty:
        return ""
    labels = mine["split"] + " " + mine["task"] + " " + mine["metric"]
    table = mine.assign(label=labels).pivot_table(
        index="label", columns="epoch", values="value", sort=False, dropna=False
    )
    shown = table.to_string(float_format="{:.4f}".format, index_names=False, na_rep="not a number")
    return f"Scores by epoch:\n{shown}"
