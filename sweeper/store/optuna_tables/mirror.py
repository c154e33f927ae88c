"""Writes the rows of Optuna's tables, with the values that Optuna's own storage would write.

That storage takes twelve statements to hand out a number, and locks the study through most of them. What is
written here is part of the caller's transaction, together with changes to our own tables: Optuna's storage
would commit each part by itself, and a crash between two would leave half a trial.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ...trial import RunState
from .tables import (
    TrialState,
    studies,
    trial_intermediate_values,
    trial_params,
    trial_user_attributes,
    trial_values,
    trials,
)

if TYPE_CHECKING:  # it takes long to import, and whoever reads alone needs none of it
    from optuna.distributions import BaseDistribution

Distributions = Mapping[str, "BaseDistribution"]
"""What each parameter of a study may be, in Optuna's terms."""


class Reported(NamedTuple):
    """The score that judges a trial at an epoch.

    Attributes:
        trial: Optuna's key of the trial.
        epoch: The epoch, from 1.
        overall: The score; of a trial that does not train all tasks, the mean of those that it trains.
    """

    trial: int
    epoch: int
    overall: float


STATES = {
    RunState.QUEUED: TrialState.RUNNING,
    RunState.RUNNING: TrialState.RUNNING,
    RunState.COMPLETE: TrialState.COMPLETE,
    RunState.PRUNED: TrialState.PRUNED,
    RunState.FAILED: TrialState.FAIL,
}
"""What Optuna calls the states of a trial."""


def claim(  # noqa: PLR0917 - where, how many, by whom, when, and under which condition
    connection: sa.Connection,
    study: int,
    below: int,
    owner: str,
    moment: datetime,
    condition: sa.ColumnElement[bool],
) -> int | None:
    """Takes the next number of a study for a driver, by making a running trial; returns the number.

    Where there is a server it is one statement, and a transaction by itself: between two, all drivers would
    wait for one that may be waiting for a processor.

    Returns:
        None if no number below the limit is left, the condition does not hold, or another driver took that
        one at the same moment.
    """
    following = sa.select(_next_number().label("number")).where(trials.c.study_id == study).subquery()
    values: dict[str, Any] = {
        "study_id": sa.literal(study),
        "number": following.c.number,
        "state": sa.literal(TrialState.RUNNING, trials.c.state.type),
        "datetime_start": sa.literal(_written(moment), trials.c.datetime_start.type),
    }
    new = sa.select(*values.values()).where(following.c.number < below, condition)
    said = {"key": "owner", "value_json": json.dumps(owner)}
    insert = inserting(connection, trials).from_select(list(values), new).on_conflict_do_nothing()
    made = insert.returning(trials.c.trial_id, trials.c.number)
    if connection.dialect.name == "sqlite":
        added = connection.execute(made).one_or_none()
        if added is None:
            return None
        connection.execute(trial_user_attributes.insert().values(trial_id=added.trial_id, **said))
        return int(added.number)
    row = made.cte("made")
    owned = sa.select(row.c.trial_id, *(sa.literal(text).label(key) for key, text in said.items()))
    owning = trial_user_attributes.insert().from_select(["trial_id", *said], owned).cte("owned")
    found: int | None = connection.execute(sa.select(row.c.number).add_cte(owning)).scalar_one_or_none()
    return found


def report(connection: sa.Connection, reports: Sequence[Reported]) -> None:
    """Sets the score of each trial and epoch, none of which may be there twice."""
    if not reports:
        return
    insert = inserting(connection, trial_intermediate_values)
    values = ("intermediate_value", "intermediate_value_type")
    replaced = {name: insert.excluded[name] for name in values}
    setting = insert.on_conflict_do_update(index_elements=["trial_id", "step"], set_=replaced)
    rows = []
    for trial, epoch, overall in reports:
        kind = "FINITE"
        if not math.isfinite(overall):
            kind = "NAN" if math.isnan(overall) else "INF_POS" if overall > 0 else "INF_NEG"
        value = overall if kind == "FINITE" else None
        rows.append({"trial_id": trial, "step": epoch, **dict(zip(values, (value, kind), strict=True))})
    connection.execute(setting, rows)


def forget(connection: sa.Connection, trial: int, kept: int = 0) -> None:
    """Removes what a trial has reported after its first `kept` epochs, as it trains them again."""
    reported = trial_intermediate_values.c
    beyond = (reported.trial_id == trial) & (reported.step > kept)
    connection.execute(trial_intermediate_values.delete().where(beyond))


def inserting(connection: sa.Connection, table: sa.TableClause) -> sqlite.Insert | postgresql.Insert:
    """An insertion that can say what to do with a row that is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def tell(
    connection: sa.Connection,
    trial: int,
    state: RunState,
    values: Sequence[float] | None,
    moment: datetime,
) -> None:
    """Ends a trial, with a value for each objective if complete; nothing if it has ended already."""
    ended = connection.execute(
        trials.update()
        .where(trials.c.trial_id == trial, trials.c.state == TrialState.RUNNING)
        .values(state=STATES[state], datetime_complete=_written(moment))
    )
    if ended.rowcount == 1 and values:
        told = [
            {"trial_id": trial, "objective": place, "value": value, "value_type": "FINITE"}
            for place, value in enumerate(values)
        ]
        connection.execute(trial_values.insert(), told)


def is_called(connection: sa.Connection, study: int, name: str) -> bool:
    """Whether a study is there under a name; if so it stays there until the transaction has ended."""
    mine = sa.select(studies.c.study_id).where(studies.c.study_id == study, studies.c.study_name == name)
    return connection.execute(mine.with_for_update(key_share=True, read=True)).first() is not None


def running(connection: sa.Connection, study: int) -> dict[int, str | None]:
    """The numbers of the running trials, each with the owner that claimed it; None where it was left."""
    query = sa.select(trials.c.number, trial_user_attributes.c.value_json).select_from(_owned())
    ours = query.where(trials.c.study_id == study, trials.c.state == TrialState.RUNNING)
    return {row.number: json.loads(row.value_json) for row in connection.execute(ours)}


def claimed(connection: sa.Connection, study: int) -> int:
    """How many numbers of a study have been handed out."""
    query = sa.select(_next_number()).where(trials.c.study_id == study)
    return int(connection.execute(query).scalar_one())


def _next_number() -> sa.ColumnElement[int]:
    # Not by counting, which would read all trials: the highest is the last in their index.
    return sa.func.coalesce(sa.func.max(trials.c.number) + 1, 0)


def _written(moment: datetime) -> datetime:
    """A moment as Optuna writes it: UTC, without saying so."""
    return moment.replace(tzinfo=None)


def _owned() -> sa.Join:
    owner = trial_user_attributes.c.key == "owner"
    return trials.join(trial_user_attributes, (trial_user_attributes.c.trial_id == trials.c.trial_id) & owner)


def trial_key(study: int, number: int) -> sa.ScalarSelect[int]:
    """Optuna's key of a trial, as an expression."""
    return (
        sa.select(trials.c.trial_id)
        .where(trials.c.study_id == study, trials.c.number == number)
        .scalar_subquery()
    )


def describe(
    connection: sa.Connection,
    trial: int,
    params: Mapping[str, Any],
    distributions: Distributions,
    attributes: Mapping[str, Any],
) -> None:
    """Adds parameters and user attributes to a trial that has none yet."""
    from optuna.distributions import distribution_to_json

    chosen = [
        {
            "trial_id": trial,
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(distributions[name]),
        }
        for name, value in params.items()
        if name in distributions
    ]
    if chosen:
        connection.execute(trial_params.insert(), chosen)
    said = [{"trial_id": trial, "key": key, "value_json": json.dumps(attributes[key])} for key in attributes]
    connection.execute(trial_user_attributes.insert(), said)


def widen(connection: sa.Connection, study: int, distributions: Distributions) -> None:
    """Gives a study's trials the distributions that it has now: Optuna's tools want one for each name.

    A parameter with a choice that there is no more stays as it is.

    Args:
        connection: The transaction.
        study: Optuna's key of the study.
        distributions: What each parameter may be now.
    """
    from optuna.distributions import CategoricalDistribution, distribution_to_json, json_to_distribution

    ours = trial_params.c.trial_id.in_(sa.select(trials.c.trial_id).where(trials.c.study_id == study))
    for name, new in distributions.items():
        stored = trial_params.c.distribution_json
        named = ours & (trial_params.c.param_name == name)
        for text in connection.execute(sa.select(stored).distinct().where(named)).scalars().all():
            old = json_to_distribution(text)
            if old == new:
                continue
            values: dict[str, Any] = {"distribution_json": distribution_to_json(new)}
            if isinstance(old, CategoricalDistribution):
                if not set(old.choices) <= set(getattr(new, "choices", ())):
                    continue  # a setting that arms are now written without; the trials keep it
                # A choice is stored as its place among the choices.
                places = {place: new.to_internal_repr(choice) for place, choice in enumerate(old.choices)}
                values["param_value"] = sa.case(places, value=trial_params.c.param_value)
            connection.execute(trial_params.update().where(named & (stored == text)).values(values))


def change_owner(
    connection: sa.Connection, study: int, number: int, old: str | None, new: str | None
) -> bool:
    """Puts a claimed trial into other hands, if it is still in those named; None: in nobody's."""
    changed = connection.execute(
        trial_user_attributes.update()
        .where(
            trial_user_attributes.c.trial_id == trial_key(study, number),
            trial_user_attributes.c.key == "owner",
            # The new one's already: an earlier try was carried out, and only the answer was lost.
            trial_user_attributes.c.value_json.in_([json.dumps(old), json.dumps(new)]),
        )
        .values(value_json=json.dumps(new))
    )
    return changed.rowcount == 1


def give_up(connection: sa.Connection, study: int, number: int, owner: str) -> None:
    """Removes a trial that was claimed and nothing more, if it still is that owner's."""
    mine = (
        sa.select(trials.c.trial_id)
        .select_from(_owned())
        .where(
            trials.c.study_id == study,
            trials.c.number == number,
            trial_user_attributes.c.value_json == json.dumps(owner),
        )
    )
    found = connection.execute(mine).scalar_one_or_none()
    if found is not None:
        connection.execute(trial_user_attributes.delete().where(trial_user_attributes.c.trial_id == found))
        connection.execute(trials.delete().where(trials.c.trial_id == found))


def reopen(connection: sa.Connection, keys: Sequence[int]) -> None:
    """Makes trials that ended running ones again, which Optuna's storage has no way to do."""
    connection.execute(trial_values.delete().where(trial_values.c.trial_id.in_(keys)))
    connection.execute(
        trials.update()
        .where(trials.c.trial_id.in_(keys))
        .values(state=TrialState.RUNNING, datetime_complete=None)
    )
