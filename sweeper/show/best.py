"""The best trial of a study, in words."""

import statistics

from model.tasks import overall_formula

from ..errors import InputError
from ..store.study import StudyStore
from ..study.load import stored_study
from ..text import brief, nearest, one_line, setting_line
from ..trial import RunState, TrialRow


def best_run(store: StudyStore, arm: str | None = None) -> TrialRow:
    """The complete trial with the highest `overall`, the first among equals.

    Args:
        store: The study.
        arm: Only the trials of this arm.

    Raises:
        InputError: If there is no such arm, or none of its trials is complete.
    """
    row = store.row
    if arm is not None and arm not in row.study["arms"]:
        raise InputError(f"study {row.name!r} has no arm {arm!r}{nearest(arm, row.study['arms'])}")
    found = [
        (one.scores["overall"], -one.number)
        for one in store.trials.standings()
        if one.state is RunState.COMPLETE and one.scores is not None and arm in (None, one.arm)
    ]
    run = store.trials.row(-max(found)[1]) if found else None
    if run is None:
        where = f"study {row.name!r}" + (f", arm {arm!r}," if arm else "")
        raise InputError(f"{where} has no complete trial yet")
    return run


def best_text(store: StudyStore, run: TrialRow) -> str:
    """A complete trial in words: scores and their formula, its setting, and what its other seeds say.

    Args:
        store: The study.
        run: The trial.
    """
    study = stored_study(store.row)
    scores = run.scores or {}
    parts = ", ".join(f"{name} {scores[name]:.4f}" for name in study.tasks)
    lines = [
        f"{store.row.name} trial {run.number}: overall {scores['overall']:.4f} ({parts}), "
        f"epoch {run.best_epoch}",
        overall_formula(study.tasks),
        f"arm: {one_line(run.arm)}",
        f"hyperparameters: {setting_line(run.params, brief) or 'none sampled'}",
        f"seed: {run.seed}",
    ]
    alike = [
        other.scores["overall"]
        for other in store.trials.rows()
        if (other.arm, other.configuration) == (run.arm, run.configuration)
        and other.state is RunState.COMPLETE
        and other.scores is not None
    ]
    if len(alike) > 1:
        mean, error = statistics.fmean(alike), statistics.stdev(alike) / len(alike) ** 0.5
        lines.append(
            f"mean of its {len(alike)} seeds: overall {mean:.4f} ± {error:.4f} (standard error); "
            "this seed is the best of them"
        )
    return "\n".join(line for line in (*lines, one_line(study.workload.notice)) if line)
