"""The options that several commands share."""

import re
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

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration such as ``90``, ``90s``, ``30m``, ``1.5h`` or ``2d`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if not match or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration: write for example 90s, 30m, 1.5h or 2d")
    return float(match[1]) * _UNITS[match[2]]


def scores_to_reach(texts: list[str], known: list[str]) -> dict[str, float]:
    """Scores and the values to reach, each written such as ``overall=0.73``.

    Args:
        texts: What the user wrote.
        known: Names of the scores that there are.
    """
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in known or not re.fullmatch(r"-?\d*\.?\d+", value):
            names = ", ".join(known)
            raise typer.BadParameter(f"--until {text!r}: write for example overall=0.73; scores: {names}")
        found[name] = float(value)
    return found


Timeout = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="DURATION",
        help="End after this time (90s, 30m, 2h); trials under way stay resumable.",
    ),
]
TrialTimeout = Annotated[
    float | None,
    typer.Option(parser=seconds, metavar="DURATION", help="A trial that takes longer has failed: timeout."),
]
Until = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SCORE=VALUE",
        help="End when a trial has reached it, for example overall=0.73; several: one trial must reach all.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="End when N complete trials in a row brought no better overall."),
]
MaxFailures = Annotated[
    int,
    typer.Option(min=1, metavar="N", help="End after N failures in a row, and say what they share."),
]
