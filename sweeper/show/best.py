"""The best trial of a study, in words."""

import statistics
from collections.abc import Sequence

from model.result import judged, judged_by

from ..errors import InputError
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.tracks import joint_tasks
from ..text import brief, nearest, one_line, plural, setting_line
from ..trial import RunState, StudyRow, TrialRow


def best_run(store: StudyStore, arm: str | None = None) -> TrialRow:
    """The complete trial with the highest `overall`, the first among equals; of an arm, by what judges it.

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
        InputError: If there is no such arm, or not as many of its trials are complete, or they train
            different tasks and none trains all.
    """
    row = store.row
    check_arm(row, arm)
    complete = [
        one
        for one in store.trials.standings()
        if one.state is RunState.COMPLETE and one.scores is not None and arm in (None, one.arm)
    ]
    kinds = {frozenset(one.scores or ()) for one in complete}
    if any("overall" in kind for kind in kinds):
        complete = [one for one in complete if "overall" in (one.scores or {})]
    elif len(kinds) > 1:
        arms = ", ".join(dict.fromkeys(one_line(one.arm) for one in complete))
        raise InputError(
            f"no trial of study {row.name!r} trains all tasks, so that none has an overall: "
            f"name an arm with --arm ({arms})"
        )
    ranked = sorted(complete, key=lambda one: (-judged(one.scores or {}), one.number))
    networks: dict[int, int] = {}
    for one in ranked:
        networks.setdefault(one.number if one.reused_from is None else one.reused_from, one.number)
    runs = [
        run for number in list(networks.values())[:count] if (run := store.trials.row(number)) is not None
    ]
    if len(runs) < count:
        where = f"study {row.name!r}" + (f", arm {arm!r}," if arm else "")
        with_overall = " with an overall" if len(kinds) > 1 else ""
        raise InputError(f"{where} has {_too_few(len(runs), len(complete), with_overall)}")
    return runs


def _too_few(networks: int, complete: int, which: str) -> str:
    """What there is instead of as many networks as were asked for."""
    if not networks:
        return "no complete trial yet"
    trials = f"{plural(complete, 'complete trial')}{which}"
    if networks == complete:
        return f"only {trials}"
    return f"only {plural(networks, 'network')} among {trials}: the others reuse a result"


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
    tasks = {name: task for name, task in study.tasks.items() if name in scores}
    called, overall = judged_by(scores), study.overall.only(tasks)
    parts = ", ".join(f"{name} {scores[name]:.4f}" for name in tasks)
    left_out = [name for name in study.tasks if name not in tasks]
    lines = [
        f"{store.row.name} trial {run.number}: {called} {judged(scores):.4f} ({parts}), "
        f"epoch {run.best_epoch}",
        overall.words(tasks, called),
        f"not trained: {', '.join(left_out)}; so there is no overall" if left_out else "",
        f"arm: {one_line(run.arm)}",
        f"hyperparameters: {setting_line(run.params, brief) or 'none sampled'}",
        f"seed: {run.seed}",
    ]
    complete = [
        (other, judged(other.scores))
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
            f"mean of its {len(alike)} seeds: {called} {mean:.4f} ± {error:.4f} (standard error); "
            "this seed is the best of them"
        )
    return "\n".join(line for line in (*lines, one_line(study.workload.notice)) if line)


def _tracks(run: TrialRow, complete: Sequence[tuple[TrialRow, float]]) -> list[str]:
    """How a trial encodes pairs, and the best trial that does it otherwise; nothing where all are apart."""
    tasks = joint_tasks(run.config)
    like = (run.scores or {}).keys()
    others = [
        (one, score)
        for one, score in complete
        if bool(joint_tasks(one.config)) != bool(tasks) and (one.scores or {}).keys() == like
    ]
    said = [f"pairs: together in {', '.join(tasks)}, as a cross-encoder"] if tasks else []
    if others:
        best, overall = max(others, key=lambda each: (each[1], -each[0].number))
        said = said or ["pairs: apart, each sentence by itself"]
        said.append(
            f"best with pairs {'apart' if tasks else 'together'}, a track of its own: trial {best.number}, "
            f"arm {one_line(best.arm)}, {judged_by(best.scores or {})} {overall:.4f}"
        )
    return said
