"""Whose a trial is: numbers and leases, each changed by compare-and-set."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError, DatabaseError
from ..study.digest import digest_of
from ..study.load import stored_study
from ..trial import RunState, StudyRow, TrialSpec
from .access import Access
from .optuna_tables import mirror
from .retrying import retried
from .tables import run, sweep, sweep_row, unfinished


@dataclass(frozen=True)
class Rivals:
    """The trials beside which a new one cannot stand.

    Attributes:
        since: The lowest number that its driver did not know when it was proposed.
        arms: The arms that have them.
        clash: Whether a trial is a rival, by its number, the number of its configuration, and its values.
    """

    since: int
    arms: Collection[str]
    clash: Callable[[int, int, Mapping[str, Any]], bool]


class Leases:
    """The trials of a study that one driver has, and those that it may have.

    Args:
        access: The database.
        study: The study as its driver has it: trials are proposed from its files.
        owner: The driver.
        seconds: How long a trial is its own without a renewal.

    Raises:
        DatabaseError: From every method, if the database cannot be written.
    """

    def __init__(self, access: Access, study: StudyRow, owner: str, seconds: float) -> None:
        self.access = access
        self.owner = owner
        self.seconds = seconds
        self._study = study
        # SQLite gives Optuna's key of a deleted study to the next one.
        self._there = (sweep.c.id == study.id) & (sweep.c.study_id == study.study_id)
        self._digest = study.digest
        self._unanswered = False
        mine = (run.c.sweep_id == study.id) & (run.c.owner == owner) & unfinished
        self._change_mine = run.update().where(mine)

    @retried
    def claim(self, below: int) -> int | None:
        """Takes the next number of the study: in Optuna's tables a trial that is running from now on.

        Args:
            below: The number of trials that the study shall have.

        Returns:
            The number; None if all are taken.

        Raises:
            ConflictError: If the study was deleted.
        """
        study = self._study.study_id
        mine = sa.select(sweep.c.id).where(self._there)
        # An earlier try may have been carried out, and only the answer was lost.
        number, left = self._unused() if self._unanswered else None, True
        self._unanswered = True
        while number is None and left:
            with self.access.writing_at_once() as connection:
                now = self.access.clock.now()
                number = mirror.claim(connection, study, below, self.owner, now, sa.exists(mine))
                # Without one another driver was quicker, unless all are taken.
                left = number is None and mirror.claimed(connection, study) < below
                if left and connection.execute(mine).first() is None:
                    raise self._deleted()
        self._unanswered = False
        return number

    def _deleted(self) -> ConflictError:
        return ConflictError(f"study {self._study.name!r} was deleted, and its sweep ends here")

    @retried
    def is_current(self) -> bool:
        """Whether the study is still what the driver began with, whatever it is called now.

        Raises:
            ConflictError: If it was deleted.
        """
        with self.access.reading() as connection:
            digest = connection.execute(sa.select(sweep.c.digest).where(self._there)).scalar()
            if digest is None:
                raise self._deleted()
            return self._is_begun(connection, digest)

    def _is_begun(self, connection: sa.Connection, digest: str | None) -> bool:
        """Whether the study, of this digest now, differs by its name at most from what was begun with."""
        if digest != self._digest:
            found = connection.execute(sa.select(sweep).where(self._there)).one_or_none()
            if found is None or not self._is(sweep_row(found._mapping)):
                return False
            self._digest = found.digest
        return True

    def _is(self, row: StudyRow) -> bool:
        """Whether the study as it stands now differs in nothing that makes other trials.

        A range of the workload that the study does not take makes none.
        """
        began = self._study
        renamed = replace(row, study={**row.study, "name": began.study["name"]})
        with suppress(DatabaseError):  # what this version cannot read is not what it began with
            now, then = stored_study(renamed), stored_study(began)
            bare = {
                digest_of(one.spec, one.workload.model_copy(update={"ranges": {}})) for one in (now, then)
            }
            return len(bare) == 1 and now.spaces == then.spaces
        return False

    def _unused(self) -> int | None:
        """The first number that this driver has claimed and not used; None without one."""
        with self.access.reading() as connection:
            claimed = mirror.running(connection, self._study.study_id)
        mine = [number for number, owner in claimed.items() if owner == self.owner]
        query = sa.select(run.c.number).where(self.access.among(mine))
        added = {row.number for row in self.access.select(self._study, query)}
        return min(set(mine) - added, default=None)

    @retried
    def give_up(self, number: int) -> None:
        """Gives a claimed number back for which there is no trial, unless a later number has one."""
        with self.access.writing() as connection:
            later = sa.select(run.c.id).where(run.c.sweep_id == self._study.id, run.c.number >= number)
            if connection.execute(later.limit(1)).one_or_none() is None:
                mirror.give_up(connection, self._study.study_id, number, self.owner)

    @retried
    def leave(self, number: int) -> None:
        """Leaves a claimed number without a trial to any other driver; a later one may have been claimed."""
        with self.access.writing() as connection:
            mirror.change_owner(connection, self._study.study_id, number, self.owner, None)

    @retried
    def add(
        self, trial: TrialSpec, distributions: mirror.Distributions, rivals: Rivals | None = None
    ) -> bool:
        """Queues a trial under a claimed number, in one transaction.

        Args:
            trial: What to run.
            distributions: The search space, for Optuna's tables.
            rivals: Beside which of those that others have added meanwhile it cannot stand.

        Returns:
            Whether it is the driver's: False if another one was quicker and has added a trial of that number,
            or one of that arm, configuration and seed, or a rival; or if the study is not what the driver
            began with.
        """
        values = {
            "sweep_id": self._study.id,
            "number": trial.number,
            "trial_id": mirror.trial_key(self._study.study_id, trial.number),
            "arm": trial.arm,
            "seed": trial.seed,
            "state": RunState.QUEUED,
            "owner": self.owner,
            "lease_expires": self.access.moment(self.seconds),
            "attempts": 0,
            "created": self.access.moment(),
            "configuration": trial.configuration,
            "params": trial.params,
            "config": trial.config.model_dump(mode="json"),
            "digest": trial.config.fingerprint(),
            "written": self._study.written,
        }
        said = {"arm": trial.arm, "seed": trial.seed}
        try:
            with self.access.writing() as connection:
                # On a server one after another: it waits for a change that is under way, and if it may have
                # rivals for the driver that adds one, as two at once would not see each other's.
                mine = sa.select(sweep.c.digest).where(self._there)
                locked = mine.with_for_update(read=rivals is None, key_share=True)
                if not self._is_begun(connection, connection.execute(locked).scalar()):
                    return False
                if rivals is not None and self._has_rival(connection, trial, rivals):
                    return False
                insert = run.insert().values(values).returning(run.c.trial_id)
                added = connection.execute(insert).scalar_one()
                mirror.describe(connection, added, {**trial.toggles, **trial.params}, distributions, said)
        except sa.exc.IntegrityError:
            # Another driver was quicker, or it was an earlier try of which only the answer was lost.
            query = sa.select(run.c.owner).where(run.c.number == trial.number)
            found = self.access.select(self._study, query)
            return bool(found) and found[0].owner == self.owner
        return True

    def _has_rival(self, connection: sa.Connection, trial: TrialSpec, rivals: Rivals) -> bool:
        query = sa.select(run.c.number, run.c.configuration, run.c.params).where(
            run.c.sweep_id == self._study.id,
            run.c.number >= rivals.since,
            run.c.number != trial.number,
            run.c.arm.in_(rivals.arms),
        )
        return any(rivals.clash(*row) for row in connection.execute(query))

    @retried
    def take_over(self, number: int, of: str | None) -> bool:
        """Makes a trial that is not finished the driver's, if it still is that of another.

        From then on it is queued. If it was running and had an owner, that one has died on it, and is
        counted; a driver that ends in an orderly way releases its trials before.

        Args:
            number: Number of the trial, or one that was claimed and has none yet.
            of: Its owner so far; None for none.

        Returns:
            Whether it is the driver's now: False if somebody else was quicker, or if it is finished.
        """
        with self.access.writing() as connection:
            this = (run.c.sweep_id == self._study.id) & (run.c.number == number)
            if connection.execute(sa.select(run.c.id).where(this)).one_or_none() is None:
                return mirror.change_owner(connection, self._study.study_id, number, of, self.owner)
            # Its own already: an earlier try was carried out, and only the answer was lost.
            theirs = run.c.owner == self.owner
            theirs |= run.c.owner.is_(None) if of is None else run.c.owner == of
            taken = run.update().where(this, theirs, unfinished)
            died = (run.c.state == RunState.RUNNING) & (run.c.owner != self.owner)
            values = {
                "owner": self.owner,
                "lease_expires": self.access.moment(self.seconds),
                # No longer running: if this driver dies before it begins it, that is not counted.
                "state": RunState.QUEUED,
                "deaths": sa.case((died, run.c.deaths + 1), else_=run.c.deaths),
            }
            return connection.execute(taken.values(values)).rowcount == 1

    @retried
    def renew(self) -> set[int]:
        """Extends the lease of all unfinished trials of the driver; returns their numbers."""
        with self.access.writing() as connection:
            renewed = self._change_mine.values(lease_expires=self.access.moment(self.seconds))
            return set(connection.execute(renewed.returning(run.c.number)).scalars())

    @retried
    def release(self) -> None:
        """Gives the unfinished trials of the driver away, so that any other may go on with them at once."""
        self._release()

    def abandon(self) -> None:
        """Does so if the database answers at once: the driver's process may live on, as in a notebook."""
        with suppress(DatabaseError):
            self._release()

    def _release(self) -> None:
        with self.access.writing() as connection:
            connection.execute(self._change_mine.values(owner=None, lease_expires=None))
