"""What the files of a study's runs take on the disk, in words."""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from model.files import CHECKPOINTS, RunFolder

from ..runs.folder import StudyFolder
from ..text import one_line

OTHERS = "logs and others"


_UNITS = ("B", "kB", "MB", "GB", "TB")


def disk_line(folder: StudyFolder) -> str:
    """What a study's runs take here: checkpoints, weights, predictions and the rest."""
    run = RunFolder(folder.folder)
    names = {
        CHECKPOINTS: "checkpoints",
        run.weights.name: "weights",
        run.predictions.name: "predictions",
        run.test_predictions.name: "predictions",
    }
    taken: Counter[str] = Counter()
    for number in folder.numbers():
        with suppress(OSError), os.scandir(folder.run(number)) as entries:
            for entry in entries:
                taken[names.get(entry.name, OTHERS)] += size_of(Path(entry))
    parts = ", ".join(f"{name} {in_bytes(taken[name])}" for name in dict.fromkeys((*names.values(), OTHERS)))
    return f"disk: {in_bytes(taken.total())} in {one_line(str(folder.folder))} ({parts})"


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; those that go meanwhile are not counted."""
    try:
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_size
        return sum(size_of(below) for below in path.iterdir())
    except OSError:
        return 0


def in_bytes(count: float) -> str:
    """A number of bytes, for example ``1.2 GB``, of a thousand megabytes each."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == _UNITS[0] else f"{count:.1f} {unit}"
