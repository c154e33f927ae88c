"""The options that several commands share."""

from typing import Annotated, Literal

import typer

STUDY_FILE = "Name of a study, with or without @workload, or path of a study file."
STUDY_RUN = "A study that has run, with or without @workload"

Storage = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Database, sqlite:///… or postgresql://…; default: studies.db under SWEEPER_HOME.",
    ),
]
StudyName = Annotated[
    str | None, typer.Argument(metavar="[STUDY]", help=f"{STUDY_RUN}; default: the latest.")
]
WorkloadName = Annotated[
    str | None,
    typer.Option(metavar="WORKLOAD", help="Name or file of the workload; default: the study's own."),
]
Workers = Annotated[int, typer.Option(min=1, metavar="N", help="Trials at once; they share the cores.")]
ExecutorName = Annotated[
    Literal["local", "inline"],
    typer.Option(help="local: one process per trial. inline: in this process, to debug."),
]
