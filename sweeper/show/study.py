"""A study as a whole in words: what it is, and its history."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..paths import Home
from ..runs.folder import StudyFolder
from ..store.foreign import foreign_study, storable_value
from ..store.study import StudyStore
from ..study.foreign import NOTICE, ForeignTrial
from ..text import aims, one_line, plural, setting, setting_line
from ..trial import RunState
from .disk import disk_line
from .record import read_record, record_json
from .standing import standing_json
from .status import MOST_FAILURES, tally
from .trial import trial_text


def standing(store: StudyStore) -> str:
    """How far a study is; of one that was imported, what it has."""
    if store.row.origin is None:
        return tally(store).standing()
    study = foreign_study(store)
    count = f"{plural(len(study.trials), 'trial')}, {len(study.complete)} complete"
    return f"{count}; {one_line(study.origin.words())}"


def imported_overview(store: StudyStore) -> list[str]:
    """What a study has that was imported: counts, where it is from, its best, and what did not end well.

    Args:
        store: The study.
    """
    study = foreign_study(store)
    others = [trial for trial in study.trials if trial.state is not RunState.COMPLETE]
    more = len(others) - MOST_FAILURES
    lines = [f"trial {trial.number} ({trial.label}): {trial.state}" for trial in others[-MOST_FAILURES:]]
    earlier = [f"{plural(more, 'earlier trial')} not complete either"] if more > 0 else []
    said = (*_foreign(store), NOTICE, *earlier, *lines)
    return [f"{store.row.name}: {standing(store)}", *(f"  {one_line(line)}" for line in said)]


def imported_json(store: StudyStore) -> dict[str, Any]:
    """The same for programs: as `listed_json`, with each trial as `trial_json` has it."""
    trials = [_foreign_json(store, trial) for trial in foreign_study(store).trials]
    return {**listed_json(store), "changes": [], "trials": trials}


def listed_json(store: StudyStore) -> dict[str, Any]:
    """How far a study is, as `standing_json`; of one that was imported, what it has.

    Returns:
        As in `standing_json`. An imported study has no ``arms``, and its ``best`` is null: it has no overall.
    """
    row = store.row
    if row.origin is None:
        return standing_json(store)
    states = Counter(str(trial.state) for trial in foreign_study(store).trials)
    return {
        "study": row.name,
        "uuid": row.uuid,
        "wanted": row.wanted,
        **{state: states[state] for state in ("complete", "pruned", "failed")},
        "failures": {},
        "best": None,
        "arms": {},
        "archived": row.archived and row.archived.isoformat(),
        "origin": row.origin,
    }


def study_text(store: StudyStore, home: Home) -> str:
    """What a study is, and what was done with it.

    Args:
        store: The study.
        home: Where its runs are.
    """
    row = store.row
    lines = [f"{row.name}: {standing(store)}", f"UUID: {row.uuid}"]
    if row.archived is not None:
        lines.append(f"archived since {row.archived:%Y-%m-%d %H:%M} UTC")
    if row.origin is None:
        lines += [f"arms: {', '.join(row.arms)}", aims(row.objectives, "raises:", "lowers:")]
        lines.append(disk_line(StudyFolder(home, row)))
    else:
        lines += _foreign(store)
    events = [
        f"{event.moment:%Y-%m-%d %H:%M} {event.kind}: {event.description}" for event in store.events.all()
    ]
    return "\n".join([*map(one_line, lines), "", "History (UTC):", *(f"  {one_line(one)}" for one in events)])


def study_json(store: StudyStore) -> dict[str, Any]:
    """All that is said of a study, fit for JSON."""
    row = store.row
    arms, objectives = list[str](), list[str]()
    if row.origin is None:
        states = Counter(str(trial.state) for trial in store.trials.standings())
        arms, objectives = list(row.arms), list(row.objectives)
    else:
        foreign = foreign_study(store)
        states, objectives = Counter(str(one.state) for one in foreign.trials), [*foreign.origin.objectives]
    return {
        "study": row.name,
        "uuid": row.uuid,
        "origin": row.origin,
        "folder": row.folder or row.name,
        "archived": row.archived and row.archived.isoformat(),
        "wanted": row.wanted,
        "trials": dict(states),
        "arms": arms,
        "objectives": objectives,
        "history": [
            {"moment": one.moment.isoformat(), "kind": str(one.kind), "description": one.description}
            for one in store.events.all()
        ],
    }


def trial_words(store: StudyStore, number: int, width: int) -> str:
    """One trial, as `trial_text`; of a study that was imported, what is known of it."""
    if store.row.origin is None:
        return trial_text(store, number, width)
    trial = _foreign_trial(store, number)
    lines = [
        f"{store.row.name} trial {number}: {trial.state}, imported; called {trial.label} there",
        f"parameters: {setting_line(trial.params) or 'none'}",
        *(f"{name}: {setting(value)}" for name, value in trial.values.items()),
    ]
    return "\n".join(map(one_line, lines))


def trial_json(store: StudyStore, number: int) -> Mapping[str, Any]:
    """One trial, fit for JSON, as `record_json`; of a study that was imported, what is known of it."""
    if store.row.origin is None:
        return record_json(read_record(store, number))
    return _foreign_json(store, _foreign_trial(store, number))


def _foreign_json(store: StudyStore, trial: ForeignTrial) -> dict[str, Any]:
    moments = {"started": trial.started, "finished": trial.finished}
    return {
        "study": store.row.name,
        "origin": store.row.origin,
        "number": trial.number,
        "label": trial.label,
        "state": str(trial.state),
        "params": dict(trial.params),
        "values": {name: storable_value(value) for name, value in trial.values.items()},
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
    }


def _foreign(store: StudyStore) -> list[str]:
    study = foreign_study(store)
    pairs = zip(study.origin.objectives, study.origin.directions, strict=True)
    lines = [f"objectives: {', '.join(f'{name} ({direction})' for name, direction in pairs)}"]
    for trial in study.ranked()[:1]:
        values = ", ".join(f"{name} {setting(value)}" for name, value in trial.values.items())
        params = f"; {setting_line(trial.params)}" if trial.params else ""
        lines.append(f"best: trial {trial.number} ({trial.label}): {values}{params}")
    return lines


def _foreign_trial(store: StudyStore, number: int) -> ForeignTrial:
    trials = {trial.number: trial for trial in foreign_study(store).trials}
    if number not in trials:
        known = f"its trials are {min(trials)} to {max(trials)}" if trials else "it has none"
        raise InputError(f"study {store.row.name!r} has no trial {number}; {known}")
    return trials[number]
