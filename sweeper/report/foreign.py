"""Studies that sweeper did not make, as tables: by themselves, or beside a study of its own. Pure.

No cell of theirs stands in a table with one of sweeper's own trials, and each table says whose they are.
"""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from ..study.checks import EXACT
from ..study.foreign import NOTICE, ForeignStudy, ForeignTrial
from ..text import NONE, one_line, plural, setting, setting_line
from ..trial import RunState
from .document import Cell, Column, Document, Table

KEY = "imported"
"""Key of the tables."""

TRIAL, CALLED, STATE = "trial", "called", "state"
"""Headings of what every trial has."""


def foreign_document(name: str, study: ForeignStudy) -> Document:
    """What a report says of a study that was imported.

    Args:
        name: ``<study>@<workload>``.
        study: It.
    """
    states = Counter(trial.state for trial in study.trials)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    best = [_best_words(study, trial) for trial in study.ranked()[:1]]
    return Document(
        study=name,
        description=f"A study {study.origin.words()}.",
        formula="",
        notice=NOTICE,
        summary=(f"{plural(len(study.trials), 'trial')}: {counts or 'none'}.", *best),
        arms=(),
        tables=(trials_of(study),),
        warnings=(NOTICE,),
    )


def trials_of(study: ForeignStudy) -> Table:
    """Every trial of a study that was imported; the best of each objective by its own direction is marked."""
    parameters = list(dict.fromkeys(name for trial in study.trials for name in trial.params))
    origin = study.origin
    best = {
        name: (max if direction == "maximize" else min)(
            (trial.values[name] for trial in study.complete), default=None
        )
        for name, direction in zip(origin.objectives, origin.directions, strict=True)
    }
    rows = tuple(
        (
            Cell(str(trial.number), value=trial.number),
            Cell(one_line(trial.label)),
            Cell(str(trial.state)),
            *(_value_cell(trial, name, best[name]) for name in origin.objectives),
            *(Cell(one_line(setting(trial.params.get(name, NONE)))) for name in parameters),
        )
        for trial in study.trials
    )
    measured = len(origin.objectives)
    headings = _headings(origin.objectives, parameters)
    columns = (
        Column(TRIAL, numeric=True),
        Column(CALLED),
        Column(STATE),
        *(Column(heading, numeric=True) for heading in headings[:measured]),
        *(Column(heading) for heading in headings[measured:]),
    )
    return Table(KEY, "Imported trials", columns, rows, (NOTICE, _directions(study)))


def _headings(objectives: Sequence[str], parameters: Sequence[str]) -> list[str]:
    """What the columns of objectives and parameters are called: one that another has too says its kind."""
    named = [("values", one_line(name)) for name in objectives]
    named += [("params", one_line(name)) for name in parameters]
    often = Counter([TRIAL, CALLED, STATE, *(name for _, name in named)])
    found: list[str] = []
    for kind, name in named:
        heading = name if often[name] == 1 else f"{kind}.{name}"
        while heading in found or (heading != name and heading in often):
            heading += "'"  # of two names that differ in a line break alone, or a name that says a kind
        found.append(heading)
    return found


def best_imported(studies: Sequence[tuple[str, ForeignStudy]]) -> Table:
    """The best trial of each of some studies that were imported, to be read beside a report of one's own.

    Args:
        studies: Each with its name, in the order of the rows.
    """
    rows = []
    for name, study in studies:
        for place, (objective, direction) in enumerate(
            zip(study.origin.objectives, study.origin.directions, strict=True)
        ):
            ranked = sorted(study.complete, key=lambda one: one.values[objective])
            best = (ranked[-1] if direction == "maximize" else ranked[0]) if ranked else None
            rows.append(
                (
                    Cell(one_line(name) if place == 0 else ""),
                    Cell(one_line(study.origin.words()) if place == 0 else ""),
                    Cell(f"{len(study.complete)} of {len(study.trials)}"),
                    Cell(one_line(objective)),
                    Cell(direction),
                    _value_cell(best, objective, None) if best else Cell(NONE),
                    Cell(setting_line(best.params) or NONE if best else NONE),
                )
            )
    columns = (
        Column("study"),
        Column("from"),
        Column("complete"),
        Column("objective"),
        Column("direction"),
        Column("best", numeric=True),
        Column("its parameters", optional=True),
    )
    return Table(
        KEY, "Imported studies, not ranked with the trials of this one", columns, tuple(rows), (NOTICE,)
    )


def foreign_frame(study: ForeignStudy) -> pd.DataFrame:
    """One row a trial: number, label, state, started, finished, ``values.<name>`` and ``params.<name>``."""
    parameters = list(dict.fromkeys(name for trial in study.trials for name in trial.params))
    rows = [
        {
            "number": trial.number,
            "label": trial.label,
            "state": str(trial.state),
            "started": trial.started,
            "finished": trial.finished,
            **{f"values.{name}": trial.values.get(name) for name in study.origin.objectives},
            **{f"params.{name}": trial.params.get(name) for name in parameters},
        }
        for trial in study.trials
    ]
    frame = pd.DataFrame(rows)
    for name in parameters:
        values = [trial.params.get(name) for trial in study.trials]
        if any(isinstance(value, int) and abs(value) > EXACT for value in values):
            # Where one is missing, pandas makes floats of the others.
            frame[f"params.{name}"] = pd.Series(values, dtype=object)
    return frame


def marked_frame(study: ForeignStudy) -> pd.DataFrame:
    """The same with ``origin`` as the first column, where each trial is from, so that none passes as ours."""
    frame = foreign_frame(study)
    frame.insert(0, "origin", study.origin.words())
    return frame


def _value_cell(trial: ForeignTrial, name: str, best: float | None) -> Cell:
    value = trial.values.get(name)
    if value is None:
        return Cell(NONE)
    return Cell(setting(value), value=value, bold=value == best and trial.state is RunState.COMPLETE)


def _best_words(study: ForeignStudy, trial: ForeignTrial) -> str:
    values = ", ".join(f"{name} {setting(trial.values[name])}" for name in study.origin.objectives)
    first = " by the first objective" if len(study.origin.objectives) > 1 else ""
    return one_line(f"Best{first}: trial {trial.number} ({trial.label}): {values}.")


def _directions(study: ForeignStudy) -> str:
    pairs = zip(study.origin.objectives, study.origin.directions, strict=True)
    return one_line("; ".join(f"{name}: {direction}" for name, direction in pairs))
