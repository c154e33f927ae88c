"""The command that checks a study file."""

import typer

from ..paths import data_folder
from ..text import plural
from .command import StudyFile
from .options import WorkloadName, named_study


def validate(
    *,
    study: StudyFile,
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing.

    Example: `sweeper validate studies/mine.yaml --workload minilm`
    """
    from model.tasks import overall_formula

    from ..show.outline import outline
    from ..study.study import grid_size
    from ..sweep.checks import check_inputs

    loaded = named_study(study, workload)
    check_inputs(loaded, data_folder())
    size = grid_size(loaded)
    end = f"It ends after {plural(size, 'trial')}." if size else "It goes on for as many trials as asked."
    lines = [f"{loaded.name} is valid: {overall_formula(loaded.tasks)}", *outline(loaded), end]
    typer.echo("\n".join(lines))
