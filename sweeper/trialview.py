"""One trial in words: everything that is recorded of it."""

import json

from .archive import Archive
from .database import Database
from .errors import InputError
from .progress import describe
from .run import RunRow, SweepRow


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
