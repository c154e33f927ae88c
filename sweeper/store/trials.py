"""All that can be read of the trials of a study."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from model.result import COST, judged_by

from ..trial import Curve, MetricKey, PastTrial, RunState, Standing, StudyRow, TrialRow
from .access import Access
from .curverows import Sought, curves_of, curves_query
from .damage import UNREADABLE, read
from .engine import by_bytes
from .optuna_tables import mirror
from .optuna_tables.counterpart import disagreeing
from .retrying import retried
from .tables import epoch_metric, run, run_row, unfinished

if TYPE_CHECKING:
    import pandas as pd


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


class Trials:
    """The trials of a study, as they stand.

    Raises:
        DatabaseError: From every method, if the database cannot be read.
    """

    def __init__(self, access: Access, study: StudyRow) -> None:
        self.access = access
        self._study = study

    @retried
    def row(self, number: int) -> TrialRow | None:
        """One trial, or None if there is none of that number."""
        rows = self.access.select(self._study, sa.select(run).where(run.c.number == number), strict=True)
        return run_row(rows[0]._mapping) if rows else None

    @retried
    def rows(self) -> list[TrialRow]:
        """All trials, by number."""
        return [run_row(row._mapping) for row in self._select(sa.select(run))]

    @retried
    def past(
        self, since: int = 0, unfinished: Collection[int] = (), failed: Collection[int] = ()
    ) -> list[PastTrial]:
        """The trials as the search sees them, by number, without those that cannot have changed since.

        Args:
            since: The lowest number that is not known yet.
            unfinished: Numbers below it of trials that had no outcome.
            failed: Numbers below it of trials that had failed, which may be back in the queue.
        """
        r = run.c
        # JSON as text, which is read all at once: read value by value it would take most of the time.
        texts = [sa.cast(column, sa.Text).label(column.name) for column in (r.params, r.scores)]
        columns = (r.number, r.arm, r.seed, r.configuration, r.state, r.step_seconds)
        query = sa.select(*columns, *texts).where(r.sweep_id == self._study.id)
        changed = (
            r.number >= since,
            self.access.among(unfinished),
            self.access.among(failed) & (r.state != RunState.FAILED),
        )
        # Three queries in one: SQLite would look through all numbers for one that asks for either.
        try:
            with self.access.reading() as connection:
                rows = connection.execute(sa.union_all(*map(query.where, changed))).all()
            params = _read_json(row.params for row in rows)
            scores = _read_json(row.scores if row.state is RunState.COMPLETE else "null" for row in rows)
            found = [
                self._past(row, values, known)
                for row, values, known in zip(rows, params, scores, strict=True)
            ]
            if all(map(_is_sound, found)):
                return sorted(found, key=lambda one: one.number)
        except UNREADABLE:
            pass
        # Something is damaged: row by row it turns out what.
        whole = sa.select(*columns, r.params, r.scores).where(sa.or_(*changed))
        return [
            self._past(row, row.params, row.scores if row.state is RunState.COMPLETE else None)
            for row in self._select(whole)
        ]

    def _past(self, row: Any, params: Mapping[str, Any], scores: Mapping[str, float] | None) -> PastTrial:
        if scores is not None and COST in self._study.objectives:
            scores = {**scores, COST: row.step_seconds}
        return PastTrial(row.number, row.arm, params, row.seed, row.configuration, row.state, scores)

    @retried
    def standings(self) -> list[Standing]:
        """How all trials stand, by number; quick, however many there are."""
        r = run.c
        columns = (r.number, r.arm, r.state, r.owner, r.seconds, r.error_class, r.scores, r.reused_from)
        query = sa.select(*columns, r.best_epoch)
        return [Standing(*row) for row in self._select(query)]

    @retried
    def epochs_done(self, numbers: Collection[int] | None = None) -> dict[int, int]:
        """How many evaluations of these trials, or of all, are recorded, by number; absent for none."""
        query = (
            sa.select(run.c.number, sa.func.count(epoch_metric.c.epoch.distinct()).label("epochs"))
            .join(epoch_metric)
            .group_by(run.c.number)
        )
        if numbers is not None:
            query = query.where(run.c.number.in_(numbers))
        return {row.number: row.epochs for row in self._select(query)}

    @retried
    def epochs_asked(self, numbers: Collection[int]) -> dict[int, int]:
        """How many epochs the configurations of these trials ask for, by number."""
        epochs = run.c.config["epochs"].as_integer().label("epochs")
        query = sa.select(run.c.number, epochs).where(run.c.number.in_(numbers))
        return {row.number: row.epochs for row in self._select(query)}

    @retried
    def metrics(self, number: int) -> dict[MetricKey, float | None]:
        """Every metric of every epoch of one trial; None for what is not a number."""
        m = epoch_metric.c
        query = sa.select(m.epoch, m.split, m.task, m.metric, m.value).join(run).where(run.c.number == number)
        return {(row.epoch, row.split, row.task, row.metric): row.value for row in self._select(query)}

    @retried
    def curves(self, sought: Sought = Sought(), of: tuple[str, str] | None = None) -> list[Curve]:  # noqa: B008 - frozen
        """The curves of a dev score of the trials that have finished an epoch, by number.

        Args:
            sought: Which of them.
            of: A task and its metric; None: what judges the trials.
        """
        return curves_of(self._select(curves_query(self._study.id, sought, of)), sought)

    @retried
    def twin(self, number: int) -> TrialRow | None:
        """The first other trial with the identical configuration and seed that has not failed.

        Complete ones come first, then those with a lower number that are under way.
        """
        other = run.alias()
        key = self._study.id
        digest = sa.select(other.c.digest).where(other.c.sweep_id == key, other.c.number == number)
        usable = (run.c.state == RunState.COMPLETE) | (unfinished & (run.c.number < number))
        query = sa.select(run).where(
            run.c.sweep_id == key,
            run.c.digest == digest.scalar_subquery(),
            run.c.number != number,
            usable,
            run.c.reused_from.is_(None),
        )
        # Not by number: SQLite would read all trials in that order, past the index of the digests.
        keys = sa.select(run.c.id, run.c.number).where(run.c.sweep_id == key)
        with self.access.reading() as connection:
            rows = read(connection, query, run.c.id, keys, self._damaged)
        found = [run_row(row._mapping) for row in rows]
        return min(found, key=lambda row: (row.state is not RunState.COMPLETE, row.number), default=None)

    @retried
    def leases(self) -> list[Lease]:
        """The leases of all trials that are queued or running, by number."""
        late = run.c.lease_expires.is_(None) | (run.c.lease_expires < self.access.moment())
        query = sa.select(run.c.number, run.c.owner, run.c.lease_expires, late).where(unfinished)
        return [Lease(*row) for row in self._select(query)]

    @retried
    def claimed(self) -> int:
        """How many numbers have been taken, whatever became of them."""
        with self.access.reading() as connection:
            return mirror.claimed(connection, self._study.study_id)

    @retried
    def orphans(self) -> list[tuple[int, str | None]]:
        """Numbers that were claimed and have no trial yet, each with the driver that claimed it.

        None where that one has left it to any other.
        """
        # In this order: a trial that is added in between is seen, and its number is not taken for an orphan.
        with self.access.reading() as connection:
            claimed = mirror.running(connection, self._study.study_id)
        query = sa.select(run.c.number).where(self.access.among(claimed))
        added = {row.number for row in self._select(query)}
        return [(number, owner) for number, owner in sorted(claimed.items()) if number not in added]

    @retried
    def untold(self) -> list[int]:
        """Numbers of the trials that have another state in Optuna's tables than in ours.

        Earlier versions told Optuna in a transaction of its own, and could be killed before it.
        """
        with self.access.reading() as connection:
            return disagreeing(connection, self._study)

    @retried
    def trials_frame(self) -> "pd.DataFrame":
        """All trials; see ``frames.trials_frame``."""
        from . import frames  # pandas takes long to load, and `sweeper status` needs none of it

        epochs = self.epochs_done()
        return frames.trials_frame(self.rows(), epochs)

    @retried
    def epochs_frame(self) -> "pd.DataFrame":
        """All metrics of all trials; see ``frames.epochs_frame``."""
        from . import frames

        m = epoch_metric.c
        named = (m.split, m.task, m.metric)
        query = (
            sa.select(run.c.number, run.c.arm, m.epoch, *named, m.value)
            .join(epoch_metric)
            .order_by(run.c.number, m.epoch, *(by_bytes(one, self.access.engine) for one in named))
        )
        return frames.epochs_frame(self._select(query))

    def _damaged(self, row: sa.Row[*tuple[Any, ...]], wrong: str) -> None:
        self.access.damages.trial(row.number, self._study.name, wrong)

    def _select(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        return self.access.select(self._study, query)


def _is_sound(one: PastTrial) -> bool:
    return (
        type(one.number) is type(one.seed) is type(one.configuration) is int
        and isinstance(one.arm, str)
        and isinstance(one.params, dict)
        and (one.scores is None or isinstance(one.scores.get(judged_by(one.scores)), float | int))
    )


def _read_json(texts: Iterable[str]) -> list[Any]:
    return list(json.loads(f"[{','.join(texts)}]"))
