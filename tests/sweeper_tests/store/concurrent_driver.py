"""One of several drivers on one database; ``test_database.py`` runs it as a script.

Waits for a line on its standard input, so that all of them open the database at the same moment.
"""

import sys

from optuna.distributions import FloatDistribution

from sweeper.store.database import Database
from tests.sweeper_tests.store.stored import COMPLETE, begin, epoch, trial


def drive(url: str, owner: str, trials: int) -> None:
    with Database(url) as database:
        store = begin(database, "s@demo")
        leases, outcomes = store.leases(owner, 60), store.outcomes(owner)
        for _ in range(trials):
            number = leases.claim(99)
            assert leases.add(trial(number, params={"x": number / 100}), {"x": FloatDistribution(0, 1)})
            outcomes.started(number, 1, threads=1, device="cpu", versions={})
            outcomes.epoch(number, epoch(1, 0.5))
            outcomes.finished(number, COMPLETE)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    drive(sys.argv[1], sys.argv[2], int(sys.argv[3]))
