"""One trial in the process that it runs in: train it and tell what happens."""

import errno
import logging
import platform
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from model.files import RunFolder, write_beside
from model.inputs import Inputs

from ..runs.origin import discard_foreign, sign
from ..sharedfolder import SharedFolder
from ..trial import ErrorClass
from ..url import scrubbed
from .processor import processor
from .protocol import Evaluated, Event, Failed, Finished, Job, Loaded, Noted, Started, Stopped


def run_trial(job: Job, stop: Callable[[], bool]) -> Generator[Event, None, None]:
    """Trains a job and yields its events, the last of them `Finished`, `Failed` or `Stopped`.

    Args:
        job: The trial.
        stop: Asked after each step whether to stop there.
    """
    # torch takes seconds to import and belongs into the trial's process only.
    import torch

    from model.checkpoint import epochs_kept
    from model.device import device_name, pick_device
    from model.errors import OutdatedCheckpointError, TrialStoppedError
    from model.trainer import train

    try:
        shared = SharedFolder(job.shared) if job.shared else None
        if shared:
            shared.fetch(job.rundir)
        configuration = job.config.fingerprint()
        if job.study and (other := discard_foreign(job.rundir, job.study, job.number, configuration)):
            yield Noted(job.number, f"what lay in its folder was of {other}, and is gone: it starts anew")
        write_beside(RunFolder(job.rundir).config, job.config.model_dump_json(indent=2))
        threads = job.config.threads or job.threads
        torch.set_num_threads(threads)
        device = device_name(pick_device(job.config))
        yield Started(job.number, threads, device, _machine(), epochs_kept(job.rundir), processor())
        read: list[Inputs] = []
        with _warnings() as warned:
            trained = train(
                job.config, job.rundir, data=job.data, cache=job.cache, stop=stop, loaded=read.append
            )
            for result in trained:
                while read:
                    yield Loaded(job.number, read.pop())
                while warned:
                    yield Noted(job.number, warned.pop(0))
                if job.study and result.best:
                    sign(job.rundir, job.study, job.number, configuration, result)
                if shared:
                    shared.publish(job.rundir)
                yield Evaluated(job.number, result)
        yield Finished(job.number)
    except TrialStoppedError:
        if shared:
            shared.publish(job.rundir)
        yield Stopped(job.number)
    except Exception as error:  # noqa: BLE001 - whatever a trial dies of is recorded, and the sweep goes on
        message = scrubbed(f"{type(error).__name__}: {error}")
        yield Failed(
            job.number,
            error_class(error),
            message,
            scrubbed(traceback.format_exc()),
            disk_full(error),
            isinstance(error, OutdatedCheckpointError),
        )


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


def disk_full(error: Exception) -> bool:
    """Whether an error means that nothing more can be written; safetensors says so in words only."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or any(f"(os error {number})" in str(error) for number in (errno.ENOSPC, errno.EDQUOT))


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
