"""The trials of a driver that wait for a worker: adopted ones, new ones, and those that repeat another."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ..search.distributions import distributions
from ..search.ending import why_ended
from ..search.history import History
from ..search.propose import propose
from ..store.leases import Leases, Rivals
from ..store.owners import Life, Liveness
from ..store.trials import Trials
from ..study.recorded import trial_of
from ..study.study import Study
from ..trial import RunState, TrialRow, TrialSpec
from .attempt import Ready

ADOPT_SECONDS = 15.0
"""How often a driver with a free worker looks for trials of drivers that have gone."""


class Backlog:
    """Finds the next trial: those of drivers that died first, then new ones until there are enough.

    A trial whose configuration and seed are those of another, its twin, does not wait for a worker, but for
    that one's result.

    Args:
        study: The study.
        wanted: Number of trials that it shall have in total.
        trials: Its trials.
        leases: The driver's.
        reuse: Called with a trial and its twin once that one is complete; returns whether the trial has its
            result now, and need not be trained.

    Attributes:
        ended: Why nothing further could be proposed; None as long as something can.
    """

    def __init__(
        self,
        study: Study,
        wanted: int,
        trials: Trials,
        leases: Leases,
        reuse: Callable[[TrialSpec, TrialRow], bool],
    ) -> None:
        self._study = study
        self._wanted = wanted
        self._trials = trials
        self._leases = leases
        self._reuse = reuse
        self._clock = leases.access.clock
        self._looked = -math.inf
        self._liveness = Liveness(leases.owner, leases.seconds, self._clock)
        self._history = History.of(study)
        self._ready: list[Ready] = []
        self._deferred: dict[int, Ready] = {}
        self._new = self._new_trials()
        self.ended: str | None = None
        self._end = wanted  # the lowest number that is not proposed here: nothing was left for it

    @property
    def ready(self) -> bool:
        """Whether a trial waits for a worker."""
        return bool(self._ready)

    @property
    def deferred(self) -> bool:
        """Whether a trial waits for its twin."""
        return bool(self._deferred)

    @property
    def exhausted(self) -> bool:
        """Whether nothing waits here, and neither this driver nor another has anything left to propose."""
        return not (self._ready or self._deferred) and self._claimed()

    def take(self, active: Collection[int]) -> Ready | None:
        """The next trial to train, a new one if none waits; None if there is none.

        Now and then it looks for those of drivers that have gone meanwhile. One that is to be trained alone
        comes when nothing else is left, here or under way.

        Args:
            active: As of `adopt`.
        """
        if self._clock.monotonic() - self._looked >= ADOPT_SECONDS:
            self.adopt(active)
        while all(ready.alone for ready in self._ready):
            if next(self._new, None) is None:
                return self._ready.pop(0) if self._ready and not active else None
        return self._ready.pop(next(at for at, ready in enumerate(self._ready) if not ready.alone))

    def put_back(self, ready: Ready, last: bool = False) -> None:
        """Puts a trial in front of the others that wait, or behind them."""
        self._ready.insert(len(self._ready) if last else 0, ready)

    def keep(self, mine: Collection[int]) -> None:
        """Drops the trials that another driver has taken over."""
        self._ready = [ready for ready in self._ready if ready.trial.number in mine]
        self._deferred = {number: ready for number, ready in self._deferred.items() if number in mine}

    def adopt(self, active: Collection[int]) -> bool:
        """Makes the trials of drivers that are gone this driver's own.

        So too the numbers that such drivers had claimed and given no trial yet: these are proposed here.
        Trials on which drivers have died wait behind all others: one that takes its driver down each time
        would else be the first again, and the last.

        Args:
            active: Numbers of the trials that are under way here.

        Returns:
            Whether there is more to wait for: adopted trials, or some whose driver may be gone.
        """
        self._looked = self._clock.monotonic()
        undecided = False
        mine = {*active, *self._deferred, *(ready.trial.number for ready in self._ready)}
        struck: list[Ready] = []
        for lease in self._trials.leases():
            if lease.number in mine or lease.number >= self._wanted:
                continue
            life = self._liveness.judge(lease.number, lease.owner, lease.expires, lease.expired)
            undecided |= life is Life.UNKNOWN
            if life is Life.GONE and self._leases.take_over(lease.number, lease.owner):
                row = self._trials.row(lease.number)
                if row is not None:
                    ready = Ready(
                        trial_of(row), row.halvings, row.attempts, threads=row.threads, deaths=row.deaths
                    )
                    (struck.append if row.deaths else self._prepare)(ready)
        for number, owner in self._trials.orphans():
            if number >= self._end:
                continue
            life = self._liveness.judge(number, owner, None, False)
            undecided |= life is Life.UNKNOWN
            if life is Life.GONE and self._leases.take_over(number, owner):
                self._propose(number)
        for ready in sorted(struck, key=lambda one: one.deaths):
            self._prepare(ready)
        return undecided or bool(self._ready)

    def settle(self) -> None:
        """Gives the trials that wait for a twin its result, or trains them if it will have none."""
        for number, ready in list(self._deferred.items()):
            twin = self._trials.twin(number)
            under_way = twin is not None and twin.state is not RunState.COMPLETE
            if under_way and twin and (twin.owner == self._leases.owner or not self._is_gone(twin)):
                continue
            del self._deferred[number]
            if twin is None or under_way or not self._reuse(ready.trial, twin):
                self._ready.append(ready)

    def history(self) -> History:
        """All trials of the study as they stand; only what may have changed since the last call is read."""
        known = self._history
        for one in self._trials.past(known.end, known.unfinished, known.failed):
            known.enter(one)
        return known

    def _claimed(self) -> bool:
        return self.ended is not None or self._trials.claimed() >= self._wanted

    def _new_trials(self) -> Iterator[int]:
        """Claims numbers, and proposes their trials, until there are as many as asked for."""
        while self.ended is None and (number := self._leases.claim(self._wanted)) is not None:
            self._propose(number)
            yield number

    def _propose(self, number: int) -> None:
        """Proposes the trial of a claimed number and queues it; gives the number up if there is no trial.

        A study that was changed meanwhile leaves it to the drivers that have begun with the change.
        """
        space = distributions(self._study)
        while True:
            history = self.history()
            # After the history is read, which may have arms and values that this driver's study has not.
            if not self._leases.is_current():
                self.ended = (
                    f"study {self._study.name!r} was changed meanwhile (another `sweeper run` took up its "
                    "file): type the command again"
                )
                self._end = 0
                self._leases.leave(number)
                return
            trial = propose(self._study, number, history)
            if trial is None:
                self.ended = why_ended(self._study, history)
                self._end = min(self._end, number)
                self._leases.give_up(number)
                return
            if self._leases.add(trial, space, self._rivals(trial)):
                self._prepare(Ready(trial))
                return
            if self._trials.row(number) is not None:
                return
            # Another driver has added that very place or configuration under a number of its own, or somebody
            # has changed the study.

    def _rivals(self, trial: TrialSpec) -> Rivals | None:
        """Beside which trials, added by others meanwhile, a trial cannot stand; None: beside all.

        A configuration has the same values at all seeds, and no other one of a finite space has them: in its
        arm, or in all arms where these are searched together. Proposed again it takes the others' values, or
        keeps its own where those are not valid in its arm.
        """
        history, cells, spec = self._history, self._history.cells(trial.arm), self._study.spec
        arms = [*spec.arms] if spec.sampler.peers == "study" else [trial.arm]
        once = cells is None and not self._study.spaces[trial.arm].plain
        if cells is None and not once and len(spec.seeds) * len(arms) == 1:
            return None

        def clash(number: int, configuration: int, params: Mapping[str, Any]) -> bool:
            if number in history:
                return False  # it was proposed beside that one
            if configuration == trial.configuration:
                return params != trial.params
            return params == trial.params if once else cells is not None and cells.same(params, trial.params)

        return Rivals(history.unknown, arms, clash)

    def _prepare(self, ready: Ready) -> None:
        """Queues a trial, unless an identical one has its result already, or is about to have it."""
        twin = self._trials.twin(ready.trial.number)
        if twin is not None and not ready.halvings and twin.state is not RunState.COMPLETE:
            self._deferred[ready.trial.number] = ready
        elif twin is None or ready.halvings or not self._reuse(ready.trial, twin):
            self._ready.append(ready)

    def _is_gone(self, row: TrialRow) -> bool:
        life = self._liveness.judge(row.number, row.owner, row.lease_expires, expired=False)
        return life is Life.GONE
