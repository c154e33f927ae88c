"""The command that predicts the rows of a file."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from ..paths import Home, data_folder, storage_url
from ..signals import terminable
from ..study.limits import LARGEST_NUMBER
from ..text import plural, trial_names
from .command import StudyName
from .options import CodeFile, OneArm, Quiet, Storage, file_path
from .say import say, saying

if TYPE_CHECKING:
    from ..store.study import StudyStore
    from ..trial import TrialRow


TrialNumber = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, max=LARGEST_NUMBER, help="Number of the trial; default: the best one."),
]

Top = Annotated[
    int | None,
    typer.Option(
        metavar="K", min=1, help="The best K trials together: the mean of their probabilities, or scores."
    ),
]

TaskName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The task, where the columns of the file fit several."),
]

InputFile = Annotated[
    Path | None,
    file_path("FILE", "The rows, with the columns of the task; labels are not needed.", "--input"),
]

OutputFile = Annotated[Path | None, file_path("FILE", "Where to: a name that ends in .tsv, .csv or .jsonl.")]

Hashed = Annotated[
    bool,
    typer.Option("--hash", help="Write the hash of each row's texts too: a file for `distillation.teacher`."),
]

Course = Annotated[
    Path | None,
    file_path("FOLDER", "Write the six files of the CS224N hand-in there, for its files in SWEEPER_DATA."),
]


def predict(
    study: StudyName = None,
    *,
    trial: TrialNumber = None,
    arm: OneArm = None,
    top: Top = None,
    task: TaskName = None,
    given: InputFile = None,
    output: OutputFile = None,
    hashed: Hashed = False,
    course: Course = None,
    code: CodeFile = None,
    quiet: Quiet = False,
    storage: Storage = None,
) -> None:
    """Predicts the rows of a file with the best trial, or with others: classes and probabilities, or scores.

    The weights are those of the best epoch. Where they were not kept, the trial is trained again.

    Example: `sweeper predict sbert-grid --task para --input pairs.tsv --output predicted.tsv`
    """
    from model.plugins.load import load

    from ..export.course import course_files, write_course
    from ..export.ensemble import load_ensemble
    from ..export.predictions import check_output, find_input, write_predictions
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.load import unchanged_code
    from ..study.recorded import config_of

    _check_named(course, given, output, task, hashed)
    if output is not None and given is not None:
        check_output(output, given)
    tell = saying(quiet)
    home, data = Home.from_environment(), data_folder()
    with terminable():
        with Database(storage_url(storage), must_exist=True) as database:
            store = find_study(database, study)
            load(unchanged_code(store.row, code or study))
            runs = _chosen(store, trial, arm, top)
            tasks = config_of(runs[0]).trained
            left_out = [name for name in config_of(runs[0]).tasks if name not in tasks]
            asked = left_out if course is not None else [name for name in left_out if name == task]
            _check_answered(asked, tasks, f"{trial_names([run.number for run in runs])} of {store.row.name}")
            files = {} if course is None else course_files(data, tasks)
            rows = None if given is None else find_input(given, tasks, task)
            tell(f"{store.row.name} {trial_names([run.number for run in runs])}")
            ensemble = load_ensemble(store, runs, home=home, data=data, say=tell)
        if course is not None:
            for line in write_course(files, ensemble, course):
                tell(line)
        if rows is not None and output is not None:
            count, missing = write_predictions(rows, ensemble, output, hashed=hashed)
            tell(f"{plural(count, 'row')} of task {rows.name}: {output}")
            if missing:
                first = f"the first {rows.table.unit} {missing[0]}"
                say(f"{plural(len(missing), 'row')} without a text, {first}, not predicted", err=True)


def _check_named(
    course: Path | None, given: Path | None, output: Path | None, task: str | None, hashed: bool
) -> None:
    """Refuses a file to read without one to write, and what is about them beside the files of the course."""
    if course is not None and (hashed or (given, output, task) != (None, None, None)):
        raise InputError(
            "--course reads and writes files of its own: leave --input, --output, --task and --hash out"
        )
    if course is None and (given is None or output is None):
        raise InputError("name a file to read and one to write, --input and --output, or a folder, --course")


def _check_answered(asked: Sequence[str], tasks: Collection[str], whose: str) -> None:
    """Refuses tasks that trials do not train."""
    if asked:
        raise InputError(
            f"{whose} has no answers of {', '.join(asked)}: train_tasks leaves {', '.join(tasks)}"
        )


def _chosen(store: "StudyStore", trial: int | None, arm: str | None, top: int | None) -> "list[TrialRow]":
    """The trials that predict."""
    from ..show.best import best_runs
    from ..store.studies import find_trained

    if trial is None:
        return best_runs(store, arm, top or 1)
    if arm is not None or top is not None:
        raise InputError("--trial names the trial: leave --arm and --top out")
    return [find_trained(store, trial)]
