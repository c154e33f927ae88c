"""A study of Optuna's own, read by Optuna's own API from the storage in which it is."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DatabaseError, InputError
from ...study.foreign import MAXIMIZE, MINIMIZE, ForeignOrigin, ForeignStudy, ForeignTrial
from ...study.space import Value
from ...text import nearest, one_line
from ...trial import RunState
from ...url import Url
from ..imports.declared import Declared, check_called
from ..imports.table import ended

if TYPE_CHECKING:
    import optuna

KIND = "Optuna"

VALUE = "value"
"""What the one objective of a study is called that does not name it."""

_STATES = {
    "COMPLETE": RunState.COMPLETE,
    "PRUNED": RunState.PRUNED,
    "FAIL": RunState.FAILED,
    "RUNNING": RunState.RUNNING,
    "WAITING": RunState.QUEUED,
}


def optuna_study(place: Url, name: str, renamed: Mapping[str, str]) -> ForeignStudy:
    """A study of a storage, which stays as it is.

    Args:
        place: URL of a database, or path of the file of a ``JournalStorage``.
        name: What the study is called there.
        renamed: Parameters that get another name here, by the one that they have there.

    Raises:
        InputError: If there is no such storage or study, or a parameter to be renamed; or if two of the
            parameters or objectives have one name.
        DatabaseError: If the storage cannot be read.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = _opened(place)
    try:
        known = optuna.get_all_study_names(storage)
        if name not in known:
            raise InputError(f"{place}: there is no study {name!r}{nearest(name, known)}")
        study = optuna.load_study(study_name=name, storage=storage)
        trials = study.trials
        directions = tuple(str(direction.name).lower() for direction in study.directions)
        objectives = _objectives(study)
    except (optuna.exceptions.StorageInternalError, ValueError) as error:
        raise DatabaseError(f"{place}: {one_line(place.hide(str(error)))}") from error
    finally:
        if isinstance(storage, optuna.storages.RDBStorage):
            storage.engine.dispose()
    there = {key for trial in trials for key in trial.params}
    for theirs in renamed:
        if theirs not in there:
            raise InputError(f"study {name!r} has no parameter {theirs!r}{nearest(theirs, sorted(there))}")
    check_called([renamed.get(theirs, theirs) for theirs in sorted(there)])
    twice = next((one for one in objectives if objectives.count(one) > 1), None)
    if twice is not None:
        raise InputError(
            f"{place}: study {name!r} has two objectives called {twice!r}: give each a name there"
        )
    origin = ForeignOrigin.model_validate(
        {"kind": KIND, "place": str(place), "study": name, "objectives": objectives, "directions": directions}
    )
    maximize, minimize = (
        [name for name, said in zip(objectives, directions, strict=True) if said == way]
        for way in (MAXIMIZE, MINIMIZE)
    )
    declared = Declared(maximize, minimize)
    return ForeignStudy(origin, [_trial(trial, objectives, renamed, declared) for trial in trials])


def _opened(place: Url) -> "optuna.storages.BaseStorage":
    import optuna
    from optuna.storages.journal import JournalFileBackend

    text = place.whole
    file = (
        Path(text.removeprefix("sqlite:///").partition("?")[0]) if text.startswith("sqlite:") else Path(text)
    )
    if ("://" not in text or text.startswith("sqlite:")) and not file.is_file():
        raise InputError(f"{place}: there is no such file")
    try:
        if "://" not in text:
            return optuna.storages.JournalStorage(JournalFileBackend(text))
        _check_optuna(place)
        return optuna.storages.RDBStorage(
            text.replace("{", "{{").replace("}", "}}"), skip_table_creation=True
        )
    except InputError:
        raise
    except Exception as error:  # each kind of storage has exceptions of its own
        raise DatabaseError(f"{place}: {one_line(place.hide(str(error)))}") from error


def _check_optuna(place: Url) -> None:
    """Looks whether a database is one of Optuna's, before Optuna writes into it that it were.

    Raises:
        InputError: If it is not.
    """
    import sqlalchemy as sa

    engine = sa.create_engine(place.whole, poolclass=sa.NullPool)
    if not sa.inspect(engine).has_table("studies"):
        raise InputError(f"{place}: has no studies of Optuna")


def _objectives(study: "optuna.Study") -> tuple[str, ...]:
    """Names of the objectives: those that the study gives them, else ``value`` or ``value_0`` and so on."""
    named = study.metric_names
    if named is not None:
        return tuple(named)
    count = len(study.directions)
    return (VALUE,) if count == 1 else tuple(f"{VALUE}_{place}" for place in range(count))


def _trial(
    trial: "optuna.trial.FrozenTrial",
    objectives: tuple[str, ...],
    renamed: Mapping[str, str],
    declared: Declared,
) -> ForeignTrial:
    params: dict[str, Value] = {}
    for name, value in trial.params.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"trial {trial.number}: {name} = {value}: is no value that a setting can have")
        params[renamed.get(name, name)] = value
    values = dict(zip(objectives, trial.values, strict=True)) if trial.values else {}
    return ForeignTrial(
        number=trial.number,
        label=f"trial {trial.number}",
        state=ended(_STATES[trial.state.name], values, declared),
        params=params,
        values=values,
        started=_moment(trial.datetime_start),
        finished=_moment(trial.datetime_complete),
    )


def _moment(moment: datetime | None) -> datetime | None:
    """A moment of Optuna's, which is that of the clock on the wall of this machine and does not say so."""
    return None if moment is None else moment.astimezone(UTC)
