"""How a study was made: commands, data, versions, seeds, machines, and what was changed on the way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ..show.made import NOT_RECORDED, commit_line, file_lines, precision_words, row_lines, weights_line
from ..study.rowsread import data_read, versions
from ..study.study import Study
from ..text import duration, one_line, plural, trial_names
from ..trial import StudyRow, TrialRow
from ..url import without_secrets
from ..version import __version__

RECORDED = ("Commit", "Encoder weights", "Processor")
"""Facts that a study either has of its trials or says that it has not."""


class Recorded(Protocol):
    """A study as it stands, with what its trials were made from."""

    @property
    def row(self) -> StudyRow:
        """It as stored."""

    @property
    def study(self) -> Study:
        """What the row holds."""

    @property
    def trials(self) -> Sequence[TrialRow]:
        """All of them, by number."""

    @property
    def changes(self) -> Sequence[tuple[datetime, str]]:
        """When something was changed in it, UTC, and what."""

    @property
    def provenance(self) -> Mapping[str, Mapping[str, Any]]:
        """What the trials were made from, by digest."""


def how_made(
    row: StudyRow,
    study: Study,
    runs: Sequence[TrialRow],
    changes: Sequence[tuple[datetime, str]],
    written: datetime,
    *,
    kept: Mapping[str, Mapping[str, Any]],
    confirmation: Recorded | None,
) -> dict[str, str]:
    """How to make the study again, on what it was made, and where its trials differ.

    Args:
        row: The study as stored.
        study: The study.
        runs: Its trials.
        changes: When something was changed in it since it was begun, and what.
        written: When the report is written.
        kept: What the trials were made from, by the digests that they name.
        confirmation: The study that trained its leaders again at fresh seeds, if there is one.

    Returns:
        Facts by their names, in one line or several; those of which nothing is known are left out.
    """
    facts = _study(row, study, changes) | _made(runs, kept)
    if confirmation is not None:
        commands, again = facts["Commands"], confirmation.study.spec
        fresh = [seed for seed in again.seeds if seed not in study.spec.seeds] or again.seeds
        command = f"sweeper confirm {row.name} --top {len(again.arms)} --seeds {len(fresh)}"
        facts["Commands"] = [*commands[:1], command, *commands[1:]]
        facts |= {f"Confirmation: {name}": lines for name, lines in _confirmation(confirmation).items()}
    facts["Report"] = [f"{_moment(written)}, sweeper {__version__}"]
    return {
        name: "\n".join(one_line(without_secrets(line)) for line in lines)
        for name, lines in facts.items()
        if lines
    }


def _confirmation(confirmation: Recorded) -> dict[str, Sequence[str]]:
    """What its own report says of a confirmation, but for what is the search's too."""
    told = ("Workload", "Search", "Commands")
    own = _study(confirmation.row, confirmation.study, confirmation.changes)
    count = {"Study": [f"{confirmation.row.name}, {plural(len(confirmation.trials), 'trial')}"]}
    made = _made(confirmation.trials, confirmation.provenance)
    return count | {name: lines for name, lines in own.items() if name not in told} | made


def _made(runs: Sequence[TrialRow], kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[str]]:
    facts = _inputs(runs, kept) | _trials(runs, kept) | _exceptions(runs)
    return {
        name: [NOT_RECORDED] if not lines and name in RECORDED and runs else lines
        for name, lines in facts.items()
    }


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


def _inputs(runs: Sequence[TrialRow], kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[str]]:
    """The commits, files, rows and weights of the trials."""
    folders = [
        (kept[run.working_folder], run.number)
        for run in runs
        if run.working_folder and run.working_folder in kept
    ]
    inputs = [(kept[run.inputs], run.number) for run in runs if run.inputs and run.inputs in kept]
    return {
        "Commit": _list_trials(_numbers((commit_line(one), number) for one, number in folders)),
        "Files": _list_trials(_numbers((line, n) for one, n in inputs for line in file_lines(one))),
        "Rows": _list_trials(_numbers((line, n) for one, n in inputs for line in row_lines(one))),
        "Encoder weights": _list_trials(_numbers((weights_line(one), n) for one, n in inputs)),
        "Parameters": _list_trials(_numbers((f"{one['parameters']:,}", n) for one, n in inputs)),
    }


def _trials(runs: Sequence[TrialRow], kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[str]]:
    started = [run.started for run in runs if run.started]
    finished = [run.finished for run in runs if run.finished]
    seconds = [run.seconds for run in runs if run.seconds is not None]
    memory = [run.peak_memory_mb for run in runs if run.peak_memory_mb is not None]
    read = _numbers((f"SHA-256 {run.fingerprint}", run.number) for run in runs if run.fingerprint)
    changed = len(versions(each for run in runs for each in data_read(run, kept))) > 1
    packages = {f"{name} {version}" for run in runs for name, version in (run.versions or {}).items()}
    return {
        "Data": [
            *_list_trials(read),
            *(["The data changed: trials of the same settings read others."] if changed else []),
        ],
        "Trials ran": [f"{_moment(min(started))} to {_moment(max(finished))}"]
        if started and finished
        else [],
        "Time in trials": [duration(sum(seconds))] if seconds else [],
        "Machines": _list_trials(_machines(runs)),
        "Processor": _list_trials(_numbers((run.processor, run.number) for run in runs if run.processor)),
        "Device of a trial": sorted({_device(run) for run in runs if run.device}),
        "Peak memory of a trial": [f"{max(memory):,.0f} MiB"] if memory else [],
        "Versions": [", ".join(sorted(packages))] if packages else [],
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


def _list_trials(trials: Mapping[str, Sequence[int]]) -> list[str]:
    return [f"{name}: {trial_names(numbers)}" for name, numbers in trials.items()]


def _device(run: TrialRow) -> str:
    threads = f", {plural(run.threads, 'CPU thread')}" if run.threads else ""
    return f"{run.device}{threads}{precision_words(run)}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
