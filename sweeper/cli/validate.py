"""The command that checks a study file."""

from ..paths import data_folder
from .command import StudyFile
from .options import WorkloadName, named_study
from .say import say


def validate(
    *,
    study: StudyFile,
    workload: WorkloadName = None,
) -> None:
    """Checks a study file, its workload and its data, and runs nothing.

    Example: `sweeper validate studies/mine.yaml --workload minilm`
    """
    from model.tasks import overall_formula

    from ..search.ending import end_of
    from ..show.outline import outline
    from ..sweep.checks import check_inputs

    loaded = named_study(study, workload)
    check_inputs(loaded, data_folder())
    end = end_of(loaded)
    ends = f"It {end}." if end else "It goes on for as many trials as asked."
    lines = [f"{loaded.name} is valid: {overall_formula(loaded.tasks)}", *outline(loaded), ends]
    say("\n".join(lines))
