"""The command that checks a study file, or a workload."""

import sys
from functools import partial
from typing import Annotated

import typer

from ..paths import data_folder
from .command import Which
from .options import WorkloadName
from .say import say

STUDY_OR_WORKLOAD = (
    "Name of a study, with or without @workload, or of a workload; or path of the file of either."
)


def validate(
    *,
    study: Annotated[str, Which(STUDY_OR_WORKLOAD, needed=True, run=False)],
    workload: WorkloadName = None,
    show: Annotated[
        int,
        typer.Option(
            "--show", min=0, metavar="N", help="Show N rows of each split as the trainer will see them."
        ),
    ] = 0,
) -> None:
    """Checks a study, its workload and its data, and runs nothing; or a workload and its data alone.

    Says what the data hold: rows, labels, what is left out and why, repeated texts, texts that are cut.

    Example: `sweeper validate studies/mine.yaml --workload minilm`

    A workload, and three rows of each split: `sweeper validate demo --show 3`
    """
    from model.config import TrainConfig
    from model.data.survey import cut_shares
    from model.errors import EncoderError

    from ..api.training import named_study
    from ..search.ending import end_of
    from ..show.data import data_lines, data_warnings, sample_lines
    from ..show.outline import outline
    from ..study.load import is_workload, load_workload
    from ..sweep.checks import check_inputs
    from ..sweep.precision import precision_line

    alone = workload is None and is_workload(study)
    told = partial(say, err=True)
    loaded = load_workload(study, told) if alone else named_study(study, workload, told)
    read = check_inputs(loaded, data_folder())
    first = loaded.config(next(iter(loaded.spec.arms)), loaded.first, loaded.spec.seeds[0])
    tasks = first.tasks
    try:
        cut = cut_shares(first.encoder, tasks, read.surveys) if isinstance(first, TrainConfig) else {}
    except EncoderError as error:
        cut = {}
        say(f"Which texts are cut at encoder.max_length is not known: {error}", err=True)
    name = loaded.workload.name if alone else loaded.name
    lines = [f"{name} is valid: {loaded.overall.words(tasks)}"]
    if not alone:
        end = end_of(loaded)
        lines += [*outline(loaded), f"It {end}." if end else "It goes on for as many trials as asked."]
    lines += filter(None, [precision_line(loaded)])
    say("\n".join([*lines, *data_lines(read, cut), *sample_lines(read, show)]))
    sys.stdout.flush()
    for line in data_warnings(read):
        say(f"Warning: {line}", err=True)
