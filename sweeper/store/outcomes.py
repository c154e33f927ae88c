"""What becomes of a driver's trials: begun, an epoch done, ended, or put back to the start."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from model.result import COST, JUDGES, EpochResult, raised

from ..errors import DatabaseError
from ..trial import UNFINISHED, Outcome, RunState, StudyRow
from . import provenance
from .access import Access
from .epochrows import metric_rows, seen
from .optuna_tables import mirror
from .retrying import retried
from .tables import epoch_metric, run, storable_text


class Outcomes:
    """Records what a driver's trials do, each only while it is unfinished and that driver's.

    Who has lost a trial to another driver cannot write to it any more. What changes in our tables changes in
    Optuna's in the same transaction.

    Args:
        access: The database.
        study: The study.
        owner: The driver.

    Raises:
        DatabaseError: From every method, if the database cannot be written, or there is no such trial.
    """

    def __init__(self, access: Access, study: StudyRow, owner: str) -> None:
        self.access = access
        self._study = study
        self._owner = owner
        self._kept: set[str] = set()
        self._mine = (run.c.sweep_id == study.id) & (run.c.owner == owner) & run.c.state.in_(UNFINISHED)
        self._change_mine = run.update().where(self._mine)

    @retried
    def started(
        self,
        number: int,
        attempt: int,
        *,
        threads: int | None,
        device: str | None,
        versions: Mapping[str, Any],
        kept: int = 0,
        machine: str | None = None,
        processor: str | None = None,
        working_folder: Mapping[str, Any] | None = None,
    ) -> None:
        """Records that an attempt at a trial, counted from 1, has begun; on what, as in `TrialRow`.

        Epochs that are recorded beyond those in the checkpoint that it goes on from, `kept` of them, are
        forgotten: they are trained anew, perhaps on another machine, and its last word is to be of these.
        """
        now = sa.literal(self.access.clock.now(), run.c.started.type)
        values = {
            "state": RunState.RUNNING,
            "attempts": attempt,
            "started": sa.func.coalesce(run.c.started, now),
            "threads": threads,
            "device": device,
            "machine": machine,
            "versions": dict(versions),
            "processor": processor,
            "working_folder": self._keep(working_folder),
        }
        begun = self._change(number).values(values).returning(run.c.id, run.c.trial_id)
        with self.access.writing() as connection:
            mine = connection.execute(begun).one_or_none()
            if mine is not None and attempt > 1:
                beyond = (epoch_metric.c.run_id == mine.id) & (epoch_metric.c.epoch > kept)
                connection.execute(epoch_metric.delete().where(beyond))
                mirror.forget(connection, mine.trial_id, kept)

    @retried
    def loaded(self, number: int, inputs: Mapping[str, Any]) -> None:
        """Keeps what the trial reads."""
        self._update(number, inputs=self._keep(inputs))

    @retried
    def epoch(self, number: int, result: EpochResult) -> None:
        """Keeps the metrics of an epoch, and tells Optuna what judges it; what is kept already stays."""
        self._keep_epochs([(number, result)])

    @retried
    def epochs(self, results: Sequence[tuple[int, EpochResult]]) -> None:
        """Keeps epochs as `epoch` does, those of several trials in one transaction.

        Args:
            results: What trials report, each with its number.
        """
        if results:
            self._keep_epochs(results)

    @retried
    def finished(self, number: int, outcome: Outcome) -> bool:
        """Records how a trial ended, in our tables and Optuna's; a trial that has an outcome keeps it.

        Returns:
            Whether the outcome stands: False if the trial belongs to another driver by now.
        """
        values = {
            "state": outcome.state,
            "finished": self.access.clock.now(),
            "seconds": sa.func.coalesce(run.c.seconds, outcome.earlier_seconds) + outcome.seconds,
            "best_epoch": outcome.best_epoch,
            "scores": outcome.scores,
            "error_class": outcome.error_class,
            "traceback": storable_text(outcome.traceback),
        }
        if outcome.peak_memory_mb is not None:
            values["peak_memory_mb"] = outcome.peak_memory_mb
        ending = self._change(number).values(values).returning(run.c.trial_id)
        with self.access.writing() as connection:
            trial = connection.execute(ending).scalar_one_or_none()
            if trial is not None:
                self._tell(connection, trial, outcome.state, outcome.scores)
                return True
        # It may have been recorded by an earlier try, of which only the answer was lost.
        found = self._one(number, run.c.state, run.c.owner)
        return found.state is outcome.state and found.owner == self._owner

    @retried
    def reuse(self, number: int, source: int) -> None:
        """Gives a trial the result of a complete one with the identical configuration, epochs included."""
        r = run.c
        finished = self._one(source, r.id, r.best_epoch, r.scores, r.fingerprint, r.inputs, r.step_seconds)
        target = self._one(number, run.c.id, run.c.trial_id)
        m = epoch_metric.c
        copied = sa.select(sa.literal(target.id), m.epoch, m.split, m.task, m.metric, m.value).where(
            m.run_id == finished.id
        )
        judged = sa.select(m.epoch, m.value).where(
            m.run_id == finished.id, m.split == "dev", m.task.in_(JUDGES), m.metric.in_(JUDGES)
        )
        values = {
            "state": RunState.COMPLETE,
            "finished": self.access.clock.now(),
            "seconds": 0.0,
            "best_epoch": finished.best_epoch,
            "scores": finished.scores,
            "fingerprint": finished.fingerprint,
            "inputs": finished.inputs,
            "reused_from": source,
        }
        if COST in self._study.objectives:  # by which it is judged
            values["step_seconds"] = finished.step_seconds
        with self.access.writing() as connection:
            if connection.execute(self._change(number).values(values)).rowcount == 1:
                connection.execute(epoch_metric.delete().where(m.run_id == target.id))
                connection.execute(epoch_metric.insert().from_select(list(m.keys()), copied))
                reports = [
                    mirror.Reported(target.trial_id, epoch, math.nan if value is None else value)
                    for epoch, value in connection.execute(judged).all()
                ]
                mirror.report(connection, reports)
                self._tell(connection, target.trial_id, RunState.COMPLETE, finished.scores)

    @retried
    def halve(self, number: int, config: Mapping[str, Any], halvings: int) -> bool:
        """Puts a trial that ran out of memory back to its start, with a configuration that needs less.

        Args:
            number: Its number.
            config: The configuration.
            halvings: How often its micro-batch has been halved by now.

        Returns:
            Whether that stands: False if the trial belongs to another driver by now.
        """
        return self._put_back(number, {"config": dict(config), "halvings": halvings})

    @retried
    def forget(self, number: int) -> bool:
        """Puts a trial whose epochs are not to be gone on from back to its start.

        Returns:
            Whether that stands: False if the trial belongs to another driver by now.
        """
        return self._put_back(number, {})

    @retried
    def tell(self, number: int) -> None:
        """Gives a trial in Optuna's tables the state that it has in ours, whichever driver has it."""
        trial = self._one(number, run.c.trial_id).trial_id
        mine = (run.c.sweep_id == self._study.id) & (run.c.number == number)
        query = sa.select(run.c.state, run.c.scores).where(mine).with_for_update()
        with self.access.writing() as connection:
            found = connection.execute(query).one()
            mirror.reopen(connection, [trial])
            if found.state.final:
                self._tell(connection, trial, found.state, found.scores)

    def _keep_epochs(self, results: Sequence[tuple[int, EpochResult]]) -> None:
        with self.access.writing() as connection:
            keys, struck = self._see(connection, results)
            rows: list[dict[str, Any]] = []
            said: dict[tuple[int, int], mirror.Reported] = {}
            for number, result in results:
                if number in keys:
                    key, trial = keys[number]
                    rows += [{"run_id": key, **row} for row in metric_rows(result)]
                    report = mirror.Reported(trial, result.epoch, result.judged)
                    said.setdefault((key, result.epoch), report)
            if not rows:
                return
            # Not an IntegrityError to be caught: psycopg prints a warning of rows that fail in a pipeline.
            new = mirror.inserting(connection, epoch_metric).on_conflict_do_nothing()
            kept = connection.execute(new.returning(epoch_metric.c.run_id, epoch_metric.c.epoch), rows)
            added = list(dict.fromkeys(map(tuple, kept.all())))
            mirror.report(connection, [said[key] for key in added])
            if struck := struck & {key for key, _ in added}:
                # Not at epochs that are told again: a trial that kills its drivers would never end.
                connection.execute(run.update().where(run.c.id.in_(struck)).values(deaths=0))

    def _see(
        self, connection: sa.Connection, results: Sequence[tuple[int, EpochResult]]
    ) -> tuple[dict[int, tuple[int, int]], set[int]]:
        """Enters what epochs say of their trials; what another driver has by now is left out.

        Returns:
            Our key and Optuna's of each that is this driver's, by number; and our keys of those on which
            drivers have died.
        """
        columns = (run.c.number, run.c.id, run.c.trial_id, run.c.deaths)
        if len(results) == 1:
            ((number, result),) = results
            found = connection.execute(self._change(number).values(seen(result)).returning(*columns)).all()
        else:
            among = self.access.among({number for number, _ in results})
            mine = sa.select(*columns).where(self._mine, among).with_for_update()
            found = connection.execute(mine).all()
        keys = {number: (key, trial) for number, key, trial, _ in found}
        if len(results) > 1 and keys:
            # One statement for all: most of its time goes to making it.
            said = [{"of": keys[number][0], **seen(result)} for number, result in results if number in keys]
            connection.execute(run.update().where(run.c.id == sa.bindparam("of")), said)
        return keys, {row.id for row in found if row.deaths}

    def _put_back(self, number: int, values: Mapping[str, Any]) -> bool:
        found = self._one(number, run.c.id, run.c.trial_id)
        values = {**values, "state": RunState.QUEUED, "deaths": 0}
        with self.access.writing() as connection:
            stands = connection.execute(self._change(number).values(values)).rowcount == 1
            if stands:
                connection.execute(epoch_metric.delete().where(epoch_metric.c.run_id == found.id))
                mirror.forget(connection, found.trial_id)
        return stands

    def _tell(
        self, connection: sa.Connection, trial: int, state: RunState, scores: Mapping[str, float] | None
    ) -> None:
        values = None
        if state is RunState.COMPLETE and scores is not None:
            known = dict(scores)
            if COST in self._study.objectives:
                query = sa.select(run.c.step_seconds).where(run.c.trial_id == trial)
                known[COST] = float(connection.execute(query).scalar_one())
            values = [raised(known, name) for name in self._study.objectives]
        mirror.tell(connection, trial, state, values, self.access.clock.now())

    def _one(self, number: int, *columns: sa.Column[Any]) -> sa.Row[*tuple[Any, ...]]:
        """Columns of one trial, which must be there."""
        rows = self.access.select(self._study, sa.select(*columns).where(run.c.number == number))
        if not rows:
            raise DatabaseError(f"{self.access.url}: study {self._study.name!r} has no trial {number}")
        return rows[0]

    def _keep(self, content: Mapping[str, Any] | None) -> str | None:
        """Stores a content once, and returns the digest by which trials name it; None of none."""
        if content is None:
            return None
        digest = provenance.digest_of(content)
        if digest not in self._kept:
            with self.access.writing() as connection:
                provenance.keep(connection, self._study.id, digest, content)
            self._kept.add(digest)
        return digest

    def _update(self, number: int, **values: Any) -> None:
        with self.access.writing() as connection:
            connection.execute(self._change(number).values(values))

    def _change(self, number: int) -> sa.Update:
        """A change of a trial, unless it is finished or another driver's by now."""
        return self._change_mine.where(run.c.number == number)
