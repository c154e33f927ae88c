"""The tables of a report, from the rows of a study. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from model.tasks import overall_formula

from .analysis import (
    Configuration,
    Results,
    best_per_arm,
    best_trial,
    in_state,
    leaders,
    mean_and_deviation,
    params,
    pareto_front,
    records,
)
from .paper import PAPER_TASKS, PublishedRow, PublishedTable, published_tables
from .run import RunState
from .table import NONE, Cell, Column, Table, difference, duration, one_line, score, setting

__all__ = [
    "Cell",
    "Column",
    "Table",
    "arms_table",
    "best_table",
    "failures_table",
    "paper_table",
    "study_tables",
    "trials_table",
]

EMPTY = Cell("")


def study_tables(results: Results, keys: Sequence[str]) -> list[Table]:
    """The tables that a study asks for, its best configurations, and its failures if there are any.

    Args:
        results: The study.
        keys: ``arms``, ``table1`` … ``table7``; the paper's are left out where the tasks are not the paper's.
    """
    tables = []
    for key in keys:
        if key == "arms":
            tables.append(arms_table(results))
        elif mirrors_paper(results):
            tables.append(paper_table(key, results))
    tables.append(best_table(results))
    if len(results.objectives) > 1:
        tables.append(pareto_table(results))
    if not in_state(results.trials, RunState.FAILED).empty:
        tables.append(failures_table(results))
    return tables


def mirrors_paper(results: Results) -> bool:
    """Whether the tasks are the paper's, so that its tables can stand beside ours."""
    return set(results.tasks) == set(PAPER_TASKS)


def arms_table(results: Results) -> Table:
    """One row an arm: its trials, its best one with scores and setting, the mean over its trials."""
    best = best_per_arm(results)
    top = {name: max((trial[name] for trial in best.values()), default=None) for name in results.scores}
    rows = []
    for arm in results.arms:
        own = results.trials[results.trials["arm"] == arm]
        complete = in_state(own, RunState.COMPLETE)
        mean, deviation = mean_and_deviation(complete["overall"])
        trial = best.get(arm)
        rows.append(
            (
                Cell(one_line(arm)),
                _count(len(complete)),
                _count(len(in_state(own, RunState.FAILED))),
                *_scores(results.scores, trial, top if len(best) > 1 else {}),
                Cell(_plus_minus(mean, deviation), value=mean),
                Cell(NONE if trial is None else _settings(params(trial))),
                Cell(NONE) if trial is None else _trial(trial["number"]),
            )
        )
    columns = (
        Column("arm"),
        *_numeric("complete", "failed", *results.scores, "mean ± sd"),
        Column("setting of the best", optional=True),
        *_numeric("trial"),
    )
    best_of = "Scores are those of the arm's best trial; mean ± sd is over all its complete trials."
    return Table("arms", "Arms", columns, tuple(rows), (best_of, *_notes(results)))


def best_table(results: Results) -> Table:
    """One row an arm: its best configuration by the mean over seeds, with that mean and its error."""
    found = {one.arm: one for one in leaders(results)}
    top = {
        name: max(one.scores[name] for one in found.values()) if len(found) > 1 else None
        for name in results.scores
    }
    rows = [_best_row(arm, found.get(arm), results, top) for arm in results.arms]
    notes = (
        "Scores are means over the seeds of a configuration; se is the standard error of the mean overall.",
        *_notes(results),
    )
    return Table(
        "best", "Best configuration of each arm", _configuration_columns(results), tuple(rows), notes
    )


def pareto_table(results: Results) -> Table:
    """One row a configuration on the Pareto front of the study's objectives."""
    rows = [_best_row(one.arm, one, results, {}) for one in pareto_front(results)]
    note = f"None of these is beaten in all of {', '.join(results.objectives)}; scores are means over seeds."
    return Table(
        "pareto", "Pareto front", _configuration_columns(results), tuple(rows), (note, *_notes(results))
    )


def _configuration_columns(results: Results) -> tuple[Column, ...]:
    return (
        Column("arm"),
        *_numeric("seeds", *results.scores, "se"),
        *(Column(name) for name in results.space),
        Column("trials", optional=True),
    )


def _best_row(
    arm: str, one: Configuration | None, results: Results, top: Mapping[str, float | None]
) -> tuple[Cell, ...]:
    settings: dict[str, Any] = one.params if one else {}
    return (
        Cell(one_line(arm)),
        _count(len(one.numbers) if one else 0),
        *_scores(results.scores, one.scores if one else None, top),
        Cell(score(one.error if one else None), value=one.error if one else None),
        *(_choice(settings, name) for name in results.space),
        Cell(", ".join(map(str, one.numbers)), trial=one.numbers[0]) if one else Cell(NONE),
    )


def paper_table(key: str, results: Results) -> Table:
    """One of the paper's tables: for each row our best matching trial, the published row, the difference.

    Args:
        key: ``table1`` … ``table7``.
        results: A study on the paper's three tasks.
    """
    published = published_tables()[key]
    complete = results.complete
    ours = [best_trial(_matching(published, row, complete)) for row in published.rows]
    top_ours = _top([trial for trial in ours if trial is not None], results.scores)
    top_printed = _top([row.scores for row in published.rows], results.scores)
    rows: list[tuple[Cell, ...]] = []
    for row, trial in zip(published.rows, ours, strict=True):
        number = Cell(NONE) if trial is None else _trial(trial["number"])
        gaps = {} if trial is None else {name: trial[name] - row.scores[name] for name in results.scores}
        rows += [
            (Cell(row.label), Cell("ours"), *_scores(results.scores, trial, top_ours), number),
            (EMPTY, Cell("published"), *_scores(results.scores, row.scores, top_printed), EMPTY),
            (EMPTY, Cell("difference"), *(_gap(gaps.get(name)) for name in results.scores), EMPTY),
        ]
    columns = (Column(published.heading), Column(""), *_numeric(*results.scores, "trial"))
    notes = (
        "Ours is the best complete trial with the settings of the row; all else is as the study sets it.",
        *published.notes,
        *_notes(results),
    )
    return Table(key, published.title, columns, tuple(rows), notes)


def failures_table(results: Results) -> Table:
    """One row a failed trial: its class and the last line of its traceback."""
    rows = [
        (
            _trial(trial["number"]),
            Cell(one_line(trial["arm"])),
            Cell(str(trial["error_class"])),
            _count(trial["attempts"]),
            Cell(one_line(_last_line(trial["traceback"]))),
            Cell(_settings(params(trial))),
        )
        for trial in records(in_state(results.trials, RunState.FAILED))
    ]
    columns = (*_numeric("trial"), Column("arm"), Column("class"), *_numeric("attempts"))
    columns += (Column("error"), Column("setting"))
    note = f"The whole traceback of a trial: sweeper show {results.name} TRIAL"
    return Table("failures", "Failed trials", columns, tuple(rows), (note,))


def trials_table(results: Results) -> Table:
    """Every trial: its state, seed, scores, time and setting."""
    best = best_trial(results.complete)
    number = None if best is None else best["number"]
    rows = []
    for trial in records(results.trials.sort_values("number")):
        chosen = params(trial)
        epoch = trial["best_epoch"]
        rows.append(
            (
                _trial(trial["number"]),
                Cell(one_line(trial["arm"])),
                Cell(str(trial["state"])),
                _count(trial["seed"]),
                *(
                    Cell(score(trial[name]), value=trial[name], bold=trial["number"] == number)
                    for name in results.scores
                    if name in trial
                ),
                Cell(NONE) if pd.isna(epoch) else _count(epoch),
                Cell(duration(trial["seconds"]), value=trial["seconds"]),
                *(_choice(chosen, name) for name in results.space),
            )
        )
    columns = (
        *_numeric("trial"),
        Column("arm"),
        Column("state"),
        *_numeric("seed", *results.scores, "best epoch", "time"),
        *(Column(name) for name in results.space),
    )
    return Table("trials", "All trials", columns, tuple(rows), tuple(_notes(results)))


def _notes(results: Results) -> list[str]:
    """What stands under every table of scores."""
    complete = results.complete
    seeds = ", ".join(str(seed) for seed in sorted(set(complete["seed"])))
    count = f"{len(complete)} complete trial{'' if len(complete) == 1 else 's'}"
    basis = f"Dev scores of {count}"
    basis += f" (training seed{'s' if ',' in seeds else ''} {seeds}), each at its best epoch" if seeds else ""
    best = f" The best of {len(complete)}, chosen on dev, is optimistic." if len(complete) > 1 else ""
    notes = [overall_formula(results.tasks), results.notice, f"{basis}.{best}"]
    return [one_line(note) for note in notes if note]


def _matching(published: PublishedTable, row: PublishedRow, complete: pd.DataFrame) -> pd.DataFrame:
    return complete[[published.counts(row, config) for config in complete["config"]]]


def _top(rows: Sequence[Any], names: Iterable[str]) -> dict[str, float]:
    """The highest of each score; nothing where there is only one row to choose from."""
    return {name: max(row[name] for row in rows) for name in names} if len(rows) > 1 else {}


def _scores(names: Iterable[str], trial: Any, top: Mapping[str, float | None]) -> list[Cell]:
    """A row's scores, bold where they are the highest; dashes without a trial."""
    if trial is None:
        return [Cell(NONE) for _ in names]
    # Compared as shown: of two .732 none is the better one to a reader.
    return [
        Cell(score(trial[name]), value=float(trial[name]), bold=score(trial[name]) == score(top.get(name)))
        for name in names
    ]


def _choice(chosen: Mapping[str, Any], name: str) -> Cell:
    return Cell(one_line(setting(chosen[name])) if name in chosen else NONE)


def _gap(value: float | None) -> Cell:
    return Cell(difference(value) if value is not None else NONE, value=value)


def _count(number: Any) -> Cell:
    return Cell(str(int(number)), value=float(number))


def _trial(number: Any) -> Cell:
    return Cell(str(int(number)), value=float(number), trial=int(number))


def _numeric(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, numeric=True) for heading in headings)


def _plus_minus(mean: float | None, deviation: float | None) -> str:
    return score(mean) if deviation is None else f"{score(mean)} ± {score(deviation)}"


def _settings(chosen: Mapping[str, Any]) -> str:
    """A setting in one line: ``learning_rate 3.2e-5, dropout 0.1``."""
    return one_line(", ".join(f"{name} {setting(value)}" for name, value in chosen.items())) or "defaults"


def _last_line(traceback: str | None) -> str:
    lines = (traceback or "").strip().splitlines()
    return lines[-1] if lines else NONE
