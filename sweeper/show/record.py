"""Everything that is recorded of one trial, and the same as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ..store.studies import find_trial
from ..store.study import StudyStore
from ..study.written import Written
from ..trial import MetricKey, StudyRow, TrialRow
from .origins import Setting, settings_of


@dataclass(frozen=True)
class Record:
    """One trial.

    Attributes:
        study: Its study.
        trial: It.
        metrics: Every metric of every epoch.
        settings: Every setting, with its origin.
        inputs: What is kept of the data and weights that it read; nothing where that is not recorded.
        folder: The same of the user's working folder.
        files: The study's files as they were when it was proposed; None where they are not known.
    """

    study: StudyRow
    trial: TrialRow
    metrics: Mapping[MetricKey, float | None]
    settings: Sequence[Setting]
    inputs: Mapping[str, Any]
    folder: Mapping[str, Any]
    files: Written | None


def read_record(store: StudyStore, number: int) -> Record:
    """Everything that is recorded of one trial.

    Raises:
        InputError: If the study has no trial of that number.
    """
    trial, kept = find_trial(store, number), store.provenance()
    files = kept.get(trial.written or "")
    written = Written.from_json(files) if files else None
    return Record(
        study=store.row,
        trial=trial,
        metrics=store.trials.metrics(number),
        settings=settings_of(store.row, trial, written, store.trials.past()),
        inputs=kept.get(trial.inputs or "", {}),
        folder=kept.get(trial.working_folder or "", {}),
        files=written,
    )


_COPIED = (
    *("state", "arm", "configuration", "seed", "params", "reused_from", "halvings", "attempts"),
    *("created", "started", "finished", "seconds", "processor_seconds", "step_seconds", "pair_seconds"),
    *("peak_memory_mb", "best_epoch", "scores", "error_class", "traceback"),
)
_CIRCUMSTANCES = ("machine", "processor", "device", "threads", "versions", "fingerprint")


def record_json(record: Record) -> dict[str, Any]:
    """A trial as JSON: every key is always there, null where something is not known or not so."""
    trial = record.trial
    epochs = [
        {"epoch": epoch, "split": split, "task": task, "metric": metric, "value": value}
        for (epoch, split, task, metric), value in record.metrics.items()
    ]
    provenance = {name: getattr(trial, name) for name in _CIRCUMSTANCES}
    provenance |= {"working_folder": record.folder or None, "inputs": record.inputs or None}
    return {
        "study": record.study.name,
        "trial": trial.number,
        **{name: _plain(getattr(trial, name)) for name in _COPIED},
        "epochs": epochs,
        "settings": {one.name: _setting(one) for one in record.settings},
        "provenance": provenance | {"files": _files(record.files)},
    }


def _setting(setting: Setting) -> dict[str, Any]:
    proposed = setting.origin.proposed
    said = {"value": setting.value, **asdict(setting.origin)}
    return said | {"proposed": _setting(proposed) if proposed else None}


def _files(written: Written | None) -> list[dict[str, str]] | None:
    if written is None:
        return None
    return [{"path": file.path, "text": file.text} for file in (written.study, *written.workloads)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
