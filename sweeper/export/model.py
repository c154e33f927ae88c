"""A trial's model as a folder for the Hugging Face hub."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from model.config import TrainConfig
from model.files import read_file, temporary_folder

from ..errors import InputError
from ..paths import Home
from ..report.finding import finding
from ..report.read import Stored, read_study
from ..report.statistics.comparison import Comparisons
from ..report.statistics.intervals import Interval, score_intervals
from ..report.summary import headline
from ..store.database import Database
from ..store.study import StudyStore
from ..trial import StudyRow, TrialRow
from ..version import __version__
from .card import Made, model_card
from .place import put, recover
from .weights import check_data, our_config, trial_weights

if TYPE_CHECKING:
    from model.export import Exported

MARK = "sweeper.json"
"""File by which an export is known, and which lists all others."""


def check_export(store: StudyStore, folder: Path) -> None:
    """Looks whether a study's model may go to a folder, which is loaded without any code but ours.

    Raises:
        InputError: If it is a file, or holds anything that is not of an earlier export, or the study runs own
            code.
    """
    if store.row.study.get("code"):
        raise InputError(
            f"study {store.row.name!r} runs own code, and the folder of a model is loaded without any: "
            "predict with it by `sweeper predict`"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--export {str(folder)!r} is a file: name a folder")
    files = _exported(folder)
    folders = {parent.as_posix() for name in files for parent in PurePosixPath(name).parents}
    there = [
        (path.is_dir() and not path.is_symlink(), path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
    ]
    for _, name in sorted(one for one in there if one[1] not in (folders if one[0] else files)):
        raise InputError(
            f"--export {str(folder)!r} holds {name!r}, which is not of an earlier export: name another folder"
        )


def export_run(
    database: Database,
    store: StudyStore,
    run: TrialRow,
    folder: Path,
    *,
    command: str,
    home: Home,
    data: Path | None,
    say: Callable[[str], None],
) -> dict[str, float]:
    """Writes the model of a trial's best epoch to a folder, whole or not at all.

    Where its weights were not kept, the trial is trained again.

    Args:
        database: Of the study; it is not changed.
        store: The study.
        run: The trial.
        folder: Where it goes; an earlier export there is replaced.
        command: What the user typed for it, without names of folders, for the README.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        say: Hears what is done.

    Returns:
        Dev scores computed from the exported weights: ``overall``, or the mean of the trained tasks in its
        place, and each of these that has one on its labels.

    Raises:
        InputError: If the folder holds other things, the data have changed, or the trial does not train here.
        DataError: If its data is missing or malformed.
    """
    from model.data.keptcorpus import kept_corpus
    from model.export import export

    folder, sweep, config = folder.resolve(), store.row, our_config(store, run)
    check_export(store, folder)
    corpus = kept_corpus(config, data, home.cache)
    check_data(store, run, corpus.data_fingerprint)
    recover(folder)
    with temporary_folder(folder.parent, folder.name) as name:
        beside = name / "new"
        with trial_weights(store, run, home=home, data=data, say=say) as weights:
            exported = export(config, corpus, weights, beside)
        stored = read_study(database, store, home)
        made = Made(
            epoch=exported.epoch,
            scores=exported.scores,
            intervals=_intervals(config, exported),
            rows={name: {split: one.used for split, one in of.items()} for name, of in corpus.rows.items()},
            claims=_claims(stored, run),
            commands=(f"sweeper run {shlex.quote(sweep.name)} --trials {sweep.wanted}", command),
            pooler=(beside / "2_Dense").exists(),
        )
        card = model_card(stored.study, run, config, made)
        (beside / "README.md").write_text(card, encoding="utf-8")
        _mark(beside, sweep, run, exported)
        put(beside, folder)
    return {name: value for name, value in exported.scores.items() if name in made.intervals}


def _intervals(config: TrainConfig, exported: "Exported") -> dict[str, Interval]:
    trained = config.of_trained()
    found = score_intervals(trained.tasks, [exported.predicted], overall=trained.overall)
    found[config.objective] = found.pop("overall")
    for name, task in trained.tasks.items():
        if not task.scorer.defined(exported.predicted[name].labels):
            del found[name]
    return found


def _claims(stored: Stored, run: TrialRow) -> list[str]:
    """What the study may say of the trial's arm."""
    comparisons = Comparisons(stored.results)
    claims = comparisons.claims
    width = claims.results.overall.width(claims.results.tasks)
    mine = [
        finding(each, claims.rows, width)
        for each in claims.declared
        if run.arm in (each.ours.arm, each.theirs.arm)
    ]
    return [headline(comparisons), *mine]


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
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {name for name in listed if isinstance(name, str)}
