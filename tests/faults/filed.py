"""An executor whose trials compute nothing, and keep files as those do that train."""

import json
from collections.abc import Callable, Generator
from contextlib import suppress

from model.files import RunFolder, write_beside
from sweeper.executors.hold import Hold
from sweeper.executors.protocol import Evaluated, Event, Failed, Finished, Job, Started, Stopped
from sweeper.runs.origin import discard_foreign, sign
from sweeper.trial import ErrorClass
from tests.sweeper_tests.instant import result


class FiledExecutor:
    """Trials of which each poll brings one event, with checkpoints, weights and what says whose they are.

    Args:
        workers: Trials at once.
        may_go_on: Returns when the driver may go on, or raises.
        fails: Whether a job ends with the failure `nan` after its first epoch, whoever runs it.

    Attributes:
        next_failure: With what the next trial of which something is heard fails.
    """

    def __init__(self, workers: int, may_go_on: Callable[[], None], fails: Callable[[Job], bool]) -> None:
        self.workers = workers
        self.next_failure: ErrorClass | None = None
        self._may_go_on = may_go_on
        self._fails = fails
        self._attempts: dict[int, Generator[Event | None, None, None]] = {}
        self._stopping = False

    def submit(self, job: Job) -> None:
        self._attempts[job.number] = _attempt(job, self._fails(job))

    def poll(self, timeout: float) -> list[Event]:
        self._may_go_on()
        return [event for number in list(self._attempts) if (event := self._next(number)) is not None]

    def cancel(self, number: int) -> None:
        if attempt := self._attempts.pop(number, None):
            attempt.close()

    def stop(self) -> None:
        self._stopping = True

    def close(self) -> None:
        for number in list(self._attempts):
            self.cancel(number)

    def _next(self, number: int) -> Event | None:
        event = Stopped(number) if self._stopping else next(self._attempts[number])
        if event is not None and self.next_failure is not None:
            event, self.next_failure = Failed(number, self.next_failure, "made to fail", ""), None
        if isinstance(event, Finished | Failed | Stopped):
            self.cancel(number)
        return event


def _attempt(job: Job, fails: bool) -> Generator[Event | None, None, None]:
    number, configuration, study = job.number, job.config.fingerprint(), str(job.study)
    job.rundir.mkdir(parents=True, exist_ok=True)
    folder = RunFolder(job.rundir)
    checkpoint, kept = folder.checkpoints / "newest.json", {"configuration": configuration, "epoch": 0}
    with Hold(job.rundir) as hold:
        while not hold.take():
            yield None
        discard_foreign(job.rundir, study, number, configuration)
        with suppress(FileNotFoundError):
            kept = json.loads(checkpoint.read_text())
        yield Started(number, 1, "cpu", "here")
        if kept["configuration"] != configuration:
            yield Failed(number, ErrorClass.ERROR, "cannot go on", "", outdated="is of another configuration")
            return
        for epoch in range(1, job.config.epochs + 1):
            found = result(job.config, epoch)
            if epoch > kept["epoch"]:
                if found.best:
                    write_beside(folder.weights, f"{configuration} {epoch}")
                    sign(job.rundir, study, number, configuration, found)
                write_beside(checkpoint, json.dumps({"configuration": configuration, "epoch": epoch}))
            yield Evaluated(number, found)
            if fails:
                yield Failed(number, ErrorClass.NAN, "the loss is nan", "Traceback: the loss is nan")
                return
        yield Finished(number)
