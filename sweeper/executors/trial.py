"""One trial in the process that it runs in: train it and tell what happens."""

import platform
import traceback
from collections.abc import Callable, Generator

from ..run import ErrorClass
from ..rundir import write_beside
from .protocol import Evaluated, Event, Failed, Finished, Job, Started, Stopped


def run_trial(job: Job, stop: Callable[[], bool]) -> Generator[Event, None, None]:
    """Trains a job and yields its events, the last of them `Finished`, `Failed` or `Stopped`.

    Args:
        job: The trial.
        stop: Asked after each step whether to stop there.
    """
    # torch takes seconds to import and belongs into the trial's process only.
    import torch

    from model.device import pick_device
    from model.errors import TrialStoppedError
    from model.trainer import train

    try:
        write_beside(job.rundir / "config.json", job.config.model_dump_json(indent=2))
        threads = job.config.threads or job.threads
        torch.set_num_threads(threads)
        yield Started(job.number, threads, str(pick_device(job.config)), _machine())
        for result in train(job.config, job.rundir, data=job.data, cache=job.cache, stop=stop):
            yield Evaluated(job.number, result)
        yield Finished(job.number)
    except TrialStoppedError:
        yield Stopped(job.number)
    except Exception as error:  # noqa: BLE001 - whatever a trial dies of is recorded, and the sweep goes on
        yield Failed(
            job.number, error_class(error), f"{type(error).__name__}: {error}", traceback.format_exc()
        )


def _machine() -> str:
    return f"{platform.node()}, {platform.machine()}"


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
