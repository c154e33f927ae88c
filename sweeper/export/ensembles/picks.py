"""Which trials are in an ensemble, and how often: chosen on the rows of one half, and on nothing else."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from model.overall import Overall
from model.tasks import Task

from ...errors import InputError
from ...report.statistics.intervals import mean_scores
from ...report.statistics.seeds import ROUNDING
from ...text import plural
from .average import Outputs, outputs_of, predictions_of
from .candidates import Candidate
from .halves import Places, Run, rows_at

MOST_PICKS = 25
"""Picks of the greedy selection at most."""

Picks = Mapping[int, int]
"""How often each trial was picked, by number, in the order of the first pick."""


class Chooser:
    """Chooses members by the rows of one half, which are all that it keeps of the predictions.

    Args:
        tasks: The tasks.
        overall: How `overall` follows from their scores.
        candidates: The trials, by number.
        choosing: The rows.

    Attributes:
        best: Number of the best single trial, the first among equals.
    """

    def __init__(
        self, tasks: Mapping[str, Task], overall: Overall, candidates: Sequence[Candidate], choosing: Places
    ) -> None:
        self._tasks = tasks
        self._overall = overall
        self._candidates = candidates
        self._runs = {one.run.number: rows_at(one.predictions, choosing) for one in candidates}
        self._scores = {number: self._score(run) for number, run in self._runs.items()}
        self.best = self._ranked()[0]

    def top(self, count: int) -> Picks:
        """The best trials by `overall`, each network once, the first among equals first.

        Raises:
            InputError: If there are not as many.
        """
        best = self._ranked()[:count]
        if len(best) < count:
            there = plural(len(best), "network")
            raise InputError(f"--top {count}: only {there} with stored predictions can be averaged")
        return dict.fromkeys(best, 1)

    def seeds(self) -> Picks:
        """All seeds of the configuration with the highest mean `overall`, of those with the most seeds.

        Raises:
            InputError: If none has two.
        """
        groups: dict[str, list[int]] = {}
        for one in self._candidates:
            groups.setdefault(one.configuration, []).append(one.run.number)
        most = max(map(len, groups.values()))
        if most < 2:
            raise InputError("--seeds: no configuration has two seeds with stored predictions")
        full = [numbers for numbers in groups.values() if len(numbers) == most]
        return dict.fromkeys(max(full, key=lambda own: fmean(self._scores[number] for number in own)), 1)

    def greedy(self) -> Picks:
        """Forward selection with replacement (Caruana et al., 2004), from the best single trial on.

        Each pick is the trial with which the mean of all picks scores highest, the first among equals; the
        last is that after which none scores more, or the 25th.
        """
        given = {number: self._outputs(self._runs[number]) for number in sorted(self._ranked())}
        sums = dict(given[self.best])
        picks, score = {self.best: 1}, self._scores[self.best]
        for count in range(2, MOST_PICKS + 1):
            found = {
                number: self._score(self._together({name: sums[name] + own[name] for name in own}, count))
                for number, own in given.items()
            }
            best = max(found, key=lambda number: found[number])
            if found[best] <= score + ROUNDING:
                break
            sums = {name: sums[name] + own for name, own in given[best].items()}
            picks[best] = picks.get(best, 0) + 1
            score = found[best]
        return picks

    def _ranked(self) -> list[int]:
        """The trials from the best on, each network once."""
        networks: dict[int, int] = {}
        for one in self._candidates:
            networks.setdefault(one.made.number, one.run.number)
        return sorted(networks.values(), key=lambda number: (-self._scores[number], number))

    def _score(self, run: Run) -> float:
        return mean_scores(self._tasks, [run], self._overall)["overall"]

    def _outputs(self, run: Run) -> dict[str, Outputs]:
        return {name: outputs_of(task, run[name]) for name, task in self._tasks.items()}

    def _together(self, sums: Mapping[str, Outputs], count: int) -> Run:
        rows = self._runs[self.best]
        return {
            name: predictions_of(task, np.asarray(sums[name] / count), rows[name])
            for name, task in self._tasks.items()
        }
