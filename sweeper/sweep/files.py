"""The files of a study's runs: on this machine and, where machines share a folder by URL, there too."""

from dataclasses import dataclass
from pathlib import Path

from model.files import CHECKPOINTS, RunFolder

from ..paths import Home
from ..sharedfolder import SharedFolder
from ..url import Url


@dataclass(frozen=True)
class RunFiles:
    """What a driver does with the folders of its trials.

    Attributes:
        home: Folder of the runs.
        name: ``<study>@<workload>``.
    """

    home: Home
    name: str

    def folder(self, number: int) -> Path:
        """The folder of a trial on this machine."""
        return self.home.run(self.name, number)

    def url(self, number: int) -> Url | None:
        """URL of what all machines share of that folder; None where they need none."""
        return self.home.shared_run(self.name, number)

    def holds_checkpoints(self, number: int) -> bool:
        """Whether a trial would go on from a checkpoint."""
        shared = self._shared(number)
        return shared.holds(CHECKPOINTS) if shared else RunFolder(self.folder(number)).checkpoints.exists()

    def fetch(self, number: int) -> None:
        """Brings here what a trial that has ended left in the shared folder, but for its checkpoints."""
        if shared := self._shared(number):
            shared.fetch(self.folder(number), checkpoints=False)

    def discard_checkpoints(self, number: int) -> None:
        """Removes the checkpoints of a trial that has no further use for them."""
        RunFolder(self.folder(number)).discard_checkpoints()
        if shared := self._shared(number):
            shared.remove(CHECKPOINTS)

    def weights(self, number: int) -> Path:
        """The weights of a trial's best epoch, which need not be there."""
        return RunFolder(self.folder(number)).weights

    def remove_weights(self, number: int) -> None:
        """Removes the weights of a trial."""
        file = self.weights(number)
        if file.exists() and (shared := self._shared(number)):
            shared.remove(file.name)
        file.unlink(missing_ok=True)

    def numbers(self) -> set[int]:
        """Numbers of the trials that have a folder on this machine."""
        return self.home.trials(self.name)

    def _shared(self, number: int) -> SharedFolder | None:
        url = self.url(number)
        return None if url is None else SharedFolder(url)
