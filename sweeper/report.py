"""Writes the report of a study: one self-contained page, the tables in Markdown, the trials as CSV."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from model.tasks import overall_formula

from . import __version__
from .analysis import Results, counts
from .database import Database
from .errors import InputError
from .figures import study_figures
from .run import RunRow, SweepRow
from .rundir import write_beside
from .study import Study
from .studyfile import stored_study
from .summary import headline, missing, progress
from .table import Table, duration, markdown, one_line
from .tables import study_tables, trials_table


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
    made = _how_made(row, study, database.runs(name))
    try:
        write_beside(folder / "trials.csv", trials_csv(results.trials))
        write_beside(folder / "tables.md", tables_markdown(results, report))
        write_beside(folder / "index.html", page(results, report, made))
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


def page(results: Results, report: Report, made: Mapping[str, str]) -> str:
    """The page: every text from a study is escaped, and its policy forbids any request."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawing"] = drawing_json
    figures = study_figures(results)
    return environment.get_template("report.html.j2").render(
        results=results,
        report=report,
        formula=overall_formula(results.tasks),
        figures=figures,
        trials=trials_table(results),
        made=made,
        # plotly.js is the one text that is not escaped: it comes with a package, not with a study.
        plotly=Markup(get_plotlyjs()) if figures else "",  # noqa: S704
    )


def drawing_json(drawing: Any) -> Markup:
    """A plotly figure as JSON that no text in it can end or begin a script with."""
    text = re.sub(r"[<>&\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", drawing.to_json())
    return Markup(text)  # noqa: S704


def _how_made(row: SweepRow, study: Study, runs: Sequence[RunRow]) -> dict[str, str]:
    """How to make the study again, and on what it was made."""
    spec, workload = study.spec, study.workload
    command = f"sweeper run --study {spec.name} --workload {workload.name} --trials {row.wanted}"
    started = [run.started for run in runs if run.started]
    finished = [run.finished for run in runs if run.finished]
    seconds = [run.seconds for run in runs if run.seconds is not None]
    memory = [run.peak_memory_mb for run in runs if run.peak_memory_mb is not None]
    versions = sorted({f"{name} {version}" for run in runs for name, version in (run.versions or {}).items()})
    devices = sorted({_machine(run) for run in runs if run.device})
    facts = {
        "Commands": f"{command}; sweeper report --study {row.name}",
        "Workload": f"{workload.name}: {workload.description}",
        "Sampler": f"{spec.sampler.name}, seed {spec.sampler.seed}",
        "Training seeds": ", ".join(map(str, spec.seeds)),
        "Begun": _moment(row.created),
        "Trials ran": f"{_moment(min(started))} to {_moment(max(finished))}" if started and finished else "",
        "Time in trials": duration(sum(seconds)) if seconds else "",
        "Device of a trial": "; ".join(devices),
        "Peak memory of a trial": f"{max(memory):,.0f} MiB" if memory else "",
        "Versions": ", ".join(versions),
        "Settings": f"SHA-256 {row.digest}",
        "Report": f"{_moment(datetime.now(UTC))}, sweeper {__version__}",
    }
    return {name: one_line(fact) for name, fact in facts.items() if fact}


def _machine(run: RunRow) -> str:
    return (
        f"{run.device}, {run.threads} CPU thread{'' if run.threads == 1 else 's'}"
        if run.threads
        else str(run.device)
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
