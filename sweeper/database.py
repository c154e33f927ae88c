"""The database of all studies: our own tables, and Optuna's beside them under the same URL.

Ours hold what a report needs and what counts; Optuna's repeat the search for its own tools. At a trial's
end ours change first, and ``untold`` finds what a crash left between the two.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution

from model.result import EpochResult

from . import mirror
from .archive import Archive
from .engine import explained
from .records import epoch_metric, run, storable, storable_text, sweep, sweep_row
from .run import UNFINISHED, Outcome, RunState, SweepRow

if TYPE_CHECKING:
    from .study import TrialSpec

_UNFINISHED = run.c.state.in_(UNFINISHED)


class Database(Archive):
    """All studies under one URL, to be read and written. A context manager.

    Threads may share it; processes open their own. Arguments and errors are those of ``Archive``.
    """

    def create_sweep(
        self,
        name: str,
        study: Mapping[str, Any],
        workload: Mapping[str, Any],
        *,
        digest: str,
        version: str,
        wanted: int,
    ) -> SweepRow:
        """Begins a study, in both sets of tables; if another driver was quicker, its study is returned."""
        values = {
            "name": name,
            "study_id": self._mirror.create_study(name),
            "study": dict(study),
            "workload": dict(workload),
            "digest": digest,
            "version": version,
            "wanted": wanted,
            "created": datetime.now(UTC),
        }
        with suppress(sa.exc.IntegrityError), self._writing() as connection:
            connection.execute(sweep.insert().values(values))
        with self._reading() as connection:
            return sweep_row(
                connection.execute(sa.select(sweep).where(sweep.c.name == name)).mappings().one()
            )

    def set_wanted(self, name: str, wanted: int) -> None:
        """Sets the number of trials asked for in total."""
        key = self._keys(name).sweep
        with self._writing() as connection:
            connection.execute(sweep.update().where(sweep.c.id == key).values(wanted=wanted))

    def claim_number(self, name: str, owner: str) -> int:
        """Takes the next number of a study for `owner`: an Optuna trial, running from now on."""
        return self._mirror.claim(self._keys(name).study, owner)

    def orphans(self, name: str) -> list[tuple[int, str]]:
        """Numbers that were claimed and have no run yet, each with its owner."""
        # In this order: a run that is added in between is seen, and its number is not taken for an orphan.
        claimed = self._mirror.running(self._keys(name).study)
        numbers = {row.number for row in self._select(name, sa.select(run.c.number))}
        return [(number, owner) for number, owner in sorted(claimed.items()) if number not in numbers]

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
            Whether it was added: False if there is a run of that number, added by whoever was quicker.
        """
        key = self._keys(name)
        now = datetime.now(UTC)
        with suppress(sa.exc.IntegrityError), self._writing() as connection:
            values = {
                "sweep_id": key.sweep,
                "number": trial.number,
                "trial_id": mirror.trial_key(key.study, trial.number),
                "arm": trial.arm,
                "seed": trial.seed,
                "state": RunState.QUEUED,
                "owner": owner,
                "lease_expires": now + timedelta(seconds=lease_seconds),
                "attempts": 0,
                "created": now,
                "params": trial.params,
                "config": trial.config.model_dump(mode="json"),
            }
            added = connection.execute(run.insert().values(values).returning(run.c.trial_id)).scalar_one()
            attributes = {"arm": trial.arm, "seed": trial.seed}
            mirror.describe(connection, added, {**trial.toggles, **trial.params}, distributions, attributes)
            return True
        return False

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
            expires = datetime.now(UTC) + timedelta(seconds=lease_seconds)
            changed = connection.execute(
                run.update()
                .where(this, run.c.owner == from_owner, _UNFINISHED)
                .values(owner=owner, lease_expires=expires)
            )
            return changed.rowcount == 1

    def renew(self, owner: str, lease_seconds: float) -> None:
        """Extends the lease of all unfinished trials of `owner`, in all studies."""
        expires = datetime.now(UTC) + timedelta(seconds=lease_seconds)
        with self._writing() as connection:
            connection.execute(
                run.update().where(run.c.owner == owner, _UNFINISHED).values(lease_expires=expires)
            )

    def start_run(
        self, name: str, number: int, threads: int | None, device: str | None, versions: Mapping[str, Any]
    ) -> None:
        """Counts an attempt: the trial is running now; nothing if it is finished."""
        self._update(
            name,
            number,
            state=RunState.RUNNING,
            attempts=run.c.attempts + 1,
            started=sa.func.coalesce(run.c.started, sa.literal(datetime.now(UTC), run.c.started.type)),
            threads=threads,
            device=device,
            versions=dict(versions),
        )

    def record_epoch(self, name: str, number: int, result: EpochResult) -> None:
        """Keeps the metrics of an epoch, and tells Optuna its `overall`; what is kept already stays."""
        found = self._one(name, number, run.c.id, run.c.trial_id)
        rows = [
            {
                "run_id": found.id,
                "epoch": result.epoch,
                "split": metric.split,
                "task": metric.task,
                "metric": metric.name,
                "value": storable(metric.value),
            }
            for metric in result.metrics
        ]
        with suppress(sa.exc.IntegrityError), self._writing() as connection:
            connection.execute(epoch_metric.insert(), rows)
        self._mirror.report(found.trial_id, result.epoch, result.overall)

    def finish_run(self, name: str, number: int, outcome: Outcome) -> None:
        """Records how a trial ended, then tells Optuna; a trial that has an outcome keeps it."""
        self._update(
            name,
            number,
            state=outcome.state,
            finished=datetime.now(UTC),
            seconds=sa.func.coalesce(run.c.seconds, 0.0) + outcome.seconds,
            peak_memory_mb=outcome.peak_memory_mb,
            best_epoch=outcome.best_epoch,
            scores=outcome.scores,
            error_class=outcome.error_class,
            traceback=storable_text(outcome.traceback),
        )
        self.tell(name, number)

    def tell(self, name: str, number: int) -> None:
        """Gives a trial's outcome to Optuna; nothing if it has it already."""
        found = self._one(name, number, run.c.trial_id, run.c.state, run.c.scores)
        self._mirror.tell(found.trial_id, found.state, (found.scores or {}).get("overall"))

    def untold(self, name: str) -> list[int]:
        """Numbers of the trials that have an outcome of which Optuna does not know."""
        # In this order: a trial that ends in between is not listed.
        finished = {row.number for row in self._select(name, sa.select(run.c.number).where(~_UNFINISHED))}
        return sorted(finished & self._mirror.running(self._keys(name).study).keys())

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with explained(self._url), self._engine.begin() as connection:
            yield connection

    def _update(self, name: str, number: int, **values: Any) -> None:
        """Changes a trial, unless it is finished."""
        key = self._keys(name).sweep
        with self._writing() as connection:
            connection.execute(
                run.update().where(run.c.sweep_id == key, run.c.number == number, _UNFINISHED).values(values)
            )
