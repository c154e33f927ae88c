"""The trials of a study as the search sees them, kept in the order in which it asks for them."""

import json
import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import sub
from statistics import fmean
from typing import TYPE_CHECKING, Any, Self

from model.result import raised

from ..study.armspace import ArmSpace
from ..study.cells import Cells
from ..study.problem import FieldError
from ..study.study import Study
from ..trial import RunState

if TYPE_CHECKING:
    from ..trial import PastTrial

_Same = tuple[int, tuple[tuple[str, Any], ...]]
"""The number of a configuration, and the values under it."""


def _text(params: Mapping[str, Any]) -> str:
    return json.dumps(params, sort_keys=True, default=str)


@dataclass(frozen=True)
class Tried:
    """A configuration of an arm, and what came of it.

    Attributes:
        params: Its values for the space.
        values: Mean of each objective over the seeds that are complete; None if none is.
        pruned: Whether a seed of it was stopped early.
    """

    params: Mapping[str, Any]
    values: tuple[float, ...] | None
    pruned: bool


class History:
    """Trials that were proposed before. A proposal costs about the same after many of them as after few.

    Args:
        objectives: The scores that the study raises.
        trials: The trials so far, in any order.
        cells: The configurations of each arm's space, of those arms that have finitely many.
        once: The spaces of arms with infinitely many, in which the same values can come up twice all the
            same: what does not apply has no value, and a point of a sequence may have been another
            configuration's already.

    Attributes:
        end: The lowest number above those of all trials.
        unfinished: Numbers below `end` whose trial has no outcome, or is not known yet.
        failed: Numbers of the trials that failed, which may be put back into the queue.
    """

    def __init__(
        self,
        objectives: tuple[str, ...],
        trials: Iterable["PastTrial"] = (),
        cells: Mapping[str, Cells | None] | None = None,
        once: Mapping[str, ArmSpace] | None = None,
    ) -> None:
        self._cells = cells or {}
        self._once = once or {}
        self.end = 0
        self.unfinished: set[int] = set()
        self.failed: set[int] = set()
        self._objectives = objectives
        self._trials: dict[int, PastTrial] = {}
        self._places: set[tuple[str, int, int]] = set()
        self._free: dict[tuple[str, int], int] = {}
        # The numbers of the trials of each configuration; the configurations of each arm, in order; and what
        # came of them, as far as it was asked for since their trials last changed.
        self._numbers: defaultdict[int, list[int]] = defaultdict(list)
        self._configurations: defaultdict[str, list[int]] = defaultdict(list)
        self._tried: defaultdict[str, dict[int, Tried]] = defaultdict(dict)
        # The cells that each arm has had; the first configuration that had each; and the lowest configuration
        # that may have no trial yet: all below it have one.
        self._had: defaultdict[str, set[int]] = defaultdict(set)
        self._first: dict[int, int] = {}
        self._whole = 0
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        for trial in trials:
            self.enter(trial)

    @classmethod
    def of(cls, study: Study, trials: Iterable["PastTrial"] = ()) -> Self:
        """The trials of a study, in any order."""
        cells = study.searched.cells
        again = study.spec.sampler.method.sequence
        once = {
            arm: space
            for arm, space in study.spaces.items()
            if cells[arm] is None and (again or not space.plain)
        }
        return cls(study.spec.objectives, trials, cells, once)

    def cells(self, arm: str) -> Cells | None:
        """The configurations of an arm's space, where they have an end."""
        return self._cells.get(arm)

    def __len__(self) -> int:
        return len(self._trials)

    def __contains__(self, number: int) -> bool:
        return number in self._trials

    def __iter__(self) -> Iterator["PastTrial"]:
        """The trials by number."""
        return (self._trials[number] for number in sorted(self._trials))

    def enter(self, trial: "PastTrial") -> None:
        """Adds a trial, or what has become of it; but for its state and its scores a trial never changes."""
        known = self._trials.get(trial.number)
        if known is not None and known.state is trial.state:
            return
        self._trials[trial.number] = trial
        self._tried[trial.arm].pop(trial.configuration, None)
        if known is None:
            self._place(trial)
        self.unfinished.discard(trial.number)
        self.failed.discard(trial.number)
        if trial.state is RunState.FAILED:
            self.failed.add(trial.number)
        elif not trial.state.final:
            self.unfinished.add(trial.number)

    @property
    def unknown(self) -> int:
        """The lowest number of which no trial is known."""
        return min((number for number in self.unfinished if number not in self._trials), default=self.end)

    def missing(self, number: int) -> int:
        """How many numbers below one have no trial yet: other drivers have claimed them, and will add it."""
        gaps = sum(1 for other in self.unfinished if other < number and other not in self._trials)
        return gaps + max(0, number - self.end)

    def first_free(self, arm: str, seed: int, start: int = 0) -> int:
        """The first configuration, from `start` on, of which an arm has no trial with a seed."""
        free = max(start, self._free.get((arm, seed), 0))
        while (arm, seed, free) in self._places:
            free += 1
        if not start:
            self._free[arm, seed] = free
        return free

    def room(self, arm: str) -> float:
        """How many cells an arm has not had."""
        cells = self.cells(arm)
        return math.inf if cells is None else cells.count - len(self._had[arm])

    def may_have(self, arm: str, configuration: int, room: float) -> bool:
        """Whether an arm has had a configuration, or may get it: it is one of the next `room` new ones."""
        had = self._configurations[arm]
        earlier = bisect_left(had, configuration)
        return had[earlier : earlier + 1] == [configuration] or configuration - earlier < room

    def places(self, arm: str, seeds: Collection[int]) -> float:
        """How many trials of an arm are left to run, over all these seeds and all cells."""
        whole = len(seeds) * (len(self._configurations[arm]) + self.room(arm))
        return whole - sum(1 for of, seed, _ in self._places if of == arm and seed in seeds)

    def had(self, arm: str, cell: int) -> bool:
        """Whether an arm has had a cell, under any number."""
        return cell in self._had[arm]

    def repeats(self, arm: str, params: Mapping[str, Any]) -> bool:
        """Whether an arm with infinitely many configurations has had these values, under any number."""
        return arm in self._once and _text(self._once[arm].spelt(params)) in self._seen[arm]

    def had_below(self, configuration: int, cell: int) -> bool:
        """Whether a configuration of a lower number has a cell, in any arm."""
        return self._first.get(cell, configuration) < configuration

    def gaps(self, below: int) -> list[int]:
        """The configurations below one that have no trial in any arm; they are about to get one."""
        while self._whole in self._numbers:
            self._whole += 1
        return [number for number in range(self._whole, below) if number not in self._numbers]

    def of_configuration(self, configuration: int) -> list["PastTrial"]:
        """The trials of a configuration, of all arms, by number."""
        return [self._trials[number] for number in self._numbers.get(configuration, ())]

    def tried(self, arm: str, below: int) -> list[Tried]:
        """What came of the configurations of an arm that precede the one given, in order."""
        return list(self._earlier(arm, below).values())

    def tried_together(self, below: float = math.inf) -> list[Tried]:
        """What came of the configurations below the one given, or of all, over all arms together, in order.

        An arm counts by how far its value lies from the mean of its own: which arm is the better one says
        nothing of a configuration. One that was stopped in an arm has no value there.
        """
        values: defaultdict[_Same, list[tuple[float, ...]]] = defaultdict(list)
        pruned: dict[_Same, bool] = {}
        for arm in list(self._configurations):
            earlier = self._earlier(arm, below)
            means = [
                fmean(each)
                for each in zip(
                    *(one.values for one in earlier.values() if one.values is not None), strict=True
                )
            ]
            for number, one in earlier.items():
                # An arm that could not have the values of the others has its own.
                same = number, tuple(one.params.items())
                pruned[same] = pruned.get(same, False) or one.pruned
                if one.values is not None:
                    values[same].append(tuple(map(sub, one.values, means)))
        return [
            Tried(
                dict(same[1]),
                tuple(map(fmean, zip(*values[same], strict=True))) if same in values else None,
                pruned[same],
            )
            for same in sorted(pruned, key=lambda same: same[0])
        ]

    def _earlier(self, arm: str, below: float) -> dict[int, Tried]:
        configurations, known = self._configurations[arm], self._tried[arm]
        earlier = configurations[: bisect_left(configurations, below)]
        for configuration in earlier:
            if configuration not in known:
                known[configuration] = self._what_came(arm, configuration)
        return {configuration: known[configuration] for configuration in earlier}

    def _place(self, trial: "PastTrial") -> None:
        self.unfinished.update(range(self.end, trial.number))
        self.end = max(self.end, trial.number + 1)
        self._places.add((trial.arm, trial.seed, trial.configuration))
        insort(self._numbers[trial.configuration], trial.number)
        configurations = self._configurations[trial.arm]
        position = bisect_left(configurations, trial.configuration)
        if configurations[position : position + 1] != [trial.configuration]:
            configurations.insert(position, trial.configuration)
        if trial.arm in self._once:
            self._seen[trial.arm].add(_text(self._once[trial.arm].spelt(trial.params)))
        cells = self.cells(trial.arm)
        if cells is not None:
            # Before an entry of the space was changed it may have held other values.
            with suppress(FieldError, KeyError):
                cell = cells.index(trial.params)
                self._had[trial.arm].add(cell)
                self._first[cell] = min(self._first.get(cell, trial.configuration), trial.configuration)

    def _what_came(self, arm: str, configuration: int) -> Tried:
        """A configuration of an arm with the means of its objectives over its seeds, higher ones better."""
        trials = [trial for trial in self.of_configuration(configuration) if trial.arm == arm]
        worth = [
            [raised(trial.scores, name) for name in self._objectives]
            for trial in trials
            if trial.scores is not None
        ]
        means = tuple(fmean(values) for values in zip(*worth, strict=True)) if worth else None
        return Tried(trials[0].params, means, any(trial.state is RunState.PRUNED for trial in trials))
