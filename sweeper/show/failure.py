"""A failed trial in words: what happened, how far it was, and the nearest configuration that worked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.result import RAW, judged, judged_by

from ..study.space import Choice, Space, Value
from ..text import NONE, brief, last_line, one_line, setting_line
from ..trial import ErrorClass, MetricKey, PastTrial, RunState, TrialRow

_HAPPENED = {
    ErrorClass.OOM: "memory ran out",
    ErrorClass.NAN: "a loss was not finite, and the trial ended at that step",
    ErrorClass.KILLED: "its process was killed from outside",
    ErrorClass.TIMEOUT: "it took longer than a trial may take, and was ended",
    ErrorClass.ERROR: "an error ended it",
}


@dataclass(frozen=True)
class Neighbour:
    """A trial that worked.

    Attributes:
        trial: The trial.
        differs: Its values of the hyperparameters that are others than those of the failed trial.
        distance: Sum of the distances of these values, each from 0 to 1: on the entry's scale for numbers, 1
            for words.
    """

    trial: PastTrial
    differs: dict[str, Value]
    distance: float


def failure_lines(
    run: TrialRow,
    metrics: Mapping[MetricKey, float | None],
    history: Iterable[PastTrial],
    space: Mapping[str, Space],
) -> list[str]:
    """What happened to a failed trial.

    Args:
        run: The trial.
        metrics: Its metrics.
        history: All trials of the study.
        space: The study's space, for the distances.
    """
    done = max((key[0] for key in metrics), default=0)
    lines = [_describe_failure(run, done)]
    if done:
        last = (
            f"{task} {value:.4f}"
            for (epoch, split, task, name), value in sorted(metrics.items())
            if (epoch, split) == (done, "dev") and value is not None and not name.startswith(RAW)
        )
        lines.append(f"Last dev scores, of epoch {done}: {', '.join(last) or 'none is a number'}.")
    if run.peak_memory_mb:
        lines.append(f"Peak memory: {run.peak_memory_mb:.0f} MiB.")
    return [*lines, _describe_neighbour(run, nearest_success(run, history, space))]


def nearest_success(
    run: TrialRow, history: Iterable[PastTrial], space: Mapping[str, Space]
) -> Neighbour | None:
    """The complete trial with the fewest hyperparameters that differ, then at the least distance.

    The arm counts as one hyperparameter. The seed counts where all else is equal.
    """
    found = [_neighbour(run, trial, space) for trial in history if trial.state is RunState.COMPLETE]

    def rank(neighbour: Neighbour) -> tuple[int, float, bool, int]:
        trial = neighbour.trial
        return len(neighbour.differs), neighbour.distance, trial.seed != run.seed, trial.number

    return min(found, key=rank, default=None)


def _describe_failure(run: TrialRow, done: int) -> str:
    kind = run.error_class or ErrorClass.ERROR
    happened = _HAPPENED[kind]
    if kind is ErrorClass.OOM and run.halvings:
        happened += ", with half the micro-batch too"
    epochs = run.config["epochs"]
    where = f"in epoch {done + 1} of {epochs}" if done < epochs else f"after its last epoch, {epochs}"
    said = last_line(run.traceback)
    quoted = f": {one_line(said)}" if said else "."
    return f"What happened: {where}, {happened}{quoted}"


def _describe_neighbour(run: TrialRow, neighbour: Neighbour | None) -> str:
    if neighbour is None:
        return "No trial of the study has worked so far."
    trial = neighbour.trial
    scored = f" ({judged_by(trial.scores)} {judged(trial.scores):.4f})" if trial.scores else ""
    own = {"arm": run.arm, **run.params}
    unlike = [_instead(key, value, own.get(key, NONE)) for key, value in neighbour.differs.items()]
    if not unlike:
        return f"The same configuration worked in trial {trial.number}{scored}, with seed {trial.seed}."
    instead = one_line(", ".join(unlike))
    return f"Nearest configuration that worked: trial {trial.number}{scored}, with {instead}."


def _instead(key: str, theirs: Value, ours: Value) -> str:
    """Two values of a hyperparameter, in full where three digits would not tell them apart."""
    write = brief if brief(theirs) != brief(ours) else str
    return f"{setting_line({key: theirs}, write)} instead of {write(ours)}"


def _neighbour(run: TrialRow, trial: PastTrial, space: Mapping[str, Space]) -> Neighbour:
    differs: dict[str, Value] = {} if trial.arm == run.arm else {"arm": trial.arm}
    # What applies to one of them alone differs, and has no value in the other.
    pairs = {
        key: (run.params.get(key, NONE), trial.params.get(key, NONE))
        for key in dict.fromkeys([*run.params, *trial.params])
    }
    differs |= {key: theirs for key, (ours, theirs) in pairs.items() if ours != theirs}
    distance = sum(
        _distance(space[key], pairs[key][0], value) if key in space else 1.0 for key, value in differs.items()
    )
    return Neighbour(trial, differs, distance)


def _distance(entry: Space, one: Value, other: Value) -> float:
    if isinstance(one, bool | str | None) or isinstance(other, bool | str | None):
        return 1.0
    if isinstance(entry, Choice):
        numbers = [value for value in entry.values if isinstance(value, int | float)]
        return abs(one - other) / ((max(numbers) - min(numbers)) or 1)
    return abs(entry.unit(one) - entry.unit(other))  # type: ignore[arg-type]
