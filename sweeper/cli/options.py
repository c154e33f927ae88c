"""The options that several commands share, and what they stand for."""

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

import typer

from ..paths import user_path
from ..report.formats import FORMATS, IMAGES
from ..sweep.stopping import unreachable
from ..url import Url
from .completion import arms, workloads

Storage = Annotated[
    Url | None,
    typer.Option(
        parser=Url,
        metavar="URL",
        help="Database, sqlite:///… or postgresql://…; default: SWEEPER_STORAGE, else studies.db under "
        "SWEEPER_HOME.",
    ),
]


AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON for programs: see docs/commands.md.")]


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


WorkloadName = Annotated[
    str | None,
    typer.Option(
        metavar="WORKLOAD",
        help="Name or file of the workload; default: the study's own.",
        autocompletion=workloads,
    ),
]


def named(
    names: Collection[str],
    *flags: str,
    help: str,  # noqa: A002
    metavar: str = "<{}>",
    own: bool = False,
) -> Any:
    """An option whose value is one of these names, which are asked when a command is typed.

    Args:
        names: The names, a `Registry` for example.
        flags: What is typed, where it is not the parameter's own name.
        help: What the help says of it.
        metavar: What the help shows as its value, with {} for the names.
        own: Whether own code of a study may add names, so that they are checked when it is loaded
            (`check_named`).
    """

    def check(text: str) -> str:
        if text not in names and not own:
            raise typer.BadParameter(_unknown(text, names))
        return text

    return typer.Option(*flags, parser=check, metavar=metavar.format("|".join(names)), help=help)


def check_named(given: Iterable[str], names: Collection[str], flag: str) -> None:
    """Refuses values of an option that are none of these names.

    Raises:
        BadParameter: If one is not.
    """
    for text in given:
        if text not in names:
            raise typer.BadParameter(_unknown(text, names), param_hint=f"'{flag}'")


def _unknown(text: str, names: Collection[str]) -> str:
    return f"{text!r} is not one of {', '.join(map(repr, names))}"


def file_path(metavar: str, help: str, *flags: str) -> Any:  # noqa: A002
    """An option whose value is a path, of which ``~`` is the user's home.

    Args:
        metavar: What the help shows as its value.
        help: What the help says of it.
        flags: What is typed, where it is not the parameter's own name.
    """
    return typer.Option(*flags, parser=user_path, metavar=metavar, help=help)


CodeFile = Annotated[
    str | None,
    typer.Option(
        "--code", metavar="FILE", help="Study file whose own code may run, where STUDY is no path of it."
    ),
]


LONGEST_SECONDS = 100 * 365 * 86400
"""What is no limit any more: a hundred years."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration such as ``90``, ``90s``, ``30m``, ``1.5h`` or ``2d`` in seconds.

    Raises:
        BadParameter: If it is none, or longer than `LONGEST_SECONDS`.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)", text.strip())
    if not match or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration: write for example 90s, 30m, 1.5h or 2d")
    found = float(match[1]) * _UNITS[match[2]]
    if found > LONGEST_SECONDS:
        raise typer.BadParameter(f"{text!r} is too long: at most {LONGEST_SECONDS // 86400}d")
    return found


def scores_to_reach(texts: list[str], known: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Scores and the values to reach, each written such as ``overall=0.73``.

    Args:
        texts: What the user wrote.
        known: The lowest and highest value of each score that there is, by its name.

    Raises:
        BadParameter: If one is not of that form, names no score, or one that is there already, or no trial
            could reach it.
    """
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in known or not re.fullmatch(r"-?[0-9]*\.?[0-9]+", value):
            names = ", ".join(known)
            raise typer.BadParameter(f"--until {text!r}: write for example overall=0.73; scores: {names}")
        if name in found:
            raise typer.BadParameter(f"--until {text!r}: {name} is there twice: write it once")
        found[name] = float(value)
        if misfit := unreachable(found[name], known[name]):
            raise typer.BadParameter(f"--until {text!r}: {misfit}")
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
        help="End when a trial has reached it, in this call, before, or of another driver, for example "
        "overall=0.73; several: one trial must reach all.",
    ),
]


StaleTrials = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="End when N complete trials in a row brought no better overall, those before this call and of "
        "other drivers too.",
    ),
]


MaxFailures = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="N",
        help="End after N failures in a row of this call's own trials, and say what they share.",
    ),
]


TableFormat = Annotated[
    str,
    named(
        ("terminal", *FORMATS),
        "--format",
        help="What is printed; other than for a terminal, nothing else is on standard output.",
    ),
]


OneArm = Annotated[
    str | None,
    typer.Option("--arm", metavar="ARM", help="Only the trials of this arm.", autocompletion=arms),
]


ImageFormat = Annotated[
    str | None,
    named(IMAGES, "--figures", help="Write the figures as images too, to `figures/` in the report's folder."),
]


def resuming(name: str, given: Url | None, *, own_code: bool) -> str:
    """The command that goes on with a study in the database that was given, secrets hidden.

    Args:
        name: The study.
        given: The database; None: as in `storage_url`.
        own_code: Whether it runs own code, which the study file has to name.
    """
    where = "" if given is None else f" --storage {shlex.quote(str(given))}"
    return f"sweeper resume {name}{' --code FILE' if own_code else ''}{where}"
