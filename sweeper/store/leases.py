"""Whose a trial is: numbers and leases, each changed by compare-and-set."""

import sqlalchemy as sa

from ..trial import UNFINISHED, RunState, StudyRow, TrialSpec
from .access import Access
from .optuna_tables import mirror
from .retrying import retried
from .tables import run

_UNFINISHED = run.c.state.in_(UNFINISHED)


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
        mine = (run.c.sweep_id == study.id) & (run.c.owner == owner) & _UNFINISHED
        self._change_mine = run.update().where(mine)

    @retried
    def claim(self) -> int:
        """Takes the next number: an Optuna trial, running from now on."""
        number = None
        while number is None:
            with self.access.writing_at_once() as connection:
                moment = self.access.clock.now()
                number = mirror.claim(connection, self._study.study_id, self.owner, moment)
        return number

    @retried
    def add(self, trial: TrialSpec, distributions: mirror.Distributions) -> bool:
        """Queues a trial under a claimed number, in one transaction.

        Args:
            trial: What to run.
            distributions: The search space, for Optuna's tables.

        Returns:
            Whether it is the driver's: False if another one was quicker and has added a trial of that number,
            or one of that arm, configuration and seed.
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
                insert = run.insert().values(values).returning(run.c.trial_id)
                added = connection.execute(insert).scalar_one()
                mirror.describe(connection, added, {**trial.toggles, **trial.params}, distributions, said)
        except sa.exc.IntegrityError:
            # Another driver was quicker, or it was an earlier try of which only the answer was lost.
            query = sa.select(run.c.owner).where(run.c.number == trial.number)
            found = self.access.select(self._study, query)
            return bool(found) and found[0].owner == self.owner
        return True

    @retried
    def take_over(self, number: int, of: str | None) -> bool:
        """Makes a trial that is not finished the driver's, if it still is that of another.

        Args:
            number: Number of the trial, or one that was claimed and has none yet.
            of: Its owner so far; None for none.

        Returns:
            Whether it is the driver's now: False if somebody else was quicker, or if it is finished.
        """
        with self.access.writing() as connection:
            this = (run.c.sweep_id == self._study.id) & (run.c.number == number)
            if connection.execute(sa.select(run.c.id).where(this)).one_or_none() is None:
                return of is not None and mirror.change_owner(
                    connection, self._study.study_id, number, of, self.owner
                )
            # Its own already: an earlier try was carried out, and only the answer was lost.
            theirs = run.c.owner == self.owner
            theirs |= run.c.owner.is_(None) if of is None else run.c.owner == of
            taken = run.update().where(this, theirs, _UNFINISHED)
            expires = self.access.moment(self.seconds)
            return connection.execute(taken.values(owner=self.owner, lease_expires=expires)).rowcount == 1

    @retried
    def renew(self) -> set[int]:
        """Extends the lease of all unfinished trials of the driver; returns their numbers."""
        with self.access.writing() as connection:
            renewed = self._change_mine.values(lease_expires=self.access.moment(self.seconds))
            return set(connection.execute(renewed.returning(run.c.number)).scalars())

    @retried
    def release(self) -> None:
        """Gives the unfinished trials of the driver away, so that any other may go on with them at once."""
        with self.access.writing() as connection:
            connection.execute(self._change_mine.values(owner=None, lease_expires=None))
