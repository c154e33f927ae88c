"""Which curves of trials are read, and the rows of epochs that make them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from model.result import JUDGES

from ..trial import Curve, RunState
from .tables import epoch_metric, run


@dataclass(frozen=True)
class Sought:
    """Which curves of a study are read; None: it does not matter.

    Attributes:
        arm: Those of the trials of this arm.
        seed: Those of the trials with this training seed.
        state: Those of the trials in this state.
        number: That of this trial.
        below: Those of the trials with a lower number.
        most: Of all these so many, those with the highest numbers.
        since: With `most`: only trials count that have an epoch from this one on.
        best_until: Of each curve the best value up to this epoch, which then stands at it, and the latest
            epoch after it, without its value.
    """

    arm: str | None = None
    seed: int | None = None
    state: RunState | None = None
    number: int | None = None
    below: int | None = None
    most: int | None = None
    since: int = 1
    best_until: int | None = None


def curves_query(study: int, sought: Sought, of: tuple[str, str] | None) -> sa.Select[*tuple[Any, ...]]:
    """Asks for curves: number, arm, seed, configuration and state of a trial, an epoch and its value.

    Args:
        study: Key of the study.
        sought: Which curves.
        of: A task and its metric; None: what judges the trials.
    """
    r, m = run.c, epoch_metric.c
    trials = _trials(sought)
    if sought.most is not None:
        other = epoch_metric.alias()
        there = (other.c.run_id == r.id) & (other.c.epoch >= sought.since) & _is_value(other.c, of)
        latest = sa.select(r.id).where(r.sweep_id == study, *trials, sa.exists().where(there))
        trials = [r.id.in_(latest.order_by(r.number.desc()).limit(sought.most))]
    whose = (r.number, r.arm, r.seed, r.configuration, r.state)
    rows: tuple[sa.ColumnElement[Any], ...] = (m.epoch, m.value)
    if sought.best_until is not None:
        rows = (sa.func.max(m.epoch), sa.func.max(sa.case((m.epoch <= sought.best_until, m.value))))
    query = sa.select(*whose, *rows).join(epoch_metric).where(_is_value(m, of), *trials)
    if sought.best_until is not None:
        return query.group_by(r.id, *whose)
    return query.order_by(r.number, m.epoch)


def curves_of(rows: Iterable[sa.Row[*tuple[Any, ...]]], sought: Sought) -> list[Curve]:
    """The curves that such rows make, in their order."""
    found: dict[int, Curve] = {}
    for number, arm, seed, configuration, state, epoch, value in rows:
        curve = found.setdefault(number, Curve(number, arm, seed, configuration, state, {}))
        if sought.best_until is None:
            curve.values[epoch] = value
        else:
            # Of the later epochs it counts only that there are some.
            curve.values[epoch] = -math.inf
            curve.values[min(epoch, sought.best_until)] = -math.inf if value is None else value
    return list(found.values())


def _trials(sought: Sought) -> list[sa.ColumnElement[bool]]:
    r, wanted = run.c, []
    for column, value in ((r.arm, sought.arm), (r.seed, sought.seed), (r.state, sought.state)):
        wanted += [] if value is None else [column == value]
    wanted += [] if sought.number is None else [r.number == sought.number]
    wanted += [] if sought.below is None else [r.number < sought.below]
    return wanted


def _is_value(m: Any, of: tuple[str, str] | None) -> sa.ColumnElement[bool]:
    tasks, metrics = (JUDGES, JUDGES) if of is None else ((of[0],), (of[1],))
    there: sa.ColumnElement[bool] = sa.and_(
        m.split == "dev", m.task.in_(tasks), m.metric.in_(metrics), m.value.is_not(None)
    )
    return there
