"""The command that checks a study file."""

from typing import Annotated

import typer

from ..paths import data_folder
from .options import STUDY_FILE, WorkloadName, named_study


def validate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help=STUDY_FILE)],
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing.

    Example: `sweeper validate studies/mine.yaml --workload minilm`
    """
    from model.tasks import overall_formula

    from ..search.ending import end_of
    from ..sweep.checks import check_inputs

    loaded = named_study(study, workload)
    check_inputs(loaded, data_folder())
    end = end_of(loaded)
    typer.echo(f"{loaded.name} is valid: arms {', '.join(loaded.spec.arms)}; {overall_formula(loaded.tasks)}")
    typer.echo(f"It {end}." if end else "It goes on for as many trials as asked.")
