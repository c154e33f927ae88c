"""``python -m sweeper``, but all trials after the first wait in their second epoch until they shall stop.

    python -m tests.sweeper_tests.held run --study mine --trials 3

Whoever disturbs a trial in its midst so finds it there, however slow a busy machine is to do it. The server
that forks the trials imports this module as the main one, and so the trials wait as well.
"""

import time
from collections.abc import Callable, Iterator

from sweeper.executors.protocol import Evaluated, Event, Job, Progressed

EPOCH = 2

if __name__ == "__mp_main__":
    from sweeper.executors import local

    _run_trial = local.run_trial

    def _held(
        job: Job, stopped: Callable[[], bool], progressed: Callable[[Progressed], object]
    ) -> Iterator[Event]:
        """The events of a trial; the next epoch begins when it has heard that it shall stop, if at all."""
        for event in _run_trial(job, stopped, progressed):
            yield event
            while (
                job.number and isinstance(event, Evaluated) and event.result.epoch >= EPOCH and not stopped()
            ):
                time.sleep(0.01)

    if _run_trial.__name__ != "_held":
        local.run_trial = _held  # type: ignore[assignment]

if __name__ == "__main__":
    from sweeper.cli import main

    main()
