"""What a run's files belong to, as the process that writes them says in a file beside them. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from model.files import RunFolder, read_file, sha256, write_beside
from model.result import EpochResult

FILE = "origin.json"
"""The file in a run folder that says to which trial the others belong."""


@dataclass(frozen=True)
class RunOrigin:
    """What the files of a run belong to.

    Attributes:
        study: UUID of the study.
        trial: Number of the trial.
        configuration: Fingerprint of the configuration that was trained.
        data: SHA-256 of the data; None where it is not known.
        epoch: The best epoch so far, of which the files are.
        files: SHA-256 of each, by name.
    """

    study: str
    trial: int
    configuration: str
    data: str | None
    epoch: int
    files: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> "RunOrigin | None":
        """What the files in the folder of a trial belong to; None where nothing says so.

        Raises:
            ValueError: If what says so is damaged.
        """
        try:
            return cls.parsed(read_file(folder / FILE))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ValueError(str(error)) from error

    @classmethod
    def parsed(cls, content: bytes) -> "RunOrigin":
        """What the content of such a file says.

        Raises:
            ValueError: If it is damaged.
        """
        return _ORIGIN.validate_json(content)


_ORIGIN = TypeAdapter(RunOrigin)


def sign(folder: Path, study: str, trial: int, configuration: str, result: EpochResult) -> None:
    """Says of the files in the folder of a trial that they are its own.

    Args:
        folder: The folder.
        study: UUID of the study.
        trial: Number of the trial.
        configuration: Fingerprint of its configuration.
        result: The best epoch so far, whose predictions and weights have been written.
    """
    own = RunFolder(folder)
    files = {path.name: sha256(path) for path in own.signed if path.exists()}
    origin = RunOrigin(study, trial, configuration, result.fingerprint, result.epoch, files)
    write_beside(folder / FILE, _ORIGIN.dump_json(origin, indent=1))


def discard_foreign(folder: Path, study: str, trial: int, configuration: str) -> str | None:
    """Removes from the folder of a trial what belongs to another one, or to another configuration of it.

    Returns:
        What that was; None where there was nothing.
    """
    try:
        origin = RunOrigin.read(folder)
    except ValueError:
        return None  # checkpoints say themselves whose they are, and all else is written anew
    if origin is None or (origin.study, origin.trial, origin.configuration) == (study, trial, configuration):
        return None
    own = RunFolder(folder)
    own.discard_checkpoints()
    for path in (*own.signed, folder / FILE):
        path.unlink(missing_ok=True)
    if origin.study != study:
        return f"trial {origin.trial} of another study ({origin.study})"
    return f"trial {origin.trial}" if origin.trial != trial else "another configuration of the trial"
