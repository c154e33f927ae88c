"""The database of all studies: our own tables, and Optuna's beside them under the same URL.

Ours hold what a report needs and what counts; Optuna's repeat the search for its own tools. At a trial's
end ours change first, and ``untold`` finds what a crash left between the two.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution

from model.result import EpochResult

from ..trial import UNFINISHED, ErrorClass, Outcome, RunState, StudyRow, TrialRow
from . import optuna_tables as mirror
from .leases import Claims
from .retrying import retried
from .tables import epoch_metric, run, run_row, storable, storable_text, study_change, sweep, sweep_row
from .trials import objectives

_UNFINISHED = run.c.state.in_(UNFINISHED)


_TOLD = (run.c.trial_id, run.c.state, run.c.scores)  # what Optuna is told of


class Database(Claims):
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
    ) -> StudyRow:
        """Begins a study, in both sets of tables; if another driver was quicker, its study is returned."""
        values = {
            "name": name,
            "study_id": self._mirror.create_study(name, len(objectives(study))),
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

    def change_sweep(
        self,
        name: str,
        study: Mapping[str, Any],
        workload: Mapping[str, Any],
        *,
        digest: str,
        space: Mapping[str, BaseDistribution],
        descriptions: Sequence[str],
    ) -> None:
        """Stores a study that was changed since it was begun, and logs what changed.

        Args:
            name: Its name.
            study: It as it is now.
            workload: Its workload.
            digest: Of both.
            space: What each parameter may be now, in Optuna's terms.
            descriptions: What changed, one line each.
        """
        key, study_key = self._keys(name).sweep, self._keys(name).study
        values = {"study": dict(study), "workload": dict(workload), "digest": digest}
        now = datetime.now(UTC)
        lines = [{"sweep_id": key, "moment": now, "description": text} for text in descriptions]
        with self._writing() as connection:
            connection.execute(sweep.update().where(sweep.c.id == key).values(values))
            if lines:
                connection.execute(study_change.insert(), lines)
            mirror.widen(connection, study_key, space)

    @retried
    def start_run(  # noqa: PLR0917 - all belong to the attempt
        self,
        name: str,
        number: int,
        threads: int | None,
        device: str | None,
        versions: Mapping[str, Any],
        machine: str | None = None,
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
            machine=machine,
            versions=dict(versions),
        )

    @retried
    def record_epoch(self, name: str, number: int, result: EpochResult) -> None:
        """Keeps the metrics of an epoch, and tells Optuna its `overall`; what is kept already stays."""
        seen = {"peak_memory_mb": result.peak_memory_mb, "fingerprint": result.fingerprint or None}
        seeing = self._change(name, number).values(seen).returning(run.c.id, run.c.trial_id)
        rows = [
            {
                "epoch": result.epoch,
                "split": metric.split,
                "task": metric.task,
                "metric": metric.name,
                "value": storable(metric.value),
            }
            for metric in result.metrics
        ]
        with self._writing() as connection:
            found = connection.execute(seeing).one_or_none()
            if found is None:
                return
            # Not an IntegrityError to be caught: psycopg prints a warning of rows that fail in a pipeline.
            new = mirror.inserting(connection, epoch_metric).on_conflict_do_nothing()
            kept = new.returning(epoch_metric.c.epoch)
            if connection.execute(kept, [{"run_id": found.id, **row} for row in rows]).all():
                mirror.report(connection, found.trial_id, result.epoch, result.overall)

    @retried
    def finish_run(self, name: str, number: int, outcome: Outcome) -> bool:
        """Records how a trial ended, then tells Optuna; a trial that has an outcome keeps it.

        Returns:
            Whether the outcome stands: False if the trial belongs to another driver by now.
        """
        values = {
            "state": outcome.state,
            "finished": datetime.now(UTC),
            "seconds": sa.func.coalesce(run.c.seconds, 0.0) + outcome.seconds,
            "best_epoch": outcome.best_epoch,
            "scores": outcome.scores,
            "error_class": outcome.error_class,
            "traceback": storable_text(outcome.traceback),
        }
        if outcome.peak_memory_mb is not None:
            values["peak_memory_mb"] = outcome.peak_memory_mb
        self._update(name, number, **values)
        found = self._one(name, number, *_TOLD, run.c.owner)
        stands = found.state is outcome.state and found.owner == self._held.get((name, number), found.owner)
        if stands:
            self._tell(name, found)
        return stands

    @retried
    def reuse(self, name: str, number: int, source: int) -> None:
        """Gives a trial the result of a complete one with the identical configuration, epochs included."""
        finished = self._one(name, source, run.c.id, run.c.best_epoch, run.c.scores, run.c.fingerprint)
        target = self._one(name, number, run.c.id, run.c.trial_id)
        m = epoch_metric.c
        copied = sa.select(sa.literal(target.id), m.epoch, m.split, m.task, m.metric, m.value).where(
            m.run_id == finished.id
        )
        overall = sa.select(m.epoch, m.value).where(
            m.run_id == finished.id, m.split == "dev", m.task == "overall"
        )
        values = {
            "state": RunState.COMPLETE,
            "finished": datetime.now(UTC),
            "seconds": 0.0,
            "best_epoch": finished.best_epoch,
            "scores": finished.scores,
            "fingerprint": finished.fingerprint,
            "reused_from": source,
        }
        with self._writing() as connection:
            if connection.execute(self._change(name, number).values(values)).rowcount == 1:
                connection.execute(epoch_metric.delete().where(m.run_id == target.id))
                connection.execute(epoch_metric.insert().from_select(list(m.keys()), copied))
                for epoch, value in connection.execute(overall).all():
                    mirror.report(connection, target.trial_id, epoch, math.nan if value is None else value)
        self.tell(name, number)

    @retried
    def twin(self, name: str, number: int) -> TrialRow | None:
        """The first other trial with the identical configuration and seed that has not failed.

        Complete ones come first, then those with a lower number that are under way.
        """
        other = run.alias()
        key = self._keys(name).sweep
        digest = sa.select(other.c.digest).where(other.c.sweep_id == key, other.c.number == number)
        usable = (run.c.state == RunState.COMPLETE) | (_UNFINISHED & (run.c.number < number))
        query = sa.select(run).where(
            run.c.sweep_id == key,
            run.c.digest == digest.scalar_subquery(),
            run.c.number != number,
            usable,
            run.c.reused_from.is_(None),
        )
        # Not by number: SQLite would read all trials in that order, past the index of the digests.
        with self._reading() as connection:
            found = [run_row(row) for row in connection.execute(query).mappings()]
        return min(found, key=lambda row: (row.state is not RunState.COMPLETE, row.number), default=None)

    @retried
    def halve(self, name: str, number: int, config: Mapping[str, Any]) -> None:
        """Puts a trial that ran out of memory back to its start, with a configuration that needs less."""
        found = self._one(name, number, run.c.id)
        values = {"config": dict(config), "halvings": run.c.halvings + 1, "state": RunState.QUEUED}
        with self._writing() as connection:
            if connection.execute(self._change(name, number).values(values)).rowcount == 1:
                connection.execute(epoch_metric.delete().where(epoch_metric.c.run_id == found.id))

    def retry(self, name: str, error_class: ErrorClass | None = None) -> list[int]:
        """Puts failed trials back into the queue, all or those of a class; returns their numbers."""
        key = self._keys(name).sweep
        failed = (run.c.sweep_id == key) & (run.c.state == RunState.FAILED)
        if error_class is not None:
            failed &= run.c.error_class == error_class
        cleared = dict.fromkeys(
            ("owner", "lease_expires", "finished", "best_epoch", "scores", "error_class", "traceback")
        )
        with self._writing() as connection:
            query = sa.select(run.c.number, run.c.trial_id).where(failed).order_by(run.c.number)
            found = connection.execute(query).all()
            connection.execute(run.update().where(failed).values(state=RunState.QUEUED, **cleared))
            mirror.reopen(connection, [row.trial_id for row in found])
        return [row.number for row in found]

    @retried
    def tell(self, name: str, number: int) -> None:
        """Gives a trial's outcome to Optuna; nothing if it has it already."""
        self._tell(name, self._one(name, number, *_TOLD))

    def _tell(self, name: str, found: sa.Row[*tuple[Any, ...]]) -> None:
        values = None
        if found.state is RunState.COMPLETE:
            values = [found.scores[score] for score in self._keys(name).objectives]
        with self._writing() as connection:
            mirror.tell(connection, found.trial_id, found.state, values)

    @retried
    def untold(self, name: str) -> list[int]:
        """Numbers of the trials that have an outcome of which Optuna does not know."""
        # In this order: a trial that ends in between is not listed.
        finished = {row.number for row in self._select(name, sa.select(run.c.number).where(~_UNFINISHED))}
        with self._reading() as connection:
            return sorted(finished & mirror.running(connection, self._keys(name).study).keys())

    def _update(self, name: str, number: int, **values: Any) -> None:
        with self._writing() as connection:
            connection.execute(self._change(name, number).values(values))
