"""The command that prints the JSON Schema of study files."""

import json

import typer


def schema() -> None:
    """Prints the JSON Schema of study files, for editors.

    Example: `sweeper schema > study.schema.json`
    """
    from ..study.schema import study_schema

    typer.echo(json.dumps(study_schema(), indent=2))
