"""One study in a database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError
from ..runs.mark import Holder
from ..study.owncode import know
from ..trial import ErrorClass, RunState, StudyRow
from . import provenance
from .access import Access
from .damage import read
from .events import Events
from .identity import check_row, holder
from .leases import Leases
from .life import StudyLife
from .optuna_tables import mirror
from .optuna_tables.counterpart import check_counterpart
from .outcomes import Outcomes
from .retrying import retried
from .stamp import stamp_of
from .tables import run, study_change, sweep, sweep_row
from .trials import Trials


class StudyStore:
    """A study in an open database. Threads may share it; processes open their own.

    Attributes:
        row: The study as it stood when it was asked for.
        trials: Its trials, to be read.
        events: What was done with it as a whole.
        life: Gives it another name, and puts it away.

    Raises:
        DatabaseError: From every method, if the database cannot be read or written; from here, if the study
            has a name or a UUID that could not be one.
    """

    def __init__(self, access: Access, row: StudyRow) -> None:
        check_row(access, row)
        know(row)
        self.access = access
        self.row = row
        self.trials = Trials(access, row)
        self.events = Events(access, row)
        self.life = StudyLife(access, row)

    @retried
    def fresh(self) -> "StudyStore":
        """The study as it stands now.

        Raises:
            ConflictError: If it was deleted.
        """
        same = (sweep.c.id == self.row.id) & (sweep.c.uuid == self.row.uuid)
        rows = self.access.sweeps(sa.select(sweep).where(same), strict=True)
        if not rows:
            raise ConflictError(f"study {self.row.name!r} was deleted")
        return StudyStore(self.access, sweep_row(rows[0]._mapping))

    @retried
    def stamp(self) -> str:
        """A text that is another as soon as anything has changed that a report shows.

        Of the study's own row it knows what `row` does: ask `fresh` before.
        """
        with self.access.reading() as connection:
            return stamp_of(connection, self.row)

    def leases(self, owner: str, seconds: float) -> Leases:
        """What a driver takes and holds.

        Args:
            owner: The driver.
            seconds: How long a trial is its own without a renewal.
        """
        return Leases(self.access, self.row, owner, seconds)

    def outcomes(self, owner: str) -> Outcomes:
        """What becomes of the trials of a driver."""
        return Outcomes(self.access, self.row, owner)

    @retried
    def holder(self) -> Holder:
        """The database, as the folders of runs know it."""
        return holder(self.access)

    @retried
    def set_wanted(self, wanted: int) -> None:
        """Sets the number of trials asked for in total."""
        with self.access.writing() as connection:
            connection.execute(sweep.update().where(sweep.c.id == self.row.id).values(wanted=wanted))

    def change(
        self,
        study: Mapping[str, Any],
        workload: Mapping[str, Any],
        *,
        digest: str,
        space: mirror.Distributions,
        descriptions: Sequence[str],
        files: Mapping[str, Any] | None = None,
    ) -> bool:
        """Stores the study as it was changed since it was begun, and logs what changed.

        Args:
            study: The study file as it is now, as JSON.
            workload: Its workload.
            digest: Of both.
            space: What each parameter may be now, in Optuna's terms.
            descriptions: What changed, one line each.
            files: What is kept of its files, where they are known.

        Returns:
            Whether it is stored: False if somebody else has changed it since `row` was read, and to something
            else.
        """
        now = self.access.clock.now()
        lines = [{"sweep_id": self.row.id, "moment": now, "description": text} for text in descriptions]
        values = {"study": dict(study), "workload": dict(workload), "digest": digest}
        return self._change(values, lines, space, files)

    @retried
    def _change(
        self,
        values: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]],
        space: mirror.Distributions,
        files: Mapping[str, Any] | None,
    ) -> bool:
        key, c = self.row.id, study_change.c
        with self.access.writing() as connection:
            mine = sa.select(sweep.c.name, sweep.c.digest).where(sweep.c.id == key).with_for_update()
            stored = connection.execute(mine).one()
            # What is to be stored, where an earlier try was carried out, of which only the answer was lost.
            if stored.digest not in (self.row.digest, values["digest"]):
                return False
            # By the name that it has at this moment: it may have been renamed since its driver read it.
            called = {"name": stored.name.partition("@")[0]}
            changed = {**values, "study": {**values["study"], **called}}
            connection.execute(sweep.update().where(sweep.c.id == key).values(changed))
            provenance.name_files(connection, key, files)
            # An earlier try, of which only the answer was lost, has logged them at the same moment.
            same = [c.moment == line["moment"] for line in lines[:1]]
            logged = sa.select(c.id).where(c.sweep_id == key, *same).limit(1)
            if lines and connection.execute(logged).first() is None:
                connection.execute(study_change.insert(), lines)
            mirror.widen(connection, self.row.study_id, space)
        return True

    @retried
    def changes(self) -> list[tuple[datetime, str]]:
        """What was changed since it was begun: when, in UTC, and what; the first change first."""
        c = study_change.c
        query = sa.select(c.moment, c.description).where(c.sweep_id == self.row.id).order_by(c.id)
        keys = sa.select(c.id).where(c.sweep_id == self.row.id).order_by(c.id)
        with self.access.reading() as connection:
            rows = read(connection, query, c.id, keys, lambda _, wrong: self._damaged("a change", wrong))
        return [(row.moment, row.description) for row in rows]

    def _damaged(self, what: str, wrong: str) -> None:
        self.access.damages.found(f"{what} of study {self.row.name!r} {wrong}")

    @retried
    def provenance(self) -> dict[str, dict[str, Any]]:
        """What its trials were made from, by the digests that they name."""
        with self.access.reading() as connection:
            return provenance.contents(
                connection, self.row, lambda wrong: self._damaged("what is kept of the inputs", wrong)
            )

    @retried
    def check_counterpart(self) -> None:
        """Looks whether its trials can go on: whether Optuna's tables have it as it was left there.

        Raises:
            ConflictError: If another program has changed it there.
        """
        with self.access.reading() as connection:
            check_counterpart(connection, self.row)

    def retry(self, error_class: ErrorClass | None = None) -> list[int]:
        """Puts failed trials back into the queue, all or those of a class; returns their numbers.

        Not repeated if the database does not answer: a second time there would be none to name.

        Raises:
            ConflictError: If another program has changed the study in Optuna's tables.
        """
        self.check_counterpart()
        failed = (run.c.sweep_id == self.row.id) & (run.c.state == RunState.FAILED)
        if error_class is not None:
            failed &= run.c.error_class == error_class
        cleared = dict.fromkeys(
            ("owner", "lease_expires", "finished", "best_epoch", "scores", "error_class", "traceback")
        )
        with self.access.writing() as connection:
            queueing = run.update().where(failed).values(state=RunState.QUEUED, deaths=0, **cleared)
            found = connection.execute(queueing.returning(run.c.number, run.c.trial_id)).all()
            mirror.reopen(connection, [row.trial_id for row in found])
        return sorted(row.number for row in found)
