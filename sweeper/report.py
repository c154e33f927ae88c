"""Writes the report of a study: one self-contained page, the tables in Markdown, the trials as CSV."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.tasks import overall_formula

from .analysis import Results, counts
from .database import Database
from .errors import InputError
from .page import page
from .provenance import how_made
from .rundir import write_beside
from .studyfile import stored_study
from .summary import headline, missing, progress
from .table import Table, markdown
from .tables import study_tables


@dataclass(frozen=True)
class Report:
    """A report as written.

    Attributes:
        summary: How far the study has come, what it found, what is missing; one sentence each.
        tables: Its tables.
        folder: Where ``index.html``, ``tables.md`` and ``trials.csv`` are.
    """

    summary: tuple[str, ...]
    tables: tuple[Table, ...]
    folder: Path


def write_report(database: Database, name: str, folder: Path) -> Report:
    """Writes the report of a study as it stands, finished or not.

    Args:
        database: Where the study is.
        name: ``<study>@<workload>``.
        folder: Where the files go; made if missing, files of an earlier report are replaced.

    Raises:
        InputError: If there is no such study, or the folder cannot be written.
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    row = database.sweep(name)
    if row is None:
        raise InputError(f"study {name!r} is not in the database")
    study = stored_study(row)
    results = Results(
        name=name,
        description=study.spec.description,
        notice=study.workload.notice,
        tasks=study.tasks,
        arms=tuple(study.spec.arms),
        space=study.space,
        wanted=row.wanted,
        trials=database.trials_frame(name),
        epochs=database.epochs_frame(name),
        objectives=study.spec.objectives,
    )
    count = counts(results.trials, row.wanted)
    report = Report(
        summary=(headline(results), progress(count), *missing(results, count, study.spec.tables)),
        tables=tuple(study_tables(results, study.spec.tables)),
        folder=folder,
    )
    made = how_made(row, study, database.runs(name))
    try:
        write_beside(folder / "trials.csv", trials_csv(results.trials))
        write_beside(folder / "tables.md", tables_markdown(results, report))
        write_beside(folder / "index.html", page(results, report.summary, report.tables, made))
    except OSError as error:
        raise InputError(f"report folder {str(folder)!r} cannot be written: {error.strerror}") from error
    return report


def trials_csv(trials: pd.DataFrame) -> str:
    """All trials, one a line, numbers in full."""
    return str(trials.drop(columns=["config", "traceback"]).to_csv(index=False, lineterminator="\n"))


def tables_markdown(results: Results, report: Report) -> str:
    """The tables under a heading and the summary."""
    lines = [f"# {markdown(results.name)}"]
    lines += [
        markdown(line) for line in (results.description, " ".join(report.summary), results.notice) if line
    ]
    lines.append(markdown(overall_formula(results.tasks)))
    return "\n\n".join([*lines, *(table.as_markdown().rstrip() for table in report.tables)]) + "\n"
