"""Who runs which trial: numbers, owners and leases, each changed by compare-and-set."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution

from ..trial import UNFINISHED, RunState
from . import optuna_tables as mirror
from .engine import explained
from .retrying import retried
from .tables import run
from .trials import Archive

if TYPE_CHECKING:
    from ..trial import TrialSpec

_UNFINISHED = run.c.state.in_(UNFINISHED)


@dataclass(frozen=True)
class Lease:
    """Whose an unfinished trial is, and until when.

    Attributes:
        number: Number of the trial.
        owner: Its driver; None for none.
        expires: Until when nobody else may take it over, UTC.
        expired: Whether that moment has passed, by the clock that sets leases.
    """

    number: int
    owner: str | None
    expires: datetime | None
    expired: bool


class Claims(Archive):
    """The trials of all studies, and whose they are. Arguments and errors are those of ``Archive``.

    A trial that was added or taken over here is changed only while it still has the owner that it got then:
    who has lost a trial to another driver cannot write to it any more.
    """

    def __init__(self, url: str, must_exist: bool = False) -> None:
        super().__init__(url, must_exist)
        self._held: dict[tuple[str, int], str] = {}

    @retried
    def claim_number(self, name: str, owner: str) -> int:
        """Takes the next number of a study for `owner`: an Optuna trial, running from now on."""
        study, number = self._keys(name).study, None
        while number is None:
            with self._writing_at_once() as connection:
                number = mirror.claim(connection, study, owner)
        return number

    @retried
    def claimed(self, name: str) -> int:
        """How many numbers of a study have been taken, whatever became of them."""
        with self._reading() as connection:
            return mirror.claimed(connection, self._keys(name).study)

    @retried
    def orphans(self, name: str) -> list[tuple[int, str]]:
        """Numbers that were claimed and have no run yet, each with its owner."""
        # In this order: a run that is added in between is seen, and its number is not taken for an orphan.
        with self._reading() as connection:
            claimed = mirror.running(connection, self._keys(name).study)
        query = sa.select(run.c.number).where(self._among(claimed))
        added = {row.number for row in self._select(name, query)}
        return [(number, owner) for number, owner in sorted(claimed.items()) if number not in added]

    @retried
    def add_run(
        self,
        name: str,
        trial: "TrialSpec",
        distributions: Mapping[str, BaseDistribution],
        owner: str,
        lease_seconds: float,
    ) -> bool:
        """Queues a trial under a claimed number, in one transaction.

        Args:
            name: Name of the study.
            trial: What to run.
            distributions: The search space, for Optuna's tables.
            owner: The driver that will run it.
            lease_seconds: How long nobody else may take it over.

        Returns:
            Whether it is `owner`'s: False if another driver was quicker and has added a run of that number,
            or one of that arm, configuration and seed.
        """
        key = self._keys(name)
        values = {
            "sweep_id": key.sweep,
            "number": trial.number,
            "trial_id": mirror.trial_key(key.study, trial.number),
            "arm": trial.arm,
            "seed": trial.seed,
            "state": RunState.QUEUED,
            "owner": owner,
            "lease_expires": self._moment(lease_seconds),
            "attempts": 0,
            "created": self._moment(),
            "configuration": trial.configuration,
            "params": trial.params,
            "config": trial.config.model_dump(mode="json"),
            "digest": trial.config.fingerprint(),
        }
        said = {"arm": trial.arm, "seed": trial.seed}
        try:
            with self._writing() as connection:
                insert = run.insert().values(values).returning(run.c.trial_id)
                added = connection.execute(insert).scalar_one()
                mirror.describe(connection, added, {**trial.toggles, **trial.params}, distributions, said)
        except sa.exc.IntegrityError:
            # Another driver was quicker, or it was an earlier try of which only the answer was lost.
            found = self._select(name, sa.select(run.c.owner).where(run.c.number == trial.number))
            if not found or found[0].owner != owner:
                return False
        self._held[name, trial.number] = owner
        return True

    @retried
    def take_over(
        self, name: str, number: int, from_owner: str | None, owner: str, lease_seconds: float
    ) -> bool:
        """Makes a trial that is not finished `owner`'s, if it still is `from_owner`'s.

        Returns:
            Whether it is `owner`'s now: False if somebody else was quicker, or if it is finished.
        """
        key = self._keys(name)
        with self._writing() as connection:
            this = (run.c.sweep_id == key.sweep) & (run.c.number == number)
            if connection.execute(sa.select(run.c.id).where(this)).one_or_none() is None:
                return from_owner is not None and mirror.change_owner(
                    connection, key.study, number, from_owner, owner
                )
            expires = self._moment(lease_seconds)
            # Its own already: an earlier try was carried out, and only the answer was lost.
            theirs = run.c.owner == owner
            theirs |= run.c.owner.is_(None) if from_owner is None else run.c.owner == from_owner
            changed = connection.execute(
                run.update().where(this, theirs, _UNFINISHED).values(owner=owner, lease_expires=expires)
            )
        if changed.rowcount == 1:
            self._held[name, number] = owner
        return changed.rowcount == 1

    @retried
    def leases(self, name: str) -> list[Lease]:
        """The leases of all trials of a study that are queued or running, by number."""
        late = run.c.lease_expires.is_(None) | (run.c.lease_expires < self._moment())
        query = sa.select(run.c.number, run.c.owner, run.c.lease_expires, late).where(_UNFINISHED)
        return [Lease(*row) for row in self._select(name, query)]

    @retried
    def release(self, name: str, owner: str) -> None:
        """Gives the unfinished trials of `owner` away, so that any driver may go on with them at once."""
        mine = (run.c.sweep_id == self._keys(name).sweep) & (run.c.owner == owner) & _UNFINISHED
        with self._writing() as connection:
            connection.execute(run.update().where(mine).values(owner=None, lease_expires=None))

    @retried
    def renew(self, name: str, owner: str, lease_seconds: float) -> set[int]:
        """Extends the lease of all unfinished trials of `owner` in a study; returns their numbers."""
        mine = (run.c.sweep_id == self._keys(name).sweep) & (run.c.owner == owner) & _UNFINISHED
        with self._writing() as connection:
            renewed = run.update().where(mine).values(lease_expires=self._moment(lease_seconds))
            return set(connection.execute(renewed.returning(run.c.number)).scalars())

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with explained(self._url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing_at_once(self) -> Iterator[sa.Connection]:
        """For what is one statement where there is a server: no other driver waits for its end."""
        with self._writing() if self._url.get_backend_name() == "sqlite" else self._reading() as connection:
            yield connection

    def _moment(self, ahead: float = 0.0) -> Any:
        """A moment so many seconds ahead, by the clock of the server, where there is one."""
        if self._url.get_backend_name() == "sqlite":
            return datetime.now(UTC) + timedelta(seconds=ahead)
        return sa.func.now() + timedelta(seconds=ahead)

    def _change(self, name: str, number: int) -> sa.Update:
        """A change of a trial, unless it is finished or belongs to another driver by now."""
        change = run.update().where(
            run.c.sweep_id == self._keys(name).sweep, run.c.number == number, _UNFINISHED
        )
        owner = self._held.get((name, number))
        return change if owner is None else change.where(run.c.owner == owner)
