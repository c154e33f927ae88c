"""One trial in the process that it runs in: train it and tell what happens."""

import errno
import logging
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from model.config import TrainConfig
from model.config.trainers import TRAINERS, AnyConfig, revived
from model.files import RunFolder, remove, write_beside
from model.inputs import Inputs
from model.plugins.load import load, place_in
from model.plugins.source import PluginSource
from model.result import EpochResult
from model.steps import StepReport

from ..errors import InputError
from ..runs.origin import discard_foreign, sign
from ..sharedfolder import SharedFolder
from ..text import plural
from ..trial import ErrorClass
from ..url import scrubbed
from .hold import Hold
from .processor import processor
from .protocol import (
    Evaluated,
    Event,
    Failed,
    Finished,
    Job,
    Loaded,
    Noted,
    Progressed,
    Started,
    Stopped,
    Waiting,
)
from .recordable import recordable_epochs, recordable_inputs

HOLD_SECONDS = 2400.0
"""How long a trial waits for an earlier attempt to leave its folder.

Its driver ends that one when it notices that it has lost the trial: when it next renews its lease, for which
it may wait for the database for half an hour.
"""

_LOOK_SECONDS = 0.2
"""Time between two looks whether the folder is free."""


class FolderInUseError(Exception):
    """Another attempt has not left the trial's folder in time."""


def run_trial(
    job: Job, stop: Callable[[], bool], progressed: Callable[[Progressed], object] = lambda event: None
) -> Generator[Event, None, None]:
    """Trains a job and yields its events, the last of them `Finished`, `Failed` or `Stopped`.

    Args:
        job: The trial.
        stop: Asked after each step whether to stop there.
        progressed: Hears of steps while an epoch is under way; the trial waits for it.

    Yields:
        `Started`; before the first epoch `Loaded`, then one `Evaluated` an epoch, those of a checkpoint once
        more; the last word; and `Noted` anywhere.
    """
    from model.errors import PluginError, TrialStoppedError

    try:
        load(job.plugins)
        job.rundir.mkdir(parents=True, exist_ok=True)
        with Hold(job.rundir) as hold:
            yield from _taken(hold, job, stop)
            if hold.sure:
                for path in RunFolder(job.rundir).temporary():
                    remove(path)
            yield from _trained(job, stop, lambda report: progressed(Progressed(job.number, report)))
        yield Finished(job.number)
    except TrialStoppedError:
        yield Stopped(job.number)
    except SystemExit as error:
        if (place := place_in(error, job.plugins)) is None:
            raise
        ended = PluginError(f"{place}: SystemExit: {error}").with_traceback(error.__traceback__)
        yield failure(job.number, ended, job.plugins)
    except Exception as error:  # noqa: BLE001 - whatever a trial dies of is recorded, and the sweep goes on
        yield failure(job.number, error, job.plugins)


def failure(number: int, error: Exception, plugins: Sequence[PluginSource] = ()) -> Failed:
    """What is told of an error that ends a trial.

    Args:
        number: Number of the trial.
        error: The error.
        plugins: Own code that the trial ran: of an error that came about there the message says where.
    """
    from model.errors import OutdatedCheckpointError, PluginError

    place = None if isinstance(error, PluginError) else place_in(error, plugins)
    where = "" if place is None else f"{place}: "
    return Failed(
        number,
        error_class(error),
        scrubbed(f"{where}{type(error).__name__}: {error}"),
        scrubbed("".join(traceback.format_exception(error))),
        disk_full(error),
        error.why if isinstance(error, OutdatedCheckpointError) else None,
        isinstance(error, FolderInUseError),
    )


def _taken(hold: Hold, job: Job, stop: Callable[[], bool]) -> Generator[Event, None, None]:
    """Takes the trial's folder, as soon as an earlier attempt has left it; says so while it waits."""
    from model.errors import TrialStoppedError

    deadline, said = time.monotonic() + HOLD_SECONDS, False
    while not hold.take():
        if stop():
            raise TrialStoppedError
        if time.monotonic() > deadline:
            raise FolderInUseError(f"{hold.holder()} has not left {job.rundir} for {HOLD_SECONDS:.0f} s")
        if not said:
            yield Waiting(job.number)
            yield Noted(job.number, f"waits until {hold.holder()} has left its folder")
            said = True
        time.sleep(_LOOK_SECONDS)


def _trained(
    job: Job, stop: Callable[[], bool], told: Callable[[StepReport], object]
) -> Generator[Event, None, None]:
    """Prepares the folder, trains, and tells what happens, the last word apart."""
    # torch takes seconds to import and belongs into the trial's process only.
    import torch

    from model.errors import TrialStoppedError

    config = revived(job.config)
    shared = SharedFolder(job.shared) if job.shared else None
    if shared:
        shared.fetch(job.rundir)
    configuration = config.fingerprint()
    if job.study and (other := discard_foreign(job.rundir, job.study, job.number, configuration)):
        yield Noted(job.number, f"what lay in its folder was of {other}, and is gone: it starts anew")
    write_beside(RunFolder(job.rundir).config, config.model_dump_json(indent=2))
    threads = config.threads or job.began_with or job.threads
    torch.set_num_threads(threads)
    device, epochs = _place(config, job.rundir)
    yield Started(job.number, threads, device, _machine(), epochs, processor())
    if threads not in (config.threads, job.threads):
        began = f"goes on with {plural(threads, 'thread')}, as it began, not with the {job.threads}"
        yield Noted(job.number, f"{began} of its share here: its numbers stay the same")
    read: list[Inputs] = []
    try:
        with _warnings() as warned:
            for result in _train(config, job, stop, loaded=read.append, told=told, threads=threads):
                while read:
                    yield Loaded(job.number, read.pop())
                while warned:
                    yield Noted(job.number, warned.pop(0), once=True)
                if job.study and result.best:
                    sign(job.rundir, job.study, job.number, configuration, result)
                if shared:
                    shared.publish(job.rundir)
                yield Evaluated(job.number, result)
    except TrialStoppedError:
        if shared:
            # What is out of reach makes no failure of a trial that was asked to stop.
            try:
                shared.publish(job.rundir)
            except InputError as error:
                yield Noted(job.number, f"its steps since its last epoch will be trained again: {error}")
        raise


def _place(config: AnyConfig, rundir: Path) -> tuple[str | None, int | None]:
    """Name of the device that a trial computes on, if known, and the epochs in its checkpoint, if any."""
    if isinstance(config, TrainConfig):
        from model.checkpoint import epochs_kept
        from model.device import device_name, pick_device

        return device_name(pick_device(config)), epochs_kept(rundir)
    from model.owntrial import epochs_kept as epochs_of_own

    return None, epochs_of_own(rundir)  # only own code knows where it computes


def _train(
    config: AnyConfig,
    job: Job,
    stop: Callable[[], bool],
    *,
    loaded: Callable[[Inputs], object],
    told: Callable[[StepReport], object],
    threads: int,
) -> Iterator[EpochResult]:
    """What the trainer yields: ours, or that which the configuration names."""
    if isinstance(config, TrainConfig):
        from model.trainer import train

        yield from train(
            config, job.rundir, data=job.data, cache=job.cache, stop=stop, loaded=loaded, told=told
        )
        return
    from threadpoolctl import threadpool_limits

    from model.owntrial import StepLog

    name, own = config.trainer, TRAINERS[config.trainer].train
    with threadpool_limits(threads):
        report = StepLog(lambda inputs: loaded(recordable_inputs(name, inputs)), told)
        told_of = own(config, job.rundir, data=job.data, cache=job.cache, stop=stop, report=report)
        yield from recordable_epochs(name, told_of, config.epochs, stop)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collects what the trainer warns of; it goes into the trial's log all the same."""
    texts: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: texts.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.StreamHandler(sys.stderr)
    logger = logging.getLogger("model")
    for each in (handler, log):
        logger.addHandler(each)
    try:
        yield texts
    finally:
        for each in (handler, log):
            logger.removeHandler(each)


def _machine() -> str:
    return f"{platform.node()}, {platform.machine()}"


_FULL = (errno.ENOSPC, errno.EDQUOT)


_SAYS_FULL = re.compile(
    "|".join(
        [
            *(rf"\(os error {number}\)" for number in _FULL),  # Rust: safetensors, tokenizers
            *(re.escape(os.strerror(number)) for number in _FULL),
            r"\d+ requested and \d+ written",  # NumPy
            "No usable temporary directory",  # Python's tempfile
        ]
    )
)


def disk_full(error: BaseException) -> bool:
    """Whether an error means that nothing more can be written, or is the consequence of one that does.

    Libraries that are not written in Python say so in words only.
    """
    if (isinstance(error, OSError) and error.errno in _FULL) or _SAYS_FULL.search(str(error)):
        return True
    before = error.__cause__ or error.__context__
    return before is not None and disk_full(before)


def error_class(error: Exception) -> ErrorClass:
    """The class of failure that an exception belongs to."""
    import torch

    from model.errors import NonFiniteLossError

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return ErrorClass.OOM
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
        return ErrorClass.OOM  # what torch raises on the CPU
    if isinstance(error, NonFiniteLossError):
        return ErrorClass.NAN
    return ErrorClass.ERROR
