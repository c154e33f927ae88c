"""What a trial and a study are, as frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from model.result import are_scores

from .errors import DatabaseError

if TYPE_CHECKING:  # it takes long to import, and the command line needs but the states
    from model.config.trainers import AnyConfig


class RunState(StrEnum):
    """Where a trial stands: queued, then running, then one of the three final states."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether the trial has its outcome."""
        return self not in UNFINISHED


UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


class ErrorClass(StrEnum):
    """Why a trial failed."""

    OOM = "oom"
    NAN = "nan"
    KILLED = "killed"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True)
class StudyRow:
    """One study as it was begun.

    Attributes:
        id: Key in the database.
        name: ``<study>@<workload>``.
        study: The study file as run, as JSON.
        workload: The workload as run, as JSON.
        digest: Hash by which a changed study file is noticed.
        wanted: Number of trials asked for in total.
        version: Version of sweeper that began it.
        created: When it was begun, UTC.
        study_id: Key of the study in Optuna's tables.
        uuid: What tells it from any other study, in all copies of it.
        written: SHA-256 of what is kept of its files; None where it was not begun, or changed, from files.
        folder: Name of the folder of its runs; None: its own name.
        archived: Since when commands that name no study leave it out, UTC; None: they do not.
        origin: Where its trials were made, if not by sweeper: a `ForeignStudy` as JSON.
    """

    id: int
    name: str
    study: dict[str, Any]
    workload: dict[str, Any]
    digest: str
    wanted: int
    version: str
    created: datetime
    study_id: int
    uuid: str
    written: str | None = None
    folder: str | None = None
    archived: datetime | None = None
    origin: dict[str, Any] | None = None

    @property
    def arms(self) -> list[str]:
        """The names of its arms; a DatabaseError if it has none."""
        if not isinstance(arms := self.study.get("arms"), Mapping):
            raise DatabaseError(f"study {self.name!r} cannot be read: its arms are missing")
        return list(arms)

    @property
    def objectives(self) -> tuple[str, ...]:
        """The scores that it raises."""
        return objectives(self.study)


def objectives(study: Mapping[str, Any]) -> tuple[str, ...]:
    """The scores that a study raises, from its JSON."""
    written = study.get("objective", "overall")
    return (written,) if isinstance(written, str) else tuple(written)


@dataclass(frozen=True)
class TrialRow:
    """One trial as it stands.

    Attributes:
        id: Key in the database.
        number: Number of the trial in its study, from 0.
        trial_id: Key of the trial in Optuna's tables.
        arm: Name of the arm.
        params: What the search chose, by the names of the study file.
        config: The whole ``TrainConfig``, as JSON.
        seed: Training seed.
        state: Where the trial stands.
        owner: The driver that runs it, or ran it last.
        lease_expires: Until when nobody else may take it over, UTC.
        attempts: How often it was started.
        threads: CPU threads of the latest attempt.
        device: Device of the latest attempt; None of an own trainer, for which there was ``cpu`` once.
        versions: Package versions of the latest attempt.
        created: When it was queued, UTC.
        started: When it was first started, UTC.
        finished: When its outcome was recorded, UTC.
        seconds: Wall time of the attempts that had an outcome, with the epochs that the first of these found.
        peak_memory_mb: Highest memory of its process in MiB.
        best_epoch: Epoch with the highest `overall`, or what is in its place (`judged`), from 1.
        scores: Dev scores of the best epoch by name: what judges the trial, and each task that it trains.
        error_class: Why it failed.
        traceback: Traceback of the failure.
        configuration: Which configuration of its arm it trains, from 0; trials that share it differ in seed.
        halvings: How often its micro-batch was halved, and its accumulation doubled, after memory ran out.
        reused_from: Number of the trial whose result it has, because their configurations are identical.
        machine: Host, and architecture of its processor, of the latest attempt.
        fingerprint: SHA-256 of its data, known from its first epoch on.
        digest: SHA-256 of its configuration as proposed, by which identical ones are found.
        working_folder: SHA-256 of what is kept of the user's working folder as the latest attempt found it.
        inputs: SHA-256 of what is kept of the data and weights that the latest attempt read.
        processor: Processor of the latest attempt, with its vector units.
        processor_seconds: Processor time, user and system, of all threads, up to its latest epoch.
        step_seconds: Mean wall time of its training steps up to its latest epoch.
        written: SHA-256 of what is kept of the study's files as they were when it was proposed.
        pair_seconds: Wall time of predicting 1,000 dev pairs after its latest epoch.
        deaths: How many drivers died while it ran, since its latest epoch.
    """

    id: int
    number: int
    trial_id: int
    arm: str
    params: dict[str, Any]
    config: dict[str, Any]
    seed: int
    state: RunState
    owner: str | None
    lease_expires: datetime | None
    attempts: int
    threads: int | None
    device: str | None
    versions: dict[str, Any] | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    seconds: float | None
    peak_memory_mb: float | None
    best_epoch: int | None
    scores: dict[str, float] | None
    error_class: ErrorClass | None
    traceback: str | None
    configuration: int
    halvings: int = 0
    reused_from: int | None = None
    machine: str | None = None
    fingerprint: str | None = None
    digest: str | None = None
    working_folder: str | None = None
    inputs: str | None = None
    processor: str | None = None
    processor_seconds: float | None = None
    step_seconds: float | None = None
    written: str | None = None
    pair_seconds: float | None = None
    deaths: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: COMPLETE, PRUNED or FAILED.
        seconds: Wall time of the attempt.
        best_epoch: Epoch with the highest score, from 1; None if there was no evaluation.
        scores: Dev scores of that epoch, among them what judges it; None if there was no evaluation.
        peak_memory_mb: Highest memory of the trial's process in MiB, where known.
        earlier_seconds: Wall time of the epochs that it went on from, which attempts before it had trained.
        error_class: Why it failed; for FAILED only.
        traceback: Traceback of the failure; for FAILED only.

    Raises:
        ValueError: If the parts contradict one another.
    """

    state: RunState
    seconds: float
    best_epoch: int | None = None
    scores: dict[str, float] | None = None
    peak_memory_mb: float | None = None
    earlier_seconds: float = 0.0
    error_class: ErrorClass | None = None
    traceback: str | None = None

    def __post_init__(self) -> None:
        failed = self.state is RunState.FAILED
        if not self.state.final:
            raise ValueError(f"{self.state} is no outcome")
        if failed != (self.error_class is not None) or (self.traceback is not None and not failed):
            raise ValueError("an error class goes with a failure, and a failure needs one")
        if (self.scores is None) != (self.best_epoch is None):
            raise ValueError("scores and their epoch go together")
        if self.scores is not None and not are_scores(self.scores):
            raise ValueError(f"scores lack `overall`, or are not finite: {self.scores}")
        if self.state is RunState.COMPLETE and self.scores is None:
            raise ValueError("a complete trial has scores")


MetricKey = tuple[int, str, str, str]
"""Epoch, split, task and name of a metric."""


@dataclass(frozen=True)
class Standing:
    """How one trial stands, in short; the fields are those of TrialRow."""

    number: int
    arm: str
    state: RunState
    owner: str | None
    seconds: float | None
    error_class: ErrorClass | None
    scores: dict[str, float] | None
    reused_from: int | None = None
    best_epoch: int | None = None


@dataclass(frozen=True)
class Curve:
    """The score of a trial, epoch by epoch so far.

    Attributes:
        number: Its number.
        arm: Its arm.
        seed: Its training seed.
        configuration: Which configuration of its arm it trains, from 0.
        state: Where it stands.
        values: The score that judges it, by epoch, from 1; epochs where it is not a number are left out.
    """

    number: int
    arm: str
    seed: int
    configuration: int
    state: RunState
    values: dict[int, float]


@dataclass(frozen=True)
class PastTrial:
    """A trial that was proposed before; the fields are those of `TrialRow`.

    Its `scores` are None unless it is complete, and have `COST` where that is an objective of the study.
    """

    number: int
    arm: str
    params: Mapping[str, Any]
    seed: int
    configuration: int
    state: RunState
    scores: Mapping[str, float] | None


@dataclass(frozen=True)
class TrialSpec:
    """One trial as proposed: ``seed`` equals ``config.seed``.

    Attributes:
        number: Number of the trial, from 0.
        arm: Name of the arm.
        params: Values for the space, by the keys of the study file.
        config: Every setting of the trial.
        seed: Training seed.
        configuration: Which configuration of its arm it trains, from 0.
        toggles: What sets the arm apart from the others (see `Study.toggles`).
    """

    number: int
    arm: str
    params: dict[str, Any]
    config: "AnyConfig"
    seed: int
    configuration: int
    toggles: dict[str, Any] = field(default_factory=dict)
