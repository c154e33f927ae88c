"""The weights of a trial's best epoch: kept, or trained again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError, safe_open

from model.config import TrainConfig
from model.files import RunFolder, temporary_folder
from model.plugins.load import loaded

from ..errors import InputError
from ..executors.local import LocalExecutor
from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.reading import RunReader
from ..store.studies import find_made
from ..store.study import StudyStore
from ..study.load import stored_study
from ..study.recorded import config_of
from ..sweep.precision import check_computes
from ..sweep.replay import lines, replay
from ..text import duration
from ..trial import TrialRow


@contextmanager
def trial_weights(
    store: StudyStore, run: TrialRow, *, home: Home, data: Path | None, say: Callable[[str], None]
) -> Iterator[Path]:
    """The file with the weights of a trial's best epoch, as long as the context lasts.

    Where they were not kept, the trial is trained again.

    Args:
        store: The study; it is not changed.
        run: The trial; one that has its result from another has the weights of that one.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        say: Hears why a file that is there is not used, that the trial is trained again, for how long, and
            how its metrics differ from the record.

    Raises:
        InputError: If the trial does not train.
        DataError: If its data is missing or malformed.
    """
    made = find_made(store, run)
    kept = _kept(home, store, made, say)
    if kept is not None:
        yield kept
        return
    took = f", which took {duration(made.seconds)}" if made.seconds is not None else ""
    say(f"the weights of trial {run.number} were not kept here: it is trained again{took}")
    with temporary_folder(home.root, "weights") as folder:
        weights = RunFolder(folder).weights
        found = replay(
            store,
            run.number,
            executor=LocalExecutor(),
            home=home,
            data=data,
            say=say,
            keep=weights,
            plugins=loaded(),
        )
        for line in lines(store.row.name, run.number, found):
            say(line)
        if not weights.exists():
            raise InputError(f"trial {run.number} of study {store.row.name!r} could not be trained again")
        yield weights


def our_config(store: StudyStore, run: TrialRow) -> TrainConfig:
    """The settings of a trial that our trainer trained, whose weights can therefore be used.

    Raises:
        InputError: If own code trained it.
    """
    config = config_of(run)
    if not isinstance(config, TrainConfig):
        raise InputError(
            f"trial {run.number} of study {store.row.name!r} was trained by own code, {config.trainer}: that "
            "alone can use what it leaves"
        )
    return config


def check_precision(store: StudyStore, run: TrialRow) -> None:
    """Looks whether this machine computes a trial's precision, in which it predicts.

    Raises:
        InputError: If not.
    """
    config = our_config(store, run).model_copy(update={"device": "auto"})  # as in `Predictor`
    check_computes(config, f"trial {run.number} of study {store.row.name!r}")


def check_data(store: StudyStore, run: TrialRow, fingerprint: str) -> None:
    """Looks whether data are those that a trial was trained on.

    Raises:
        InputError: If they are not.
    """
    if run.fingerprint not in (None, fingerprint):
        raise InputError(
            f"the data are not those on which trial {run.number} of study {store.row.name!r} was trained: "
            "its vocabulary and scores would be others"
        )


def _kept(home: Home, store: StudyStore, made: TrialRow, say: Callable[[str], None]) -> Path | None:
    """The weights of a trial's best epoch, if its driver kept them in this home."""
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
    return file if epoch == str(made.best_epoch) else None
