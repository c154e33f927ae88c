"""The command that prints the JSON Schema of study files."""

import json
from functools import partial
from typing import Annotated

import typer

from .command import Which
from .say import say


def schema(
    *,
    study: Annotated[
        str | None, Which("A study whose own code is described too: its name, or its file; default: none.")
    ] = None,
) -> None:
    """Prints the JSON Schema of study files, for editors.

    Example: `sweeper schema > study.schema.json`
    """
    from ..api.training import named_study
    from ..study.schema import study_schema

    if study is not None:
        named_study(study, None, partial(say, err=True))
    typer.echo(json.dumps(study_schema(), indent=2))
