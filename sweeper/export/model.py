"""A trial's model as a folder for the Hugging Face hub."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from model.files import RunFolder, read_file, temporary_folder

from ..errors import InputError
from ..executors.local import LocalExecutor
from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.reading import RunReader
from ..store.studies import find_trial
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.recorded import config_of
from ..sweep.replay import lines, replay
from ..trial import StudyRow, TrialRow
from ..version import __version__
from .card import model_card
from .place import put, recover

if TYPE_CHECKING:
    from model.export import Exported

MARK = "sweeper.json"
"""File by which an export is known, and which lists all others."""


def check_folder(folder: Path) -> None:
    """Looks whether an export may go to a folder.

    Raises:
        InputError: If it is a file, or holds anything that is not of an earlier export.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--export {str(folder)!r} is a file: name a folder")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(there - _exported(folder)):
        raise InputError(
            f"--export {str(folder)!r} holds {name!r}, which is not of an earlier export: name another folder"
        )


def export_run(
    store: StudyStore,
    run: TrialRow,
    folder: Path,
    *,
    home: Home,
    data: Path | None,
    say: Callable[[str], None],
) -> dict[str, float]:
    """Writes the model of a trial's best epoch to a folder, whole or not at all.

    Where its weights were not kept, the trial is trained again.

    Args:
        store: The study; it is not changed.
        run: The trial.
        folder: Where it goes; an earlier export there is replaced.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        say: Hears what is done.

    Returns:
        Dev scores computed from the exported weights: ``overall`` and each task.

    Raises:
        InputError: If the folder holds other things, the data have changed, or the trial does not train.
        DataError: If its data is missing or malformed.
    """
    from model.data.corpus import load_corpus
    from model.export import export

    folder, sweep = folder.resolve(), store.row
    check_folder(folder)
    study, config = stored_study(sweep), config_of(run)
    corpus = load_corpus(config, data, home.cache)
    if run.fingerprint not in (None, corpus.data_fingerprint):
        raise InputError(
            f"the data are not those on which trial {run.number} of study {sweep.name!r} was trained: "
            "its vocabulary and scores would be others"
        )
    recover(folder)
    with temporary_folder(folder.parent, folder.name) as name:
        beside = name / "new"
        weights = kept_weights(home, store, run, say)
        if weights is None:
            say(f"the weights of trial {run.number} were not kept here: it is trained again")
            weights = RunFolder(name).weights
            _train_again(store, run.number, weights, home=home, data=data, say=say)
        exported = export(config, corpus, weights, beside)
        card = model_card(study, run, config, exported.epoch, exported.scores)
        (beside / "README.md").write_text(card, encoding="utf-8")
        _mark(beside, sweep, run, exported)
        put(beside, folder)
    return exported.scores


def kept_weights(home: Home, store: StudyStore, run: TrialRow, say: Callable[[str], None]) -> Path | None:
    """The weights of a trial's best epoch, if its driver kept them in this home.

    Args:
        home: Folder of the runs.
        store: The study.
        run: The trial; one that has its result from another has the weights of that one.
        say: Hears why a file that is there is not used.
    """
    made = run if run.reused_from is None else find_trial(store, run.reused_from)
    reader = RunReader(StudyFolder(home, store.row), stored_study(store.row).tasks)
    file = reader.weights(made)
    for line in reader.left_out:
        say(line)
    if file is None:
        return None
    try:
        with safe_open(file, framework="numpy") as opened:
            epoch = (opened.metadata() or {}).get("epoch")
    except (OSError, SafetensorError):
        return None
    return file if epoch == str(run.best_epoch) else None


def _train_again(
    store: StudyStore,
    number: int,
    weights: Path,
    *,
    home: Home,
    data: Path | None,
    say: Callable[[str], None],
) -> None:
    """Trains a trial for its weights; says how its metrics differ from the record."""
    found = replay(
        store,
        number,
        executor=LocalExecutor(),
        home=home,
        data=data,
        say=say,
        keep=weights,
    )
    for line in lines(store.row.name, number, found):
        say(line)
    if not weights.exists():
        raise InputError(f"trial {number} of study {store.row.name!r} could not be trained again")


def _mark(folder: Path, sweep: StudyRow, run: TrialRow, exported: "Exported") -> None:
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    content = {
        "sweeper": __version__,
        "study": sweep.name,
        "trial": run.number,
        "epoch": exported.epoch,
        "scores": exported.scores,
        "files": [*files, MARK],
    }
    (folder / MARK).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _exported(folder: Path) -> set[str]:
    """The files that an earlier export wrote; none where there was none."""
    try:
        listed = json.loads(read_file(folder / MARK))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in listed if isinstance(name, str)}
