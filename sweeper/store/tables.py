"""The tables of sweeper, and rows as records.

A row of `sweep` is a study, one of `run` a trial: the tables have the names of the first version.
"""

import math
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from model.earlier import renamed

from ..study import limits
from ..trial import UNFINISHED, ErrorClass, RunState, StudyRow, TrialRow


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment with its time zone, always UTC: SQLite would keep the digits and drop the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Puts a moment of any zone on UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Gives the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _enum(states: type[StrEnum]) -> sa.Enum:
    # Plain text in the database: a new member then needs no migration.
    return sa.Enum(
        states, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members]
    )


metadata = sa.MetaData()

sweep = sa.Table(
    "sweep",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    sa.Column("study_id", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("study", sa.JSON, nullable=False),
    sa.Column("workload", sa.JSON, nullable=False),
    sa.Column("written", sa.String(64)),
    sa.Column("uuid", sa.String(36)),
    sa.Column("folder", sa.String(255)),
    sa.Column("archived", UtcDateTime),
    sa.Column("origin", sa.JSON(none_as_null=True)),
    sa.Index("ix_sweep_uuid", "uuid", unique=True),
)

# The long columns come last, so that SQLite finds the short ones without following overflow pages.
run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sweep_id", sa.ForeignKey("sweep.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("trial_id", sa.Integer, nullable=False),
    sa.Column("arm", sa.String(limits.ARM), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("state", _enum(RunState), nullable=False),
    sa.Column("owner", sa.String(255)),
    sa.Column("lease_expires", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("threads", sa.Integer),
    sa.Column("device", sa.String(64)),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("started", UtcDateTime),
    sa.Column("finished", UtcDateTime),
    sa.Column("seconds", sa.Double),
    sa.Column("peak_memory_mb", sa.Double),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("error_class", _enum(ErrorClass)),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("scores", sa.JSON(none_as_null=True)),
    sa.Column("versions", sa.JSON(none_as_null=True)),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("traceback", sa.Text),
    sa.Column("configuration", sa.Integer, nullable=False),
    sa.Column("halvings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reused_from", sa.Integer),
    sa.Column("machine", sa.String(255)),
    sa.Column("fingerprint", sa.String(64)),
    sa.Column("digest", sa.String(64)),
    sa.Column("working_folder", sa.String(64)),
    sa.Column("inputs", sa.String(64)),
    sa.Column("processor", sa.String(255)),
    sa.Column("processor_seconds", sa.Double),
    sa.Column("step_seconds", sa.Double),
    sa.Column("written", sa.String(64)),
    sa.Column("pair_seconds", sa.Double),
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("sweep_id", "number"),
    sa.Index("ix_run_configuration", "sweep_id", "arm", "seed", "configuration", unique=True),
    sa.Index("ix_run_digest", "sweep_id", "digest"),
    sa.Index("ix_run_state", "sweep_id", "state"),
)

unfinished = run.c.state.in_(UNFINISHED)
"""Which trials have no outcome yet."""

study_change = sa.Table(
    "study_change",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sweep_id", sa.ForeignKey("sweep.id"), nullable=False),
    sa.Column("moment", UtcDateTime, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
)

study_event = sa.Table(
    "study_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sweep_id", sa.ForeignKey("sweep.id"), nullable=False),
    sa.Column("moment", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
)

foreign_trial = sa.Table(
    "foreign_trial",
    metadata,
    sa.Column("sweep_id", sa.ForeignKey("sweep.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("state", _enum(RunState), nullable=False),
    sa.Column("started", UtcDateTime),
    sa.Column("finished", UtcDateTime),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("outcome", sa.JSON, nullable=False),
)

# Of all that ever were: SQLite would give the key of a deleted study to the next one, and a driver that still
# had the deleted one would write there.
deleted_study = sa.Table(
    "deleted_study",
    metadata,
    sa.Column("sweep_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("uuid", sa.String(36), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("folder", sa.String(255), nullable=False),
    sa.Column("moment", UtcDateTime, nullable=False),
    sa.Column("trials", sa.Integer, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
)

provenance = sa.Table(
    "provenance",
    metadata,
    sa.Column("sweep_id", sa.ForeignKey("sweep.id"), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
)

# A value that is not a number is NULL: SQLite knows no other way to keep it.
epoch_metric = sa.Table(
    "epoch_metric",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("split", sa.String(16), primary_key=True),
    sa.Column("task", sa.String(limits.TASK), primary_key=True),
    sa.Column("metric", sa.String(64), primary_key=True),
    sa.Column("value", sa.Double),
)


def storable(value: float) -> float | None:
    """A metric as the database can keep it: NULL for what is not a number."""
    return None if math.isnan(value) else value


def storable_text(text: str | None) -> str | None:
    """Text as the database can keep it: a traceback may quote NUL, or bytes that are no UTF-8."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def sweep_row(row: sa.RowMapping) -> StudyRow:
    """A row of ``sweep`` as a record."""
    return StudyRow(**row)


def run_row(row: sa.RowMapping) -> TrialRow:
    """A row of ``run`` as a record."""
    fields: dict[str, Any] = dict(row)
    del fields["sweep_id"]
    with suppress(TypeError, ValueError):  # one that is damaged is told as such by who reads it whole
        fields["config"] = dict(renamed(fields["config"]))
    return TrialRow(**fields)
