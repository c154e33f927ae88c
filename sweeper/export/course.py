"""The six files that the CS224N default final project hands in, as its own script writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model.files import write_beside
from model.sources import FilesSource
from model.tasks import Task

from ..errors import InputError
from .ensemble import Ensemble
from .predictions import Input, input_table, predict_rows


@dataclass(frozen=True)
class Sheet:
    """What the course wants of one task.

    Attributes:
        file: Name of its files of texts, with the split for {}.
        text: The columns of the texts.
        heading: What the predictions are called, as the course spells it.
        classes: How many classes it has; None of a similarity.
    """

    file: str
    text: tuple[str, ...]
    heading: str
    classes: int | None


SHEETS = {
    "sst": Sheet("ids-sst-{}.csv", ("sentence",), "Predicted_Sentiment", 5),
    "para": Sheet("quora-{}.csv", ("sentence1", "sentence2"), "Predicted_Is_Paraphrase", 2),
    "sts": Sheet("sts-{}.csv", ("sentence1", "sentence2"), "Predicted_Similiary", None),
}

SPLITS = {"dev": "dev", "test": "test-student"}
"""What the names of its files call each split."""


def course_files(data: Path | None, tasks: Mapping[str, Task]) -> dict[str, Input]:
    """The six files of texts, by the names of those to be handed in.

    Args:
        data: Folder of the user's data files, if there is one.
        tasks: The tasks of the study.

    Raises:
        InputError: If the study has not the three tasks, or a file is missing.
        DataError: If a file is damaged.
    """
    for name, sheet in SHEETS.items():
        task = tasks.get(name)
        if task is None or (task.classes, len(task.text)) != (sheet.classes, len(sheet.text)):
            what = "a score" if sheet.classes is None else f"{sheet.classes} classes"
            what += " of pairs" if len(sheet.text) > 1 else ""
            raise InputError(
                f"--course needs a task {name!r} with {what}; the study's are {', '.join(tasks)}"
            )
    if data is None:
        raise InputError("--course reads the files of the course: set SWEEPER_DATA to their folder")
    found = {}
    for name, sheet in SHEETS.items():
        for split, called in SPLITS.items():
            file = data / sheet.file.format(called)
            if not file.is_file():
                raise InputError(f"--course: file {file} is missing; put it there, or correct SWEEPER_DATA")
            source = FilesSource(train=file.name, dev=file.name)
            task = tasks[name].model_copy(update={"source": source, "text": sheet.text})
            found[f"{name}-{split}-output.csv"] = Input(name, task, input_table(file, task), blank="")
    return found


def write_course(files: Mapping[str, Input], ensemble: Ensemble, folder: Path) -> list[str]:
    """Writes the six files; those that are there are replaced once all predictions are made.

    Args:
        files: What `course_files` gave.
        ensemble: What predicts.
        folder: Where they go; made where it does not exist.

    Returns:
        A line for each file: its name, and how many rows it has.

    Raises:
        DataError: If a file is damaged.
    """
    # As the course's own reader: a text that is missing is an empty one, and every row is predicted.
    written = {}
    for name, given in files.items():
        lines = [f"id \t {SHEETS[given.name].heading} "]
        for row, value, _ in predict_rows(given, ensemble):
            # The course writes the sentiment as a whole number, and 0.0 or 1.0 for a pair.
            lines.append(f"{row.id} , {value:.0f} " if given.name == "sst" else f"{row.id} , {value} ")
        written[name] = lines
    for name, lines in written.items():
        write_beside(folder / name, "\n".join(lines) + "\n")
    return [f"{folder / name}: {len(lines) - 1} rows" for name, lines in written.items()]
