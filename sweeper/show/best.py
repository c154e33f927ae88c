"""The best trial of a study, in words."""

import statistics
from collections.abc import Sequence

from ..errors import InputError
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.recorded import joint_tasks
from ..text import brief, nearest, one_line, plural, setting_line
from ..trial import RunState, StudyRow, TrialRow


def best_run(store: StudyStore, arm: str | None = None) -> TrialRow:
    """The complete trial with the highest `overall`, the first among equals.

    Args:
        store: The study.
        arm: Only the trials of this arm.

    Raises:
        InputError: If there is no such arm, or none of its trials is complete.
    """
    return best_runs(store, arm, 1)[0]


def best_runs(store: StudyStore, arm: str | None, count: int) -> list[TrialRow]:
    """The complete trials with the highest `overall`, each network once, the first among equals first.

    Args:
        store: The study.
        arm: Only the trials of this arm.
        count: How many.

    Raises:
        InputError: If there is no such arm, or not as many of its trials are complete.
    """
    row = store.row
    check_arm(row, arm)
    complete = [
        one
        for one in store.trials.standings()
        if one.state is RunState.COMPLETE and one.scores is not None and arm in (None, one.arm)
    ]
    ranked = sorted(complete, key=lambda one: (-(one.scores or {})["overall"], one.number))
    networks = {
        one.number if one.reused_from is None else one.reused_from: one.number for one in reversed(ranked)
    }
    best = list(reversed(networks.values()))[:count]
    runs = [run for number in best if (run := store.trials.row(number)) is not None]
    if len(runs) < count:
        where = f"study {row.name!r}" + (f", arm {arm!r}," if arm else "")
        there = f"only {plural(len(runs), 'complete trial')}" if runs else "no complete trial yet"
        raise InputError(f"{where} has {there}")
    return runs


def check_arm(row: StudyRow, arm: str | None) -> None:
    """Looks whether a study has an arm.

    Raises:
        InputError: If one is named that it has not.
    """
    if arm is not None and arm not in row.study["arms"]:
        raise InputError(f"study {row.name!r} has no arm {arm!r}{nearest(arm, row.study['arms'])}")


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
        study.overall.words(study.tasks),
        f"arm: {one_line(run.arm)}",
        f"hyperparameters: {setting_line(run.params, brief) or 'none sampled'}",
        f"seed: {run.seed}",
    ]
    complete = [
        (other, other.scores["overall"])
        for other in store.trials.rows()
        if other.state is RunState.COMPLETE and other.scores is not None
    ]
    lines += _tracks(run, complete)
    alike = [
        overall
        for other, overall in complete
        if (other.arm, other.configuration) == (run.arm, run.configuration)
    ]
    if len(alike) > 1:
        mean, error = statistics.fmean(alike), statistics.stdev(alike) / len(alike) ** 0.5
        lines.append(
            f"mean of its {len(alike)} seeds: overall {mean:.4f} ± {error:.4f} (standard error); "
            "this seed is the best of them"
        )
    return "\n".join(line for line in (*lines, one_line(study.workload.notice)) if line)


def _tracks(run: TrialRow, complete: Sequence[tuple[TrialRow, float]]) -> list[str]:
    """How a trial encodes pairs, and the best trial that does it otherwise; nothing where all are apart."""
    tasks = joint_tasks(run.config)
    others = [(one, overall) for one, overall in complete if bool(joint_tasks(one.config)) != bool(tasks)]
    said = [f"pairs: together in {', '.join(tasks)}, as a cross-encoder"] if tasks else []
    if others:
        best, overall = max(others, key=lambda each: (each[1], -each[0].number))
        said = said or ["pairs: apart, each sentence by itself"]
        said.append(
            f"best with pairs {'apart' if tasks else 'together'}, a track of its own: trial {best.number}, "
            f"arm {one_line(best.arm)}, overall {overall:.4f}"
        )
    return said
