"""Trials for TensorBoard: a folder each, with scalars by epoch and hyperparameters. Needs no torch."""

import shutil
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from model.result import EpochResult

from ..trial import Outcome, RunState, TrialSpec
from .log import Log, settings, state, tag


class TensorBoardLog(Log):
    """Event files; ``tensorboard --logdir`` shows them.

    A trial that goes on is written anew, as it tells its finished epochs once more: no epoch stands there
    twice, and no file ends in the middle of a record.

    Args:
        folder: Folder of the study; each trial gets one in it, named by its number.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[int, EventFileWriter] = {}

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Begins the trial's file with its hyperparameters."""
        place = self._folder / str(trial.number)
        shutil.rmtree(place, ignore_errors=True)
        self._writers[trial.number] = EventFileWriter(str(place))
        self._write(trial.number, hparams_pb(settings(trial), trial_id=str(trial.number)))

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Writes every metric of the epoch."""
        values = [Summary.Value(tag=tag(metric), simple_value=metric.value) for metric in result.metrics]
        self._write(number, Summary(value=values), result.epoch)

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Writes how the trial ended and its best scores."""
        scores = outcome.scores or {}
        best = [Summary.Value(tag=f"best/{name}", simple_value=value) for name, value in scores.items()]
        self._write(number, Summary(value=best), outcome.best_epoch)
        how = f"{state(outcome)}: {message}" if message else state(outcome)
        self._write(number, text_pb("state", how))
        status = STATUS_FAILURE if outcome.state is RunState.FAILED else STATUS_SUCCESS
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        about = metadata.create_summary_metadata(HParamsPluginData(session_end_info=end))
        self._write(number, Summary(value=[Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=about)]))
        self.withdrawn(number)

    def withdrawn(self, number: int) -> None:
        """Closes the trial's file."""
        self._writers.pop(number).close()

    def close(self) -> None:
        """Closes every file."""
        for number in list(self._writers):
            self.withdrawn(number)

    def _write(self, number: int, summary: Summary, step: int | None = None) -> None:
        self._writers[number].add_event(Event(wall_time=time.time(), step=step or 0, summary=summary))
        self._writers[number].flush()
