"""Which weights outlive their trial: those of the best trial of each arm."""

import math
from contextlib import suppress
from pathlib import Path

from model.files import RunFolder

from ..errors import DatabaseError
from ..paths import Home
from ..sharedfolder import SharedFolder
from ..store.trials import Archive
from ..trial import Outcome, RunState


class KeptWeights:
    """Removes the weights of trials that are not the best of their arm, as trials end.

    What is best is decided from the database, which other drivers write too; files are those of this home.

    Args:
        database: Where the study is.
        name: ``<study>@<workload>``.
        home: Folder of the runs.
    """

    def __init__(self, database: Archive, name: str, home: Home) -> None:
        self._database = database
        self._name = name
        self._home = home
        # Of each arm, at some moment: no trial below it can be the best, whatever others did since.
        self._reached: dict[str, float] = {}

    def settle(self, number: int, arm: str, outcome: Outcome) -> None:
        """Keeps or removes the weights of a trial whose outcome is recorded.

        Args:
            number: Number of the trial.
            arm: Its arm.
            outcome: Its outcome.
        """
        overall = (outcome.scores or {}).get("overall", -math.inf)
        if outcome.state is not RunState.COMPLETE or overall < self._reached.get(arm, -math.inf):
            self._remove(number)
        else:
            # Without an answer everything stays, and the arm's next trial asks again.
            with suppress(DatabaseError):
                self._leave_best(arm)

    def _leave_best(self, arm: str) -> None:
        ended = [one for one in self._database.history(self._name) if one.arm == arm and one.state.final]
        scores = {one.number: one.scores["overall"] for one in ended if one.scores is not None}
        self._reached[arm] = best = max(scores.values())
        # The first among equals that has its weights: a trial that reused a result has none.
        equal = sorted(number for number, overall in scores.items() if overall == best)
        kept = next((number for number in equal if self._file(number).exists()), None)
        for number in {one.number for one in ended} & self._home.trials(self._name):
            if number != kept:
                self._remove(number)

    def _remove(self, number: int) -> None:
        file, shared = self._file(number), self._home.shared_run(self._name, number)
        if shared is not None and file.exists():
            SharedFolder(shared).remove(file.name)
        file.unlink(missing_ok=True)

    def _file(self, number: int) -> Path:
        return RunFolder(self._home.run(self._name, number)).weights
