"""What the driver asks of an executor, and what it hears back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from model.config.trainers import AnyConfig
from model.inputs import Inputs
from model.plugins.source import PluginSource
from model.result import EpochResult
from model.steps import StepReport

from ..trial import ErrorClass
from ..url import Url


@dataclass(frozen=True)
class Job:
    """A trial, with all that its process needs to know.

    Attributes:
        number: Number of the trial.
        config: What to train.
        rundir: Folder of the trial's files.
        data: The user's data files; None where there are none.
        cache: Tokenised data, shared by all trials.
        threads: CPU threads, where the configuration does not say and the trial begins.
        shared: URL of a folder of the same files that other machines reach; None where `rundir` is all.
        study: UUID of its study, by which its files are known; None where they are not kept.
        began_with: CPU threads that it began with, which it keeps: with others its numbers would be others.
        plugins: Own code, which its process runs before anything else.
    """

    number: int
    config: AnyConfig
    rundir: Path
    data: Path | None
    cache: Path
    threads: int
    shared: Url | None = None
    study: str | None = None
    began_with: int | None = None
    plugins: tuple[PluginSource, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """No machine has room for the trial yet, or an earlier attempt has not left its folder.

    What it waits until `Started` is no time that it took.
    """

    number: int


@dataclass(frozen=True)
class Started:
    """The trial's process is up.

    Attributes:
        number: Number of the trial.
        threads: Its CPU threads.
        device: Name of its device; None where it is not known, as own trainers choose for themselves.
        machine: The host, and the architecture of its processor, such as ``node7, x86_64``.
        epochs: Epochs in the checkpoint that it goes on from; None where it begins.
        processor: The model of the processor, with its vector units; None where it is not known.
    """

    number: int
    threads: int
    device: str | None
    machine: str
    epochs: int | None = None
    processor: str | None = None


@dataclass(frozen=True)
class Loaded:
    """The trial has read its data and made its network; it comes with the first epoch."""

    number: int
    inputs: Inputs


@dataclass(frozen=True)
class Progressed:
    """A step of an epoch is done; told about once a second to whoever has time to hear it, and not kept."""

    number: int
    report: StepReport


@dataclass(frozen=True)
class Evaluated:
    """One epoch is trained, evaluated and in a checkpoint."""

    number: int
    result: EpochResult


@dataclass(frozen=True)
class Finished:
    """All epochs are done."""

    number: int


@dataclass(frozen=True)
class Failed:
    """The trial ended with an error.

    Attributes:
        number: Number of the trial.
        error_class: Its class.
        message: What happened, in one line.
        traceback: The traceback; empty where there is none.
        disk_full: Whether the disk is full: no fault of the trial, and no other one will do better.
        outdated: Why it cannot go on from its checkpoint and can only start again, as the end of a sentence;
            None where nothing is wrong with that.
        in_use: Whether an earlier attempt has not left its folder in time.
    """

    number: int
    error_class: ErrorClass
    message: str
    traceback: str
    disk_full: bool = False
    outdated: str | None = None
    in_use: bool = False


@dataclass(frozen=True)
class Stopped:
    """The trial was asked to stop, and has: all that it did is in a checkpoint."""

    number: int


@dataclass(frozen=True)
class NodeLost:
    """The machine of the trial is gone, or out of reach; the trial can go on elsewhere."""

    number: int
    message: str


@dataclass(frozen=True)
class Noted:
    """Something about a trial that the user should know.

    Attributes:
        number: The trial.
        text: What.
        once: Whether it is said but once, of the first trial of a sweep that it holds of.
    """

    number: int
    text: str
    once: bool = False


Event = Noted | Waiting | Started | Loaded | Progressed | Evaluated | Finished | Failed | Stopped | NodeLost


class Executor(Protocol):
    """Runs a few trials at a time. Every submitted job ends with one of four events.

    They are `Finished`, `Failed`, `Stopped` and, where trials run on other machines, `NodeLost`.
    """

    @property
    def workers(self) -> int:
        """How many trials may be under way at once."""

    def submit(self, job: Job) -> None:
        """Starts a trial, or continues it from the newest checkpoint in its folder."""

    def poll(self, timeout: float) -> list[Event]:
        """What has happened since the last call; waits up to `timeout` seconds for a first event."""

    def cancel(self, number: int) -> None:
        """Ends a trial at once; nothing more is heard of it. One that has ended already is left as it is."""

    def stop(self) -> None:
        """Asks every trial to stop after its step under way; returns at once, fit for a signal handler."""

    def close(self) -> None:
        """Ends whatever still runs, at once; the trials can be continued from their checkpoints."""
