"""An own trainer, killed a few times; ``python -m tests.faults.kill --study own-trainer@demo`` does more."""

import tempfile
from pathlib import Path

from tests.faults.kill import Killer, disturb
from tests.faults.leftovers import Leftovers
from tests.faults.sweep import Sweep, assert_equal


def test_killed_trials_and_drivers_leave_what_an_undisturbed_sweep_leaves() -> None:
    leftovers = Leftovers()
    with tempfile.TemporaryDirectory() as name:  # short: the path of a socket has its limit
        undisturbed = Sweep(Path(name) / "undisturbed", 4, "own-trainer", "demo")
        undisturbed.finish()
        sweep, killer = leftovers.place(undisturbed, Path(name) / "disturbed"), Killer(1, 2.0)
        disturb(sweep, killer, kills=3)
        assert killer.kills.total() >= 3
        assert_equal(sweep, undisturbed)
        leftovers.check(sweep)
