"""Trains a trial again, and compares every metric with what was recorded."""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model.config.trainers import portable
from model.data.rows import check
from model.files import RunFolder, temporary_folder
from model.plugins.source import PluginSource

from ..errors import InputError
from ..executors.protocol import Evaluated, Event, Executor, Failed, Finished, Job, Loaded, Started
from ..paths import Home
from ..store.studies import find_made, find_trial
from ..store.study import StudyStore
from ..study.recorded import config_of
from ..text import one_line
from ..trial import MetricKey, RunState, TrialRow
from .circumstances import (
    MISSING,
    Circumstances,
    Value,
    circumstances_heard,
    circumstances_here,
    recorded_circumstances,
)
from .precision import check_computes


@dataclass(frozen=True)
class Deviation:
    """Something of which the record and the repetition say different things.

    Attributes:
        what: What it is, for example ``epoch 2 dev sst accuracy``.
        recorded: Its value in the database.
        now: Its value in the repetition.
    """

    what: str
    recorded: Value
    now: Value

    def __str__(self) -> str:
        return f"{self.what}: {_written(self.recorded)} recorded, {_written(self.now)} now"


@dataclass
class Repetition:
    """What is heard of a trial that is trained again.

    Attributes:
        metrics: Every metric of every epoch.
        failure: How it failed; None if it did not.
        circumstances: Under what it ran.
    """

    metrics: dict[MetricKey, float] = field(default_factory=dict)
    failure: Failed | None = None
    circumstances: Circumstances = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        """Takes note of an event of the trial."""
        match event:
            case Started() | Loaded():
                self.circumstances |= circumstances_heard(event)
            case Evaluated(result=result):
                self.circumstances["data fingerprint"] = result.fingerprint
                self.metrics |= {(result.epoch, m.split, m.task, m.name): m.value for m in result.metrics}
            case Failed():
                self.failure = event


@dataclass(frozen=True)
class Repeat:
    """How a repetition differs from the record.

    Attributes:
        ended: How the trial ended as recorded, for example ``complete`` or ``failed (nan)``.
        outcome: Of how the trial ended; None if it ended alike.
        metrics: Metrics that differ, those that only one of the two has included.
        compared: Number of metrics that either has.
        circumstances: Circumstances that differ, the causes that can be seen.
    """

    ended: str
    outcome: Deviation | None
    metrics: tuple[Deviation, ...]
    compared: int
    circumstances: tuple[Deviation, ...]

    @property
    def identical(self) -> bool:
        """Whether the trial ended alike with equal metrics, bit for bit."""
        return self.outcome is None and not self.metrics


def replay(
    store: StudyStore,
    number: int,
    *,
    executor: Executor,
    home: Home,
    data: Path | None,
    say: Callable[[str], None],
    keep: Path | None = None,
    plugins: tuple[PluginSource, ...] = (),
) -> Repeat:
    """Trains a trial again from its start, in a folder of its own that is removed afterwards.

    It has the configuration and the number of threads of the record. A pruned trial ends where it was pruned.

    Args:
        store: The study; it is not changed.
        number: Number of the trial.
        executor: Where the trial runs.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        say: Hears, epoch by epoch, whether the metrics are those of the record.
        keep: Where the weights of its best epoch are copied to, if it has come to one.
        plugins: Own code of the study.

    Raises:
        InputError: If there is no such trial, it has no outcome yet, or this machine does not compute its
            precision.
        DatabaseError: If this version of sweeper cannot read its configuration.
        DataError: If its data is missing or malformed.
    """
    sweep, row = store.row, find_trial(store, number)
    if not row.state.final:
        raise InputError(
            f"trial {number} of study {sweep.name!r} is {row.state}: it has no outcome to repeat"
        )
    # A result that was reused came about under the circumstances of the trial that it is from, and with its
    # micro-batch, which may have been halved.
    made = find_made(store, row)
    config = config_of(made)
    check_computes(config, f"trial {number} of study {sweep.name!r}")
    check(config, data)
    recorded = store.trials.metrics(number)
    last = max((key[0] for key in recorded), default=0) if row.state is RunState.PRUNED else config.epochs
    with temporary_folder(home.root, "replay") as folder:
        try:
            # In a cache of its own: what the record is compared with is read from the files once more.
            cache, threads = folder / "cache", made.threads or 1
            executor.submit(Job(number, portable(config), folder, data, cache, threads, plugins=plugins))
            repetition = _follow(executor, last, lambda epoch, found: say(_epoch(recorded, epoch, found)))
        finally:
            executor.close()  # before its folder goes
        weights = RunFolder(folder).weights
        if keep is not None and weights.exists():
            shutil.copyfile(weights, keep)
    repetition.circumstances |= {f"plug-in {one.name}": one.sha256 for one in plugins}
    return compare(row, made, recorded, repetition, store.provenance())


def compare(
    row: TrialRow,
    made: TrialRow,
    recorded: Mapping[MetricKey, float | None],
    repetition: Repetition,
    kept: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Repeat:
    """Compares a repetition with the record.

    Args:
        row: The trial as recorded.
        made: The trial from which its result is: another one if the result was reused.
        recorded: Its metrics; None for what is not a number.
        repetition: The repetition.
        kept: What the study's trials were made from, by the digests that they name.
    """
    before = f"{row.state} ({row.error_class})" if row.error_class else str(row.state)
    now, message = str(row.state if row.state is RunState.PRUNED else RunState.COMPLETE), ""
    if repetition.failure:
        now = f"{RunState.FAILED} ({repetition.failure.error_class})"
        message = f": {one_line(repetition.failure.message)}"
    keys = sorted(recorded.keys() | repetition.metrics.keys())
    return Repeat(
        ended=before,
        outcome=Deviation("outcome", before, now + message) if before != now else None,
        metrics=tuple(
            Deviation(_metric(key), _value(recorded, key), _value(repetition.metrics, key))
            for key in keys
            if not _same(recorded, repetition.metrics, key)
        ),
        compared=len(keys),
        circumstances=_circumstances(made, repetition, kept),
    )


def lines(name: str, number: int, comparison: Repeat) -> list[str]:
    """A comparison in words.

    Args:
        name: Name of the study.
        number: Number of the trial.
        comparison: The comparison.
    """
    count, head = comparison.compared, f"{name} trial {number}"
    seen = [f"  {difference}" for difference in comparison.circumstances]
    if comparison.identical:
        also = ["although these differ:", *seen] if seen else []
        return [f"{head}: identical in {count} metrics, and {comparison.ended} as recorded", *also]
    told = [f"  {difference}" for difference in (comparison.outcome, *comparison.metrics) if difference]
    causes = ["causes that can be seen:", *seen]
    if not seen:
        causes = ["no cause can be seen in machine, threads, device, data, weights, commit and versions"]
    return [f"{head}: {len(comparison.metrics)} of {count} metrics differ", *told, *causes]


def _follow(executor: Executor, last: int, evaluated: Callable[[int, Repetition], None]) -> Repetition:
    repetition = Repetition()
    while True:
        for event in executor.poll(timeout=1.0):
            repetition.hear(event)
            if isinstance(event, Evaluated):
                evaluated(event.result.epoch, repetition)
                if event.result.epoch == last:
                    return repetition
            if isinstance(event, Finished | Failed):
                return repetition


def _epoch(recorded: Mapping[MetricKey, float | None], epoch: int, repetition: Repetition) -> str:
    keys = {key for key in (*recorded, *repetition.metrics) if key[0] == epoch}
    unlike = sum(not _same(recorded, repetition.metrics, key) for key in keys)
    return f"epoch {epoch}: " + (f"{unlike} of {len(keys)} metrics differ" if unlike else "identical")


def _same(recorded: Mapping[MetricKey, float | None], now: Mapping[MetricKey, float], key: MetricKey) -> bool:
    if key not in recorded or key not in now:
        return False
    value = recorded[key]
    # The database keeps what is not a number as nothing.
    return math.isnan(now[key]) if value is None else value == now[key]


def _value(metrics: Mapping[MetricKey, float | None] | Mapping[MetricKey, float], key: MetricKey) -> Value:
    if key not in metrics:
        return MISSING
    value = metrics[key]
    return math.nan if value is None else value


def _metric(key: MetricKey) -> str:
    epoch, split, task, name = key
    return f"epoch {epoch} {split} {task} {name}"


def _circumstances(
    made: TrialRow, repetition: Repetition, kept: Mapping[str, Mapping[str, Any]]
) -> tuple[Deviation, ...]:
    """What differs of what is recorded."""
    before = recorded_circumstances(made, kept)
    now = circumstances_here(made.versions or {}) | repetition.circumstances
    return tuple(
        Deviation(what, value, now[what])
        for what, value in before.items()
        if value is not None and now.get(what) is not None and value != now[what]
    )


def _written(value: Value) -> str:
    return repr(value) if isinstance(value, float) else str(value)
