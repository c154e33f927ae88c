"""The moments at which a driver talks with its database, and how often each was struck."""

import json
import random
from collections import Counter
from dataclasses import replace

from tests.faults.sweep import Sweep

LATEST = 4
"""A moment that comes often is struck at one of its first times, so that a strike takes seconds."""


class Moments:
    """Chooses moments, those first that were chosen least; see ``struck.py``.

    Args:
        seed: Of the choice.

    Attributes:
        struck: How often each moment was.
    """

    def __init__(self, seed: int) -> None:
        self.struck: Counter[str] = Counter()
        self._chosen: Counter[str] = Counter()  # one that was seen need not come again
        self._random = random.Random(seed)
        self._seen: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}

    def meet(self, sweep: Sweep) -> None:
        """Runs a sweep undisturbed, and learns what comes in a first start and in a later one."""
        for trials in (sweep.trials // 2, sweep.trials):
            first = self._is_first(sweep)
            replace(sweep, trials=trials, module="tests.faults.struck").finish()
            self.learn(sweep, first)

    def choose(self, sweep: Sweep, way: str, count: int = 1) -> Sweep:
        """The sweep, so that its next driver is struck.

        Args:
            sweep: What is struck.
            way: `kill` or `cut`.
            count: At how many moments, each once.
        """
        seen = self._seen[self._is_first(sweep)]
        order = sorted(seen, key=lambda moment: (self._chosen[moment], self._random.random()))
        times = {moment: self._random.randint(1, min(seen[moment], LATEST)) for moment in order[:count]}
        self._chosen.update(times.keys())
        environment = {**sweep.environment, "STRIKES": json.dumps({way: times})}
        return replace(sweep, module="tests.faults.struck", environment=environment)

    def learn(self, sweep: Sweep, first: bool) -> list[str]:
        """Reads what a driver met since the last call.

        Args:
            sweep: Where it ran.
            first: Whether no trial had begun before.

        Returns:
            When it was struck.
        """
        came, struck = (
            Counter((sweep.home / name).read_text(encoding="utf-8").splitlines())
            for name in ("moments", "strikes")
        )
        self._seen[first] |= came  # the largest number of times
        self.struck += struck
        for name in ("moments", "strikes"):
            (sweep.home / name).unlink()
        return list(struck.elements())

    def strike(self, sweep: Sweep, way: str, count: int = 1) -> tuple[int, int]:
        """Runs a driver that is struck; returns its exit code and how often it was."""
        first, chosen = self._is_first(sweep), self.choose(sweep, way, count)
        run = chosen.start()
        code = run.end()
        struck = self.learn(sweep, first)
        assert not run.errors, f"exit code {code}, struck {', '.join(struck)}: {run.errors}"
        return code, len(struck)

    def __str__(self) -> str:
        known = set().union(*self._seen.values())
        return f"{len(self.struck)} of {len(known)} moments struck, {self.struck.total()} strikes"

    def _is_first(self, sweep: Sweep) -> bool:
        return not (sweep.home / "runs").exists()
