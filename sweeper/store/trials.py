"""An open database, and all that can be read from it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from ..errors import DatabaseError
from ..search.history import History
from ..trial import Curve, MetricKey, PastTrial, RunState, Standing, StudyRow, TrialRow
from . import migrations
from .engine import check_url, creation_lock, explained, hooked_engine, is_ready, reading_options
from .optuna_tables import Mirror
from .retrying import RetryPolicy, retried
from .tables import epoch_metric, run, run_row, study_change, sweep, sweep_row

if TYPE_CHECKING:
    import pandas as pd


def objectives(study: Mapping[str, Any]) -> tuple[str, ...]:
    """The scores that a study raises, from its JSON."""
    written = study.get("objective", "overall")
    return (written,) if isinstance(written, str) else tuple(written)


@dataclass(frozen=True)
class Keys:
    """One study: its key in our tables and in Optuna's, and the scores that it raises."""

    sweep: int
    study: int
    objectives: tuple[str, ...]


def _read_json(texts: Iterable[str]) -> list[Any]:
    return list(json.loads(f"[{','.join(texts)}]"))


class Archive:
    """All studies under one URL, as they stand. A context manager.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``. Missing tables are made, old ones migrated.
        must_exist: Whether a database without studies is an error, for commands that only read.

    Attributes:
        retry_policy: How long a method waits for a database that is locked or does not answer.

    Raises:
        DatabaseError: From here and from every method, if the database cannot be read or written. Nothing
            is written where it is not a database, or is one of a newer version.
    """

    def __init__(self, url: str, must_exist: bool = False) -> None:
        self.retry_policy = RetryPolicy()
        self._url = check_url(url)
        self._known: dict[str, Keys] = {}
        self._histories: dict[str, History] = {}
        self._reading_history = Lock()
        with explained(self._url), ExitStack() as stack:
            ready = is_ready(self._url, must_exist)
            self._engine = hooked_engine(self._url)
            self._reading_options = reading_options(self._engine)
            stack.callback(self._engine.dispose)
            with nullcontext() if ready else creation_lock(self._engine):
                self._mirror = Mirror(self._engine, ready)
                if not ready:
                    with self._engine.begin() as connection:
                        migrations.upgrade(connection)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._stack.close()

    @retried
    def sweep(self, name: str) -> StudyRow | None:
        """The study of that name, or None."""
        with self._reading() as connection:
            row = connection.execute(sa.select(sweep).where(sweep.c.name == name)).mappings().one_or_none()
        return None if row is None else sweep_row(row)

    @retried
    def sweeps(self) -> list[StudyRow]:
        """All studies, the one with the latest activity last."""
        moment = sa.func.max(sa.func.coalesce(run.c.finished, run.c.started, run.c.created)).label("moment")
        latest = sa.select(run.c.sweep_id, moment).group_by(run.c.sweep_id).subquery()
        query = (
            sa.select(sweep)
            .outerjoin(latest, latest.c.sweep_id == sweep.c.id)
            .order_by(sa.func.coalesce(latest.c.moment, sweep.c.created), sweep.c.id)
        )
        with self._reading() as connection:
            return [sweep_row(row) for row in connection.execute(query).mappings()]

    @retried
    def run(self, name: str, number: int) -> TrialRow | None:
        """One trial of a study, or None if there is none of that number."""
        rows = self._select(name, sa.select(run).where(run.c.number == number))
        return run_row(rows[0]._mapping) if rows else None

    @retried
    def runs(self, name: str) -> list[TrialRow]:
        """All trials of a study, by number."""
        return [run_row(row._mapping) for row in self._select(name, sa.select(run))]

    @retried
    def history(self, name: str) -> History:
        """All trials of a study as the search sees them.

        There is one history of each study. Every call brings it up to date, for which it reads those trials
        that may have changed.
        """
        r, key = run.c, self._keys(name)
        # As text, all of which is read at once: one by one that would be the greater part of this.
        texts = [sa.cast(column, sa.Text).label(column.name) for column in (r.params, r.scores)]
        columns = (r.number, r.arm, r.seed, r.configuration, r.state, *texts)
        query = sa.select(*columns).where(r.sweep_id == key.sweep)
        with self._reading_history:
            history = self._histories.setdefault(name, History(key.objectives))
            changed = (
                r.number >= history.end,
                self._among(history.unfinished),
                self._among(history.failed) & (r.state != RunState.FAILED),
            )
            # Three queries in one: SQLite would look through all numbers for one that asks for either.
            with self._reading() as connection:
                rows = connection.execute(sa.union_all(*map(query.where, changed))).all()
            params = _read_json(row.params for row in rows)
            scores = _read_json(row.scores if row.state is RunState.COMPLETE else "null" for row in rows)
            for row, values, known in zip(rows, params, scores, strict=True):
                place = (row.seed, row.configuration, row.state)
                history.enter(PastTrial(row.number, row.arm, values, *place, known))
        return history

    @retried
    def standings(self, name: str) -> list[Standing]:
        """How all trials of a study stand, by number; quick, however many there are."""
        r = run.c
        query = sa.select(r.number, r.arm, r.state, r.owner, r.seconds, r.error_class, r.scores)
        return [Standing(*row) for row in self._select(name, query)]

    @retried
    def reused(self, name: str) -> dict[int, int]:
        """The trials that were not trained, each with the one whose result it has."""
        query = sa.select(run.c.number, run.c.reused_from).where(run.c.reused_from.is_not(None))
        return {row.number: row.reused_from for row in self._select(name, query)}

    @retried
    def epochs_done(self, name: str, numbers: Collection[int]) -> dict[int, int]:
        """How many evaluations of these trials are recorded, by number; absent for none."""
        query = (
            sa.select(run.c.number, sa.func.count(epoch_metric.c.epoch.distinct()).label("epochs"))
            .join(epoch_metric)
            .where(run.c.number.in_(numbers))
            .group_by(run.c.number)
        )
        return {row.number: row.epochs for row in self._select(name, query)}

    @retried
    def changes(self, name: str) -> list[tuple[datetime, str]]:
        """What was changed in a study since it was begun: when, in UTC, and what; the first change first."""
        c = study_change.c
        query = sa.select(c.moment, c.description).where(c.sweep_id == self._keys(name).sweep).order_by(c.id)
        with self._reading() as connection:
            return [(row.moment, row.description) for row in connection.execute(query)]

    @retried
    def metrics(self, name: str, number: int) -> dict[MetricKey, float | None]:
        """Every metric of every epoch of one trial; None for what is not a number."""
        m = epoch_metric.c
        query = sa.select(m.epoch, m.split, m.task, m.metric, m.value).join(run).where(run.c.number == number)
        return {(row.epoch, row.split, row.task, row.metric): row.value for row in self._select(name, query)}

    @retried
    def curves(self, name: str, arm: str | None = None, seed: int | None = None) -> list[Curve]:
        """The curves of `overall` of a study's trials that have finished an epoch, by number.

        Args:
            name: Name of the study.
            arm: Only the trials of this arm.
            seed: Only the trials with this training seed.
        """
        r, m = run.c, epoch_metric.c
        query = (
            sa.select(r.number, r.arm, r.seed, r.configuration, r.state, m.epoch, m.value)
            .join(epoch_metric)
            .where(m.split == "dev", m.task == "overall", m.metric == "overall", m.value.is_not(None))
            .order_by(r.number, m.epoch)
        )
        for column, wanted in ((r.arm, arm), (r.seed, seed)):
            query = query if wanted is None else query.where(column == wanted)
        found: dict[int, Curve] = {}
        for number, of_arm, of_seed, configuration, state, epoch, value in self._select(name, query):
            if number not in found:
                found[number] = Curve(number, of_arm, of_seed, configuration, state, {})
            found[number].values[epoch] = value
        return list(found.values())

    @retried
    def trials_frame(self, name: str) -> "pd.DataFrame":
        """All trials of a study; see ``frames.trials_frame``."""
        from . import frames  # pandas takes long to load, and `sweeper status` needs none of it

        query = (
            sa.select(run.c.number, sa.func.count(epoch_metric.c.epoch.distinct()).label("epochs"))
            .join(epoch_metric)
            .group_by(run.c.number)
        )
        epochs = {row.number: row.epochs for row in self._select(name, query)}
        return frames.trials_frame(self.runs(name), epochs)

    @retried
    def epochs_frame(self, name: str) -> "pd.DataFrame":
        """All metrics of all trials of a study; see ``frames.epochs_frame``."""
        from . import frames

        m = epoch_metric.c
        query = (
            sa.select(run.c.number, run.c.arm, m.epoch, m.split, m.task, m.metric, m.value)
            .join(epoch_metric)
            .order_by(run.c.number, m.epoch, m.split, m.task, m.metric)
        )
        return frames.epochs_frame(self._select(name, query))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with explained(self._url), self._engine.connect() as connection:
            yield connection.execution_options(**self._reading_options)

    def _select(self, name: str, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Rows of one study's trials, by number."""
        ours = query.where(run.c.sweep_id == self._keys(name).sweep).order_by(run.c.number)
        with self._reading() as connection:
            return connection.execute(ours).all()

    def _among(self, numbers: Collection[int]) -> sa.ColumnElement[bool]:
        """Whether a trial's number is one of these, of which there may be thousands."""
        wanted = sorted(numbers)
        if self._engine.dialect.name == "sqlite":  # which takes so many in its text, but not as parameters
            return run.c.number.in_(sa.bindparam(None, wanted, expanding=True, literal_execute=True))
        # One parameter, so that it is one statement, which the server has prepared.
        return run.c.number == sa.any_(sa.literal(wanted, sa.ARRAY(sa.Integer)))

    def _one(self, name: str, number: int, *columns: sa.Column[Any]) -> sa.Row[*tuple[Any, ...]]:
        """Columns of one trial, which must be there."""
        rows = self._select(name, sa.select(*columns).where(run.c.number == number))
        if not rows:
            raise DatabaseError(f"{self._url}: study {name!r} has no trial {number}")
        return rows[0]

    def _keys(self, name: str) -> Keys:
        if name not in self._known:
            query = sa.select(sweep.c.id, sweep.c.study_id, sweep.c.study).where(sweep.c.name == name)
            with self._reading() as connection:
                row = connection.execute(query).one_or_none()
            if row is None:
                raise DatabaseError(f"{self._url}: no study {name!r}")
            self._known[name] = Keys(row.id, row.study_id, objectives(row.study))
        return self._known[name]
