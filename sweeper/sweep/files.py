"""The files of a study's runs: on this machine and, where machines share a folder by URL, there too."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from model.config.trainers import portable
from model.files import CHECKPOINTS, RunFolder, remove
from model.plugins.source import PluginSource

from ..errors import InputError
from ..executors.hold import Hold
from ..executors.protocol import Job
from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.mark import Holder
from ..runs.origin import FILE, RunOrigin
from ..sharedfolder import SharedFolder
from ..store.study import StudyStore
from ..trial import RunState, Standing, TrialSpec


@dataclass(frozen=True)
class RunFiles:
    """What a driver does with the folders of its trials.

    Attributes:
        study: The folder of the study's runs.
        holder: The database that records them.
        say: Hears in one line what was left undone because the shared folder cannot be reached.
    """

    study: StudyFolder
    holder: Holder
    say: Callable[[str], None] = lambda line: None

    def folder(self, number: int) -> Path:
        """The folder of a trial on this machine."""
        return self.study.run(number)

    @classmethod
    def of(cls, home: Home, store: StudyStore, say: Callable[[str], None] = lambda line: None) -> "RunFiles":
        """The files of the runs of a study, in a home."""
        return cls(StudyFolder(home, store.row), store.holder(), say)

    def take(self, say: Callable[[str], None]) -> None:
        """Makes the folders those of this database; says so, in one line, if another one had them."""
        if before := self.study.take(self.holder):
            say(
                f"the runs in {self.study.folder} were those of {before.database}: from now on they are of "
                f"{self.holder.database}, and a driver on the other one stops"
            )

    def taken(self) -> str | None:
        """Why a driver has to stop: another database has the folders now; None as long as that is not so."""
        other = self.study.taken_from(self.holder)
        if other is None:
            return None
        return f"{other.database} has the same study, and has taken {self.study.folder} for its runs"

    def job(
        self,
        trial: TrialSpec,
        data: Path | None,
        threads: int,
        began_with: int | None = None,
        plugins: tuple[PluginSource, ...] = (),
    ) -> Job:
        """What an executor needs to know of a trial.

        Args:
            trial: The trial.
            data: Folder of the user's data files, if there is one.
            threads: CPU threads of a trial that begins, where its configuration does not say.
            began_with: CPU threads that it began with; None where it begins.
            plugins: Own code of the study.
        """
        number, study = trial.number, self.study
        folder, cache = study.run(number), study.home.cache
        url = study.url(number)
        return Job(
            number=number,
            config=portable(trial.config),
            rundir=folder,
            data=data,
            cache=cache,
            threads=threads,
            shared=url,
            study=study.uuid,
            began_with=began_with,
            plugins=plugins,
        )

    def holds_checkpoints(self, number: int) -> bool:
        """Whether a trial would go on from a checkpoint."""
        with suppress(InputError):  # out of reach: the trial itself will say so
            if shared := self._shared(number):
                return shared.holds(CHECKPOINTS)
        return RunFolder(self.folder(number)).checkpoints.exists()

    def fetch(self, number: int, best_epoch: int | None) -> None:
        """Brings here what a trial that has ended left in the shared folder, but for its checkpoints.

        What lies here stays if it is of the best epoch, as after training here, or if that there is not: an
        attempt that lost the trial may have published after the one that ended it. If the folder cannot be
        reached, the next driver here fetches it.

        Args:
            number: Number of the trial.
            best_epoch: Its best epoch, as it is recorded.
        """
        folder = self.folder(number)
        missing = not RunFolder(folder).predictions.exists()
        if not missing and _epoch_in(folder) == best_epoch:
            return
        try:
            shared = self._shared(number)
            if shared and (missing or _epoch_of(shared) == best_epoch):
                shared.fetch(folder, checkpoints=False)
        except InputError as error:
            self.say(f"trial {number}: its predictions and weights are not here yet: {error}")

    def fetch_missing(self, trials: Iterable[Standing]) -> None:
        """Brings here what trials left in the shared folder that ended on other machines, or were cut short.

        Args:
            trials: Trials of the study.
        """
        done = (RunState.COMPLETE, RunState.PRUNED)
        for one in trials if self.study.shared else ():
            if one.state in done and one.reused_from is None:
                self.fetch(one.number, one.best_epoch)

    def discard_checkpoints(self, number: int) -> None:
        """Removes the checkpoints of a trial that has no further use for them."""
        # Those here last: as long as they lie here, the next driver finds that there is something to remove.
        if self._remove_shared(number, CHECKPOINTS):
            RunFolder(self.folder(number)).discard_checkpoints()

    def tidy(self, number: int, checkpoints: bool) -> None:
        """Removes what a trial that has ended leaves in its folder and nobody needs.

        Args:
            number: Number of the trial.
            checkpoints: Whether they go as well. Without, it has failed: a retry may have given its folder to
                another attempt by now, which keeps what it holds.
        """
        run = RunFolder(self.folder(number))
        if checkpoints:
            for path in (*run.temporary(), run.lock):
                remove(path)
            self.discard_checkpoints(number)
            return
        with suppress(OSError), Hold(run.root) as hold:
            if hold.take() and hold.sure:
                for path in run.temporary():
                    remove(path)

    def weights(self, number: int) -> Path:
        """The weights of a trial's best epoch, which need not be there."""
        return RunFolder(self.folder(number)).weights

    def remove_weights(self, number: int) -> None:
        """Removes the weights of a trial, if they are here: here, and those that all machines share."""
        if self.weights(number).exists():
            self.discard_weights(number)

    def discard_weights(self, number: int) -> None:
        """Removes the weights of a trial, those that all machines share too."""
        file = self.weights(number)
        if self._remove_shared(number, file.name):  # in this order, as in `discard_checkpoints`
            file.unlink(missing_ok=True)

    def numbers(self) -> set[int]:
        """Numbers of the trials that have a folder on this machine."""
        return self.study.numbers()

    def _shared(self, number: int) -> SharedFolder | None:
        url = self.study.url(number)
        return None if url is None else SharedFolder(url)

    def _remove_shared(self, number: int, name: str) -> bool:
        """Removes a file or folder of a trial from what all machines share; returns whether it is gone."""
        if shared := self._shared(number):
            try:
                shared.remove(name)
            except InputError as error:
                self.say(f"trial {number}: {name} could not be removed from the shared folder: {error}")
                return False
        return True


def _epoch_in(folder: Path) -> int | None:
    """The epoch of which the files in a run folder are; None where nothing says so."""
    with suppress(ValueError):
        origin = RunOrigin.read(folder)
        return None if origin is None else origin.epoch
    return None


def _epoch_of(shared: SharedFolder) -> int | None:
    """The same of what all machines share; raises what `SharedFolder.read` does."""
    content = shared.read(FILE)
    with suppress(ValueError):
        return None if content is None else RunOrigin.parsed(content).epoch
    return None
