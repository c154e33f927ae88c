"""What every command has: STUDY as an argument and as `--study`, and no value that is empty."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand
from typer.models import ArgumentInfo

from ..errors import InputError
from ..study.limits import LARGEST_NUMBER
from .completion import begun_studies, study_files_and_begun


@dataclass(frozen=True)
class Which:
    """Marks the parameter of a command that says which study.

    Attributes:
        help: What may be written.
        needed: Whether there is no default.
        run: Whether it is one that has run.
    """

    help: str
    needed: bool = False
    run: bool = True


StudyFile = Annotated[
    str,
    Which("Name of a study, with or without @workload, or path of a study file.", needed=True, run=False),
]

STUDY_RUN = "A study that has run: by name, with or without @workload, or by the path of its file"

StudyName = Annotated[str | None, Which(f"{STUDY_RUN}; default: the latest.")]

StudyThere = Annotated[str, Which(f"{STUDY_RUN}.", needed=True)]


class Command(TyperCommand):
    """A command that lets STUDY be left out before its other arguments, and refuses an empty value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the words after the command.

        Raises:
            UsageError: If a value is empty, which would be taken for one that was not given, if a number is
                larger than a database can hold, or if typer refuses what was typed.
        """
        written, _, _ = self.make_parser(ctx).parse_args(list(args))
        parameters: list[Any] = self.params
        for parameter in parameters:
            value = written.get(str(parameter.name))
            texts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(text, str) and not text.strip() for text in texts):
                raise typer.BadParameter("is empty: write a value, or leave it out", ctx, parameter)
        arguments = [parameter for parameter in parameters if parameter.param_type_name == "argument"]
        given = [one for one in arguments if written.get(str(one.name)) is not None]
        # `show 12` is a trial of the latest study, `show 7 12` one of the study called 7: where STUDY is left
        # out, an empty text goes in its place, so that the words that follow stay where they belong.
        missing = len(given) < len(arguments) and not arguments[0].required
        left_out = missing and (arguments[-1].required or _is_number_alone(arguments, written))
        rest = super().parse_args(ctx, ["", *args] if left_out else args)
        for parameter in parameters:
            value = ctx.params.get(str(parameter.name))
            if type(value) is int and abs(value) > LARGEST_NUMBER:
                raise typer.BadParameter(f"{value} is too large: at most {LARGEST_NUMBER}", ctx, parameter)
        return rest


def _is_number_alone(arguments: list[Any], written: dict[str, Any]) -> bool:
    """Whether the one word that was written is a number, and the last argument is one that takes a number.

    That word is then the last argument, although it stands in the place of the first.
    """
    first, last = arguments[0], arguments[-1]
    text = written.get(str(first.name))
    number = isinstance(text, str) and text.isdecimal()
    return number and first is not last and last.type_descriptor.annotation is int


def add(app: typer.Typer, name: str, command: Callable[..., None], group: str | None = None) -> None:
    """Makes a function a command; one with a parameter marked `Which` takes STUDY in both forms.

    Args:
        app: To which it is added.
        name: What is typed.
        command: The function.
        group: The heading of the help under which it stands.
    """
    app.command(name, cls=Command, rich_help_panel=group)(_about_a_study(command))


def _about_a_study(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an argument and an option in the place of its parameter marked `Which`."""
    parameters = list(inspect.signature(command).parameters.values())
    marked = {
        parameter.name: mark
        for parameter in parameters
        for mark in get_args(parameter.annotation)
        if isinstance(mark, Which)
    }
    if not marked:
        return command
    ((name, which),) = marked.items()

    @wraps(command)
    def typed(*, study_argument: str | None, study_option: str | None, **given: Any) -> None:
        study = _one(study_argument, study_option)
        if study is None and which.needed:
            raise InputError(_RUN if which.run else _what_there_is())
        command(**given, **{name: study})

    argument, option = _parameters(which)
    replaced = [argument if one.name == name else one for one in parameters]
    arguments = [one for one in replaced if _is_argument(one)]
    options = [one for one in replaced if not _is_argument(one)]
    # By keyword, as Typer calls: then one without a default may follow one that has it.
    every = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*arguments, option, *options)]
    typed.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    return typed


def _parameters(which: Which) -> tuple[inspect.Parameter, inspect.Parameter]:
    names = study_files_and_begun if which.needed else begun_studies
    argument = typer.Argument(metavar="STUDY", help=which.help, autocompletion=names)
    option = typer.Option(
        "--study", metavar="STUDY", help="STUDY, written as an option.", autocompletion=names
    )
    kind = inspect.Parameter.KEYWORD_ONLY
    return (
        inspect.Parameter("study_argument", kind, default=None, annotation=Annotated[str | None, argument]),
        inspect.Parameter("study_option", kind, default=None, annotation=Annotated[str | None, option]),
    )


def _is_argument(parameter: inspect.Parameter) -> bool:
    return any(isinstance(mark, ArgumentInfo) for mark in get_args(parameter.annotation))


def _one(argument: str | None, option: str | None) -> str | None:
    """The study that was named, as an argument, as `--study`, or as both; None if it was not.

    Raises:
        InputError: If the two differ.
    """
    if argument and option and argument != option:
        raise InputError(f"STUDY {argument!r} and --study {option!r} differ: write one of them")
    return argument or option


_RUN = "name a study that has run, as STUDY or with --study; see: sweeper list"


def _what_there_is() -> str:
    from ..study.load import study_files

    return f"name a study, as STUDY or with --study: {', '.join(study_files())}, or the path of a study file"
