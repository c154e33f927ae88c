"""How a study was made: commands, versions, seeds, machine."""

from collections.abc import Sequence
from datetime import UTC, datetime

from . import __version__
from .run import RunRow, SweepRow
from .study import Study
from .table import duration, one_line


def how_made(row: SweepRow, study: Study, runs: Sequence[RunRow]) -> dict[str, str]:
    """How to make the study again, and on what it was made."""
    spec, workload = study.spec, study.workload
    command = f"sweeper run --study {spec.name} --workload {workload.name} --trials {row.wanted}"
    started = [run.started for run in runs if run.started]
    finished = [run.finished for run in runs if run.finished]
    seconds = [run.seconds for run in runs if run.seconds is not None]
    memory = [run.peak_memory_mb for run in runs if run.peak_memory_mb is not None]
    versions = sorted({f"{name} {version}" for run in runs for name, version in (run.versions or {}).items()})
    devices = sorted({_machine(run) for run in runs if run.device})
    facts = {
        "Commands": f"{command}; sweeper report --study {row.name}",
        "Workload": f"{workload.name}: {workload.description}",
        "Sampler": f"{spec.sampler.name}, seed {spec.sampler.seed}",
        "Training seeds": ", ".join(map(str, spec.seeds)),
        "Begun": _moment(row.created),
        "Trials ran": f"{_moment(min(started))} to {_moment(max(finished))}" if started and finished else "",
        "Time in trials": duration(sum(seconds)) if seconds else "",
        "Device of a trial": "; ".join(devices),
        "Peak memory of a trial": f"{max(memory):,.0f} MiB" if memory else "",
        "Versions": ", ".join(versions),
        "Settings": f"SHA-256 {row.digest}",
        "Report": f"{_moment(datetime.now(UTC))}, sweeper {__version__}",
    }
    return {name: one_line(fact) for name, fact in facts.items() if fact}


def _machine(run: RunRow) -> str:
    return (
        f"{run.device}, {run.threads} CPU thread{'' if run.threads == 1 else 's'}"
        if run.threads
        else str(run.device)
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
