"""Several drivers on one study of instant trials, a process each; ``eight_drivers.py`` runs it.

They are forked from one process that has everything loaded, and open the database at the same moment. At the
end the numbers of the trials that each of them ran are printed, as JSON.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.retrying import RetryPolicy
from sweeper.study.load import load_study
from sweeper.sweep.driver import Driver
from sweeper.trial import Outcome
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.made import begin

STUDY = Path(__file__).parent / "studies/faults.yaml"


class _Observer(Observer):
    def __init__(self, at: int | None, do: Callable[[], None]) -> None:
        self._at = at
        self._do = do

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        if number == self._at:
            self._do()


def drive(  # noqa: PLR0917 - where, how far, how patient, and what happens meanwhile
    url: str,
    home: Path,
    wanted: int,
    retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
    stopped_at: int | None = None,
    stop: Callable[[], None] = lambda: None,
    executor: InstantExecutor | None = None,
) -> list[int]:
    """Works on the study until nothing is left.

    Args:
        url: Of the database.
        home: Folder of the runs.
        wanted: Trials in total.
        retry_policy: Of the database.
        stopped_at: Number of the trial at whose end `stop` is called.
        stop: What happens then.
        executor: Where the trials run; by default they take no time, one after another.

    Returns:
        The numbers of the trials that it ran.
    """
    study = load_study(str(STUDY), "demo")
    executor = executor or InstantExecutor()
    with Database(url) as database:
        store = begin(database, study, wanted)
        database.access.retry_policy = retry_policy
        Driver(
            store=store,
            study=study,
            wanted=wanted,
            executor=executor,
            home=Home(home),
            data=None,
            observer=_Observer(stopped_at, stop),
        ).run()
    return [job.number for job in executor.submitted]


_together: Barrier


def _wait_with(barrier: Barrier) -> None:
    global _together  # noqa: PLW0603 - a pool hands a barrier over in no other way
    _together = barrier


def _drive_together(url: str, home: Path, wanted: int, _driver: int) -> list[int]:
    _together.wait()
    return drive(url, home, wanted)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="of the database")
    parser.add_argument("home", type=Path, help="folder of the runs")
    parser.add_argument("--drivers", type=int, default=8, help="processes at once (default: 8)")
    parser.add_argument("--trials", type=int, default=200, help="of the study, in total (default: 200)")
    given = parser.parse_args()
    context = get_context("fork")
    barrier = context.Barrier(given.drivers)
    # A driver that dies breaks the pool; one that raises is raised here.
    with ProcessPoolExecutor(given.drivers, context, _wait_with, (barrier,)) as pool:
        work = partial(_drive_together, given.url, given.home, given.trials)
        print(json.dumps(list(pool.map(work, range(given.drivers)))))


if __name__ == "__main__":
    main()
