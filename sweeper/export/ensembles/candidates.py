"""The trials that an ensemble may be made of: complete, with stored predictions for the same dev rows."""

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.predictions import Predictions
from model.result import TRAINED
from model.tasks import Task

from ...errors import InputError
from ...runs.reading import RunReader
from ...store.study import StudyStore
from ...study.rowsread import rows_read
from ...study.study import Study
from ...study.trained import trained_tasks
from ...text import plural, trial_names
from ...trial import RunState, TrialRow
from .halves import Run


@dataclass(frozen=True)
class Candidate:
    """A complete trial with its stored dev predictions.

    Attributes:
        run: The trial.
        made: The trial that was trained for its result: itself, or the one whose result it has.
        predictions: Those of its best epoch.
        rows: Hash of the ids and labels that they are for.
    """

    run: TrialRow
    made: TrialRow
    predictions: Run
    rows: bytes

    @property
    def configuration(self) -> str:
        """What it shares with the trials that differ in seed alone: arm and hyperparameters."""
        return json.dumps([self.run.arm, self.run.params], sort_keys=True, default=str)


@dataclass(frozen=True)
class Candidates:
    """Those of a study, one for each configuration and seed, by number.

    Attributes:
        found: Two networks or more, all of the same dev rows.
        left_out: The complete trials that take no part, with the reasons.
    """

    found: Sequence[Candidate]
    left_out: Sequence[str]


def read_candidates(store: StudyStore, study: Study, reader: RunReader, arm: str | None) -> Candidates:
    """The complete trials of a study, or of one arm, whose predictions can be averaged.

    Where trials were scored on several sets of dev rows, or some of the same settings read other data, those
    count of which there are the most.

    Args:
        store: The study.
        study: What its row holds.
        reader: Of its runs.
        arm: Only the trials of this arm.

    Raises:
        InputError: If there are fewer than two networks.
    """
    trained = trained_tasks(study)
    if arm is not None and arm in trained:
        raise InputError(
            f"study {store.row.name!r}, arm {arm!r}, trains {', '.join(trained[arm])} alone: an "
            "ensemble is chosen by overall, of all tasks"
        )
    runs = store.trials.rows()
    reading = _Reading(study.tasks, reader, {run.number: run for run in runs}, store.provenance())
    for run in runs:
        if run.state is RunState.COMPLETE and run.scores and arm in (None, run.arm):
            reading.add(run, known=run.arm in study.spec.arms)
    found = reading.alike()
    left_out = (
        *(_says(numbers, why) for why, numbers in reading.left_out.items()),
        *reader.left_out,
    )
    networks = len({one.made.number for one in found})
    if networks < 2:
        where = f"study {store.row.name!r}" + (f", arm {arm!r}," if arm else "")
        why = f" ({'; '.join(left_out)})" if left_out else ""
        raise InputError(
            f"{where} has {plural(networks, 'network')} with stored predictions that can be averaged, and an "
            f"ensemble needs two{why}"
        )
    return Candidates(found, left_out)


def _says(numbers: Sequence[int], why: str) -> str:
    return f"{trial_names(numbers)} {'is' if len(numbers) == 1 else 'are'} left out: {why}"


class _Reading:
    """Reads trials one by one; ids and labels that several have are kept once.

    Attributes:
        left_out: The numbers of trials that take no part, by the reason; not those of which the reader says
            why their files are not used.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        reader: RunReader,
        runs: Mapping[int, TrialRow],
        kept: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.left_out: dict[str, list[int]] = {}
        self._tasks = tasks
        self._reader = reader
        self._runs = runs
        self._kept = kept
        self._read: dict[int, tuple[Run, bytes] | str] = {}
        self._shared: dict[bytes, Run] = {}
        self._found: dict[tuple[str, int], Candidate] = {}

    def add(self, run: TrialRow, known: bool) -> None:
        """Reads a complete trial; `known` is whether the study has its arm."""
        if not known:
            self._leave_out([run], "of an arm that the study does not have")
            return
        if TRAINED in (run.scores or {}):
            self._leave_out([run], "not trained on all tasks")
            return
        made = run if run.reused_from is None else self._runs.get(run.reused_from)
        if made is None:
            self._leave_out([run], f"trial {run.reused_from}, whose result it has, cannot be read")
            return
        if made.number not in self._read:
            self._read[made.number] = self._predictions(made)
        read = self._read[made.number]
        if isinstance(read, str):
            self._leave_out([run], read)
        else:
            one = Candidate(run, made, *read)
            # The same configuration at the same seed is one observation, however often it is there.
            self._found.setdefault((one.configuration, run.seed), one)

    def alike(self) -> list[Candidate]:
        """Those of the dev rows that most have, and of the data; the first among equals.

        An arm may train on other rows, or by a teacher, as its settings say: its dev rows vouch for it, as
        for a trial of an older version, whose data are not known.
        """
        every = [(one, ("", one.rows)) for one in self._found.values()]
        found = self._most(every, "other dev rows than most")
        return self._most([(one, rows_read(one.made, self._kept)) for one in found], "other data than most")

    def _most(
        self, kinds: Sequence[tuple[Candidate, tuple[str, Hashable] | None]], why: str
    ) -> list[Candidate]:
        """Those whose kind has most among what it is compared with, which its first half says."""
        counted = Counter(kind for _, kind in kinds if kind is not None).most_common()
        most = {compared: kind for (compared, kind), _ in reversed(counted)}
        other = [kind is not None and most[kind[0]] != kind[1] for _, kind in kinds]
        self._leave_out((one.run for (one, _), is_so in zip(kinds, other, strict=True) if is_so), why)
        return [one for (one, _), is_so in zip(kinds, other, strict=True) if not is_so]

    def _leave_out(self, runs: Iterable[TrialRow], why: str) -> None:
        for run in runs:
            if why:
                self.left_out.setdefault(why, []).append(run.number)

    def _predictions(self, made: TrialRow) -> tuple[Run, bytes] | str:
        """The predictions of a trial, and what tells their rows; or why it takes no part."""
        named = len(self._reader.left_out)
        found = self._reader.predictions(made)
        if found is None:
            return "" if len(self._reader.left_out) > named else "no stored predictions"
        if not has_outputs(self._tasks, found):
            return "no stored outputs of the head, which older versions did not keep, and no bundle holds"
        rows = _hash(found)
        own = self._shared.setdefault(rows, found)
        shared = {
            name: replace(one, ids=own[name].ids, labels=own[name].labels, words=None, groups={})
            for name, one in found.items()
        }
        return shared, rows


def has_outputs(tasks: Mapping[str, Task], found: Run) -> bool:
    """Whether predictions for classes have an output of the head for each class."""
    return all(
        tasks[name].range is not None
        or (one.scores is not None and one.scores.shape[1] == tasks[name].outputs)
        for name, one in found.items()
    )


def _hash(found: Mapping[str, Predictions]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(found):
        ids = json.dumps([name, found[name].ids.tolist()])
        digest.update(ids.encode() + b"\0" + found[name].labels.tobytes())
    return digest.digest()
