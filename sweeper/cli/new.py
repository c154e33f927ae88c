"""The commands that write a file to start from."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from ..paths import check_name, data_folder, shipped_studies, user_path
from .command import add
from .say import say

beginnings = typer.Typer(help="Writes a file to start from.")


@beginnings.callback()
def group() -> None:
    """Writes a file to start from."""


def workload(
    *,
    files: Annotated[
        list[Path],
        typer.Argument(
            parser=user_path,
            metavar="FILE…",
            help="One to three data files: train, dev and test rows, by their names, else in this order.",
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name of the workload; default: that of the first file, or of its folder."
        ),
    ] = None,
) -> None:
    """Looks at data files and writes a workload of one task, with comments, and a first study on it.

    They are written to ./studies/workloads and ./studies; files that are there already stay.

    Example: `sweeper new workload data/train.tsv data/dev.tsv --name reviews`
    """
    from model.files import write_beside

    from ..draft.files import name_after, user_files
    from ..draft.workload import draft, first_study

    named = check_name(name or name_after(files[0]), "workload")
    path, study = Path("studies/workloads", f"{named}.yaml"), Path("studies", f"{named}.yaml")
    if path.exists():
        raise InputError(f"{path} is there already: give another --name")
    _check_free(named, "workload", path)
    _check_free(named, "study", study)
    set_folder = data_folder()
    found = user_files(files, set_folder)
    written = draft(named, found)
    write_beside(path, written.text)
    wrote = f"Wrote {path}; {study} is there already, and stays"
    if not study.exists():
        write_beside(study, first_study(named))
        wrote = f"Wrote {path} and {study}"
    rows = ", ".join(f"{split} {file}" for split, file in found.names.items())
    prefix = "" if set_folder else f"SWEEPER_DATA={shlex.quote(str(found.data))} "
    study_name = shlex.quote(named)
    lines = [
        f"Files: {rows}",
        *written.found,
        f"{wrote}. Look them over; then:",
        f"  {prefix}sweeper validate {study_name} --show 3",
        f"  {prefix}sweeper run {study_name} --trials 4",
        f"  sweeper report {study_name}",
    ]
    say("\n".join(lines))


def _check_free(name: str, what: str, file: Path) -> None:
    """Refuses a file that would hide what comes with sweeper."""
    if not file.exists() and (shipped_studies() / file.relative_to("studies")).is_file():
        raise InputError(
            f"a {what} {name!r} comes with sweeper, and {file} would hide it: give another --name"
        )


add(beginnings, "workload", workload)
