"""Where the trials of a command run, as its options say."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..sweep.runners import AUTO, EXECUTORS, Runner, choose_runner
from .options import check_named, named, seconds

if TYPE_CHECKING:
    from ..study.study import Study


@dataclass(frozen=True)
class Placement:
    """Where trials are to run, as the user said it; called with a study, it gives what runs its trials.

    Attributes:
        executor: A name in `EXECUTORS`.
        workers: Trials at once; `AUTO`, or None where the user does not say.
        options: As in `choose_runner`.
    """

    executor: str
    workers: int | None
    options: Mapping[str, Any]

    def __call__(self, study: "Study") -> Runner:
        """What runs the trials of a study.

        Raises:
            BadParameter: If there is no executor of that name, once the study's own code is loaded.
            InputError: As in `choose_runner`.
        """
        check_named([self.executor], EXECUTORS, "--executor")
        return choose_runner(study, self.executor, self.workers, self.options)


def number_of_workers(text: str) -> int:
    """A number of workers as the user wrote it; `AUTO` for ``auto``.

    Raises:
        BadParameter: If it is neither.
    """
    written = text.strip()
    if written == "auto":
        return AUTO
    if not re.fullmatch(r"0*[1-9]\d{0,5}", written):
        raise typer.BadParameter(f"{written!r}: write a number of at least 1, or auto")
    return int(written)


OPTIONS: dict[str, Any] = {
    "workers": Annotated[
        int | None,
        typer.Option(
            parser=number_of_workers,
            metavar="N|auto",
            help="Trials at once; they share the cores. auto, of local processes without --devices: as many "
            "as train fastest together, which is measured before the first trial, in seconds. Default: 1; "
            "with ray, as many as the cluster holds.",
        ),
    ],
    "devices": Annotated[
        str | None,
        typer.Option(
            metavar="DEVICES",
            help="CUDA devices, for example cuda:0,cuda:1 or 0,1 or all. Each trial sees one of them; "
            "without --workers there are as many trials at once, more --workers share the devices evenly.",
        ),
    ],
    "executor": Annotated[
        str,
        named(
            EXECUTORS,
            help=" ".join(f"{name}: {kind.help}" for name, kind in EXECUTORS.items()),
            metavar="KIND",
            own=True,
        ),
    ],
    "ray_address": Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="With --executor ray: the cluster; default: RAY_ADDRESS, else a new one on this machine "
            "alone.",
        ),
    ],
    "job_time": Annotated[
        float | None,
        typer.Option(
            parser=seconds,
            metavar="DURATION",
            help="Time limit of a SLURM job, default 4h; one that meets it saves a checkpoint and is "
            "requeued.",
        ),
    ],
    "sbatch": Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="A parameter of sbatch for the SLURM jobs, such as partition=gpu or mem=16G; repeatable.",
        ),
    ],
}
"""The options that say where trials run, in the order of the help: those of every executor and their own."""


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command these options in place of its parameter `where`, a `Placement`."""

    @wraps(command)
    def typed(*, executor: str, workers: int | None, **given: Any) -> None:
        own = {name: given.pop(name) for name in OPTIONS if name in given}
        command(where=Placement(executor, workers, own), **given)

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        parameters += _parameters() if parameter.name == "where" else [parameter]
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return typed


def _parameters() -> list[inspect.Parameter]:
    defaults = {"executor": "local"}
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=annotation
        )
        for name, annotation in OPTIONS.items()
    ]
