"""What a trainer that is own code can leave to us: its rows, its scores, and what it goes on from."""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from .config import TrialConfig
from .data.corpus import digest_of_rows, sample_of, sorted_hashes, split_rows
from .data.hashes import count_common
from .data.rows import Rows, check
from .errors import CheckpointError, PluginError, TrialStoppedError
from .files import RunFolder, beside, open_file
from .inputs import Inputs
from .metrics.own import OwnMetric, recorded_scores
from .predictions import DAMAGED, Predictions, leave_predictions, place_predictions
from .result import SPLITS, EpochResult, Metric, best_epoch
from .steps import StepReport
from .tasks import Task

Values = NDArray[np.float64]
State = dict[str, NDArray[np.generic]]
Answers = tuple[Values, NDArray[np.floating] | None]
"""Predictions in the units of the labels, ``[rows]``; scores of the classes ``[rows, classes]``, if any."""

_log = logging.getLogger(__name__)

STATE = "own.npz"
_RESULTS = TypeAdapter(tuple[EpochResult, ...])

REPORT_SECONDS = 0.5
"""How often the log hears of a step at most."""


class StepLog:
    """Hears how far a trainer that is own code is; nothing of it is recorded.

    Args:
        loaded: Hears what the trial trains on.
        told: Hears of the steps that are written to the log.
    """

    def __init__(
        self,
        loaded: Callable[[Inputs], object],
        told: Callable[[StepReport], object] = lambda report: None,
    ) -> None:
        self.loaded = loaded
        self._tell = told
        self._said = 0.0

    def __call__(self, step: int, loss: float, rate: float) -> None:
        """Writes a step, its loss and its learning rate to the trial's log, at most twice a second.

        The live view of the sweep shows them too.
        """
        if time.monotonic() - self._said >= REPORT_SECONDS:
            self._said = time.monotonic()
            sys.stderr.write(f"step {step}: loss {loss:.4g}, rate {rate:.3g}\n")
            self._tell(StepReport(int(step), float(loss), float(rate)))


class OwnTrial:
    """A trial of an own trainer: rows, scores, predictions, checkpoints.

    A trainer asks it for rows, trains, and has each epoch scored; what an epoch leaves is in a checkpoint
    before it is yielded, so that a trial that is killed goes on from there. One that is damaged is passed
    over.

    Args:
        config: The trial.
        rundir: Its folder.
        data: Folder of the user's data files.
        report: What the trainer was given.

    Attributes:
        train: Training rows of each task.
        state: What the trainer has to go on from, as of its latest epoch; empty where it begins.
        results: The epochs that are done.

    Raises:
        DataError: If the data is missing or malformed.
        CheckpointError: If the folder holds a checkpoint of another trial.
    """

    def __init__(self, config: TrialConfig, rundir: Path, data: Path | None, report: StepLog) -> None:
        self._config, self._folder, self._report = config, RunFolder(rundir), report
        self._rows = check(config, data)
        self.train = {name: splits["train"] for name, splits in self._rows.items()}
        self._sample = {name: sample_of(rows, config.train_sample) for name, rows in self.train.items()}
        parts = [{name: s[split] for name, s in self._rows.items() if split in s} for split in SPLITS]
        self._fingerprint, self._read = digest_of_rows("", *parts), digest_of_rows("", *parts[:2])
        self._identity = f"{config.fingerprint()} {self._fingerprint}"
        self.results: tuple[EpochResult, ...] = ()
        self.state: State = {}
        self._processor, self._began = 0.0, time.process_time()
        self._restore()
        place_predictions(self._folder, best_epoch(self.results))
        self._moment, self._told = time.perf_counter(), False

    def epochs(
        self, stop: Callable[[], bool], step: Callable[[int], tuple[Callable[[str, Rows], Answers], State]]
    ) -> Generator[EpochResult, None, None]:
        """Yields the epochs that are done, then trains the others.

        Args:
            stop: Asked before each epoch whether to stop.
            step: Trains one epoch, by its number from 1. It gives what predicts rows of a task, and the state
                to go on from.

        Raises:
            TrialStoppedError: If `stop` said so.
        """
        yield from self.results
        for epoch in range(len(self.results) + 1, self._config.epochs + 1):
            if stop():
                raise TrialStoppedError
            predict, self.state = step(epoch)
            yield self._evaluated(epoch, predict)

    def _evaluated(self, epoch: int, predict: Callable[[str, Rows], Answers]) -> EpochResult:
        config, trained = self._config, time.perf_counter()
        if not self._told:
            self._told = True
            self._report.loaded(self._inputs())
        dev = self._predicted(predict, {name: splits["dev"] for name, splits in self._rows.items()})
        scores = {"dev": self._scores(dev), "train": self._scores(self._predicted(predict, self._sample))}
        judged = scores["dev"]["overall"]
        best = all(judged > earlier.judged for earlier in self.results)
        test = {name: splits["test"] for name, splits in self._rows.items() if "test" in splits}
        tested = self._predicted(predict, test) if best and test else {}
        if tested:
            scores["test"] = self._scores(tested)
        named = {name: task.metric for name, task in config.tasks.items()} | {"overall": "overall"}
        tokens = {name: _count_words(rows) for name, rows in self.train.items()}
        now = time.perf_counter()
        result = EpochResult(
            epoch=epoch,
            overall=judged,
            best=best,
            metrics=tuple(
                Metric(split, name, named[name], value)
                for split in SPLITS
                for name, value in scores.get(split, {}).items()
            ),
            train_seconds=trained - self._moment,
            eval_seconds=now - trained,
            tokens=tokens,
            padded_tokens=tokens,
            peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MIB,
            fingerprint=self._fingerprint,
            processor_seconds=self._processor + time.process_time() - self._began,
        )
        self._moment = now
        self.results = (*self.results, result)
        if best:
            leave_predictions(self._folder, epoch, dev, tested)
        self._save()
        place_predictions(self._folder, best_epoch(self.results))
        return result

    def _predicted(
        self, predict: Callable[[str, Rows], Answers], rows: Mapping[str, Rows]
    ) -> dict[str, Predictions]:
        found = {}
        for name, part in rows.items():
            values, given = predict(name, part)
            labels = np.array(part.labels, dtype=np.float64)
            task = self._config.tasks[name]
            if misfit := _misfit(task, values, given, len(part)):
                raise PluginError(f"{self._config.trainer}: task {name}: {misfit}")
            scorer, answers = task.scorer, np.asarray(values, dtype=np.float64)
            own = isinstance(scorer, OwnMetric)
            found[name] = Predictions(
                np.array(part.ids, dtype=np.str_),
                answers,
                labels,
                np.array([max(len(text.split()) for text in row) for row in zip(*part.texts, strict=True)]),
                {column: np.array(groups, dtype=np.str_) for column, groups in part.groups.items()},
                None if given is None else np.asarray(given, dtype=np.float32),
                recorded_scores(scorer, answers, labels) if own else None,
            )
        return found

    def _scores(self, predicted: Mapping[str, Predictions]) -> dict[str, float]:
        tasks = self._config.tasks
        found = {name: tasks[name].score(one) for name, one in predicted.items()}
        return {**found, "overall": self._config.overall.score(tasks, found)}

    def _inputs(self) -> Inputs:
        tasks = self._config.tasks
        hashes = {name: sorted_hashes(splits) for name, splits in self._rows.items()}
        rows = {name: split_rows(tasks[name], splits, hashes[name]) for name, splits in self._rows.items()}
        common = {name: count_common(found["dev"], found["train"]) for name, found in hashes.items()}
        return Inputs(rows, common, None, sum(array.size for array in self.state.values()), self._read)

    def _save(self) -> None:
        said = {
            "identity": self._identity,
            "results": _RESULTS.dump_json(self.results).decode(),
            "processor": self.results[-1].processor_seconds,
        }
        with beside(self._folder.checkpoints / STATE) as place, place.open("xb") as file:
            written = {f"state.{name}": array for name, array in self.state.items()}
            np.savez(file, allow_pickle=False, said=np.array(json.dumps(said)), **written)

    def _restore(self) -> None:
        path = self._folder.checkpoints / STATE
        if not path.exists():
            return
        try:
            said, state = _read(path)
            results = _RESULTS.validate_json(said["results"])
        except DAMAGED:
            _log.warning("checkpoint %s is damaged; the trial begins at its start", path)
            return
        if said["identity"] != self._identity:
            raise CheckpointError(f"{path} is of another configuration or of other data; move it away")
        self.results, self.state = results, state
        self._processor = said["processor"]


def _misfit(task: Task, values: Values, given: NDArray[np.floating] | None, rows: int) -> str | None:
    """What is wrong with the answers of own code to a task's rows; None if nothing is."""
    if np.shape(values) != (rows,) or not _are_finite(values, np.float64):
        return "not one finite prediction for each row"
    classes = task.classes
    if classes is not None and not np.isin(values, np.arange(classes)).all():
        strange = np.asarray(values)[~np.isin(values, np.arange(classes))][0]
        return f"prediction {strange:g} is no class; those are 0 to {classes - 1}"
    if given is None:
        return "metric auc needs scores of the classes" if task.scorer.needs_scores else None
    wrong = np.shape(given) != (rows, task.outputs) or not _are_finite(given, np.float32)
    return f"not {task.outputs} finite scores for each row" if wrong else None


def _are_finite(values: NDArray[np.floating], kind: type[np.floating[Any]]) -> bool:
    """Whether they are numbers, and finite in the type in which they are kept."""
    with np.errstate(over="ignore"):
        try:
            return bool(np.isfinite(np.asarray(values, dtype=kind)).all())
        except (TypeError, ValueError):
            return False


def _count_words(rows: Rows) -> int:
    return sum(len(text.split()) for column in rows.texts for text in column)


def _read(path: Path) -> tuple[dict[str, Any], State]:
    with open_file(path) as opened, np.load(opened, allow_pickle=False) as file:
        state = {name.removeprefix("state."): file[name] for name in file.files if name != "said"}
        return json.loads(str(file["said"])), state


def epochs_kept(rundir: Path) -> int | None:
    """Epochs that the checkpoint of an own trainer holds; None where there is none, or it is damaged."""
    path = RunFolder(rundir).checkpoints / STATE
    try:
        return len(_RESULTS.validate_json(_read(path)[0]["results"]))
    except DAMAGED:
        return None


_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10
