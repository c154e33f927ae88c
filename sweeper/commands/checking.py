"""The commands for whoever writes a study file: is it right, and what may it hold."""

import json
from typing import Annotated

import typer

from ..options import STUDY_FILE, WorkloadName, named_study
from ..rundir import data_folder


def validate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=STUDY_FILE)],
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing.

    Example: `sweeper validate studies/mine.yaml --workload minilm`
    """
    from model.tasks import overall_formula

    from ..search import grid_size
    from ..sweep import check_inputs

    loaded = named_study(study, workload)
    check_inputs(loaded, data_folder())
    size = grid_size(loaded)
    typer.echo(f"{loaded.name} is valid: arms {', '.join(loaded.spec.arms)}; {overall_formula(loaded.tasks)}")
    typer.echo(f"It ends after {size} trials." if size else "It goes on for as many trials as asked.")


def schema() -> None:
    """Prints the JSON Schema of study files, for editors.

    Example: `sweeper schema > study.schema.json`
    """
    from ..schema import study_schema

    typer.echo(json.dumps(study_schema(), indent=2))
