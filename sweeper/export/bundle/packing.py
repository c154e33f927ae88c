"""Packs a study into one file for co-authors and blind review: what a report needs, and nobody's name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from ...clock import StoppedClock
from ...errors import InputError
from ...paths import Home
from ...report.files import MARK
from ...report.published import beside_file
from ...report.write import write_foreign, write_report
from ...runs.folder import StudyFolder
from ...store.database import Database
from ...store.extract import extract
from ...store.study import StudyStore
from ...study.load import PUBLISHED, stored_study
from ...study.named import confirmation_name
from ...study.written import WrittenFile
from ...study.yamlfile import read_yaml
from ...text import plural
from ...trial import TrialRow
from ...url import Url
from ...version import __version__
from .arrays import ArrayShelf
from .identity import check_absent, identity_of
from .rewriting import Rewriting, host_of
from .runs import numbers_of, take_runs
from .standins import StandIns
from .unpacked import DATABASE, MANIFEST, RUNS, SUFFIX, Bundle, lay_out_entries, manifest_of
from .zipped import write_zip


@dataclass(frozen=True)
class Packed:
    """What was packed.

    Attributes:
        trials: Number of trials.
        predicted: Of how many there are predictions.
        taken_out: How often a stand-in was put, or something left out, by its kind.
        notes: How many notes of the user's there are.
        changed: In how many of them something was replaced.
        ordinary: Names of this machine and its user that every report has as words, and which stay.
        size: Bytes of the file.
    """

    trials: int
    predicted: int
    taken_out: Mapping[str, int]
    notes: int
    changed: int
    ordinary: Sequence[str]
    size: int

    def words(self, study: str) -> list[str]:
        """What is to be looked at before the file is handed on, a sentence each."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.taken_out.items()))
        said = [f"Replaced or left out, and how often: {kinds or 'nothing'}"]
        if self.notes:
            how = f"{self.changed} of them with stand-ins" if self.changed else "as written"
            is_or_are = "is" if self.notes == 1 else "are"
            said.append(
                f"{plural(self.notes, 'note')} {is_or_are} packed, {how}: `sweeper show {study}` has them"
            )
        if self.ordinary:
            words = ", ".join(self.ordinary)
            said.append(f"Not looked for but in paths, as every report has these words: {words}")
        return said


def check_place(file: Path, force: bool) -> None:
    """Looks whether a bundle may be written to a file.

    Raises:
        InputError: If it does not end in ``.zip``, or is there already and may not be replaced.
    """
    if file.suffix != SUFFIX:
        raise InputError(f"--bundle {str(file)!r}: give it a name that ends in {SUFFIX}")
    if file.is_dir() or (file.exists() and not force):
        raise InputError(f"--bundle {str(file)!r} is there already: give another name, or --force")


def write_bundle(database: Database, store: StudyStore, storage: Url, home: Home, file: Path) -> Packed:
    """Packs a study, and the one that confirms it: rows, predictions, files, report.

    The same study gives the same bytes. What names a machine, a user, a folder or a repository has a
    stand-in, or is left out; nothing is written if something of this machine is found to be left.

    Args:
        database: Where the study is.
        store: The study.
        storage: URL of the database.
        home: Where its runs left their predictions.
        file: Where it goes; replaced if it is there.

    Raises:
        InputError: If a name is left for which no stand-in can be put, or the file cannot be written.
        DatabaseError: If something cannot be read.
    """
    again = database.find(confirmation_name(store.row.name))
    stores = [store, *([] if again is None else [again])]
    trials = {one.row.name: one.trials.rows() for one in stores}
    named = [name for rows in trials.values() for row in rows for name in (row.machine, row.owner) if name]
    identity = identity_of(sorted(set(map(host_of, named))), str(storage))
    stand_ins = StandIns(identity, kept=list(trials))
    rewriting, study, moment = Rewriting(stand_ins), stand_ins.text(store.row.name), _latest(stores)
    with TemporaryDirectory(prefix="sweeper-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        extract(storage, list(trials), folder / DATABASE, rewriting)
        entries = {DATABASE: (folder / DATABASE).read_bytes(), **_files(store, home, stand_ins)}
        runs = _runs([] if store.row.origin else stores, trials, home, stand_ins, entries)
        laid_out = folder / "laid-out"
        laid_out.mkdir()
        bundle = lay_out_entries(file, study, entries.__getitem__, laid_out, entries)
        entries |= _report(bundle, folder / "report", moment)
    manifest = manifest_of(
        study,
        list(entries.items()),
        sweeper=__version__,
        moment=moment.isoformat(),
        replaced=dict(sorted(stand_ins.taken_out.items())),
        notes={"packed": rewriting.notes, "with stand-ins": rewriting.changed},
    )
    entries[MANIFEST] = (json.dumps(manifest, indent=1) + "\n").encode()
    check_absent(entries, identity)
    try:
        write_zip(file, entries)
    except OSError as error:
        raise InputError(f"--bundle {str(file)!r} cannot be written: {error.strerror}") from error
    return Packed(
        trials=sum(map(len, trials.values())) or store.row.wanted,
        predicted=sum(len(list(numbers_of(one))) for one in runs),
        taken_out=stand_ins.taken_out,
        notes=rewriting.notes,
        changed=rewriting.changed,
        ordinary=identity.ordinary,
        size=file.stat().st_size,
    )


def _runs(
    stores: Sequence[StudyStore],
    trials: Mapping[str, Sequence[TrialRow]],
    home: Home,
    stand_ins: StandIns,
    entries: dict[str, bytes],
) -> list[dict[str, Any]]:
    """Adds the predictions of the trials to the entries, and returns what is said of them, by study."""
    shelf, runs = ArrayShelf(stand_ins), {}
    for store in stores:
        name, tasks = store.row.name, stored_study(store.row).tasks
        taken = take_runs(StudyFolder(home, store.row), trials[name], tasks, shelf)
        runs[stand_ins.text(name)] = taken | {"folder": stand_ins.text(taken["folder"])}
    entries[RUNS] = json.dumps(runs, sort_keys=True).encode()
    entries |= {f"arrays/{number}.npy": content for number, content in enumerate(shelf.contents)}
    return list(runs.values())


def _files(store: StudyStore, home: Home, stand_ins: StandIns) -> dict[str, bytes]:
    """The study file and the workloads as they were read; where that is not known, as they are recorded."""
    written: dict[str, Any] | None = store.provenance().get(store.row.written or "")
    if written is not None:
        texts = [written["study"]["text"], *(one["text"] for one in written["workloads"])]
    elif store.row.origin is None:
        texts = [
            yaml.safe_dump(part, sort_keys=False, allow_unicode=True)
            for part in (store.row.study, store.row.workload)
        ]
    else:
        return {}
    names = ["study.yaml", *(f"workload-{number}.yaml" for number in range(1, len(texts)))]
    named = dict(zip(names, texts, strict=True))
    if written is not None:
        file = WrittenFile.from_json(written["study"])
        beside = beside_file(file, store.row.name.partition("@")[0], home)
        if beside is not None and beside.is_file() and beside.stat().st_size:
            named[PUBLISHED] = read_yaml(beside).text
    return {f"files/{name}": stand_ins.text(text).encode() for name, text in named.items()}


def _report(bundle: Bundle, folder: Path, moment: datetime) -> dict[str, bytes]:
    """The report as it is read from the bundle, as of the last moment of the study."""
    with Database(bundle.storage, must_exist=True, read_only=True) as database:
        store = database.study(bundle.study)
        if store.row.origin is None:
            write_report(database, bundle.study, folder, bundle.home, clock=StoppedClock(moment))
        else:
            write_foreign(store, folder)
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MARK)
    return {f"report/{path.name}": path.read_bytes() for path in files}


def _latest(stores: Sequence[StudyStore]) -> datetime:
    moments = [event.moment for store in stores for event in store.events.all()]
    rows = [row for store in stores for row in store.trials.rows()]
    times = [time for row in rows for time in (row.created, row.started, row.finished) if time]
    return max([*moments, *times])
