"""How a study was made: commands, data, versions, seeds, machines, and what was changed on the way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ..study.study import Study
from ..text import duration, one_line, trial_names
from ..trial import StudyRow, TrialRow
from ..version import __version__


def how_made(
    row: StudyRow, study: Study, runs: Sequence[TrialRow], changes: Sequence[tuple[datetime, str]]
) -> dict[str, str]:
    """How to make the study again, on what it was made, and where its trials differ.

    Args:
        row: The study as stored.
        study: The study.
        runs: Its trials.
        changes: When something was changed in it since it was begun, and what.

    Returns:
        Facts by their names, in one line or several; those of which nothing is known are left out.
    """
    facts = _study(row, study, changes) | _trials(runs) | _exceptions(runs)
    facts["Report"] = [f"{_moment(datetime.now(UTC))}, sweeper {__version__}"]
    return {name: "\n".join(map(one_line, lines)) for name, lines in facts.items() if lines}


def _study(row: StudyRow, study: Study, changes: Sequence[tuple[datetime, str]]) -> dict[str, Sequence[str]]:
    spec, workload = study.spec, study.workload
    return {
        "Commands": [
            f"sweeper run --study {spec.name} --workload {workload.name} --trials {row.wanted}",
            f"sweeper report --study {row.name}",
        ],
        "Workload": [f"{workload.name}: {workload.description}"],
        "Search": [
            f"{spec.sampler.name}, seed {spec.sampler.seed}, on {', '.join(spec.objectives)}",
            *([] if spec.pruner.name == "none" else [f"stopped early by {spec.pruner.name}"]),
        ],
        "Training seeds": [", ".join(map(str, spec.seeds))],
        "Settings": [f"SHA-256 {row.digest}"],
        "Begun": [f"{_moment(row.created)}, sweeper {row.version}"],
        "Changed since": [f"{_moment(moment)}: {what}" for moment, what in changes],
    }


def _trials(runs: Sequence[TrialRow]) -> dict[str, Sequence[str]]:
    started = [run.started for run in runs if run.started]
    finished = [run.finished for run in runs if run.finished]
    seconds = [run.seconds for run in runs if run.seconds is not None]
    memory = [run.peak_memory_mb for run in runs if run.peak_memory_mb is not None]
    read = _numbers((f"SHA-256 {run.fingerprint}", run.number) for run in runs if run.fingerprint)
    versions = {f"{name} {version}" for run in runs for name, version in (run.versions or {}).items()}
    return {
        "Data": [
            *_listed(read),
            *(["These trials did not all read the same data."] if len(read) > 1 else []),
        ],
        "Trials ran": [f"{_moment(min(started))} to {_moment(max(finished))}"]
        if started and finished
        else [],
        "Time in trials": [duration(sum(seconds))] if seconds else [],
        "Machines": _listed(_machines(runs)),
        "Device of a trial": sorted({_device(run) for run in runs if run.device}),
        "Peak memory of a trial": [f"{max(memory):,.0f} MiB"] if memory else [],
        "Versions": [", ".join(sorted(versions))] if versions else [],
    }


def _exceptions(runs: Sequence[TrialRow]) -> dict[str, Sequence[str]]:
    """The trials that did not run once, straight through, as proposed."""
    again = [run.number for run in runs if run.attempts > 1]
    halved = [run.number for run in runs if run.halvings]
    reused = [run.number for run in runs if run.reused_from is not None]
    return {
        "Started more than once": [trial_names(again)] if again else [],
        "Trained with a smaller micro-batch, after memory ran out": [trial_names(halved)] if halved else [],
        "With the result of an identical trial": [trial_names(reused)] if reused else [],
    }


def _machines(runs: Sequence[TrialRow]) -> dict[str, list[int]]:
    """Which trials each machine ran last. Numbered: a report may go where names of machines should not."""
    numbers = {
        machine: place for place, machine in enumerate(dict.fromkeys(r.machine for r in runs if r.machine), 1)
    }
    return _numbers(
        (f"machine {numbers[run.machine]}, {run.machine.rpartition(', ')[2]}", run.number)
        for run in runs
        if run.machine
    )


def _numbers(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """The numbers of the trials of each name, in the order of the names' first trials."""
    found: dict[str, list[int]] = {}
    for name, number in pairs:
        found.setdefault(name, []).append(number)
    return found


def _listed(trials: Mapping[str, Sequence[int]]) -> list[str]:
    return [f"{name}: {trial_names(numbers)}" for name, numbers in trials.items()]


def _device(run: TrialRow) -> str:
    return (
        f"{run.device}, {run.threads} CPU thread{'' if run.threads == 1 else 's'}"
        if run.threads
        else str(run.device)
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
