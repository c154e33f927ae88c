"""What lies on the disk and is of no use any more: left by processes that were killed, or kept for nobody."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from model.files import RunFolder, read_file, remove
from model.maker import is_left, is_marked

from ..executors.hold import Hold
from ..executors.local import NOTE
from ..paths import Home
from ..trial import RunState, Standing
from .files import RunFiles
from .weights import surplus

FINISHED = "checkpoints of finished trials"


FAILED = "checkpoints and weights of failed trials, which `sweeper retry` would go on from"


WEIGHTS = "weights that are not kept"


TEMPORARIES = "temporary files of processes that are gone"


CACHE = "tokenised data that nobody has read for a day"


CACHE_SECONDS = 24 * 3600.0
"""How long tokenised data lies unread before `sweeper clean` removes it; whoever needs it makes it again."""


_SOCKETS = re.compile(r"pymp-\w+", re.ASCII)
"""What multiprocessing calls the folder of a server's socket."""


@dataclass(frozen=True)
class Leftover:
    """A file or folder that may go.

    Attributes:
        kind: What it is, in words: one of those above.
        path: Where it is.
        run: The run folder that it is in; None if in none.
        may_go: Asked while its run folder is held, just before it goes: whether it still may.
    """

    kind: str
    path: Path
    run: Path | None = None
    may_go: Callable[[], bool] = lambda: True

    def remove(self) -> bool:
        """Removes it, unless an attempt holds its run folder or needs it; returns whether it is gone."""
        if self.run is None:
            remove(self.path)
        else:
            with suppress(FileNotFoundError), Hold(self.run) as hold:
                if not hold.take() or not self.may_go():
                    return False
                remove(self.path)
        return not self.path.exists()


def sweep_leftovers(files: RunFiles, trials: Collection[Standing]) -> None:
    """Removes what killed processes left: at the start of each driver, of its study and its home.

    What another driver may still use stays: one on this host that lives, one of another host for a week, and
    whatever a trial needs that has not ended.
    """
    with suppress(OSError):
        for found in (*temporaries(files.study.home), *in_runs(files, trials)):
            gone = found.kind != FAILED and found.remove()
            discard = {FINISHED: files.discard_checkpoints, WEIGHTS: files.discard_weights}.get(found.kind)
            if gone and discard is not None and found.run is not None:
                discard(int(found.run.name))  # those that all machines share, too


def in_runs(files: RunFiles, trials: Collection[Standing]) -> Iterator[Leftover]:
    """What lies in the folder of a study, but for what its unfinished trials have."""
    yield from _left(files.study.folder, ".*")
    ended = {one.number: one for one in trials if one.state.final}
    names = {number: _names(files.folder(number)) for number in sorted(ended.keys() & files.numbers())}
    for number, found in names.items():
        yield from _in_run(files.folder(number), found, ended[number])
    yield from _weights(files, names, ended)


def temporaries(home: Home) -> Iterator[Leftover]:
    """What processes that are gone left in a home, its caches and the system's folder for temporary files.

    A home may be a folder that has much else in it, such as the user's own: what lies there without a mark is
    not ours.
    """
    for note in _left(Path(tempfile.gettempdir()), f".{NOTE}.*", marked=True):
        sockets = _named(note.path)
        if sockets is not None:
            yield Leftover(TEMPORARIES, sockets)
        yield note
    for folder in (home.root, home.runs, home.cache):
        yield from _left(folder, ".*", marked=True)
    for folder in _caches(home):
        yield from _left(folder, ".*")


def unread_cache(home: Home) -> Iterator[Leftover]:
    """Tokenised data that no trial has begun with for a day."""
    for entry in (entry for folder in _caches(home) for entry in folder.glob("[!.]*")):
        with suppress(OSError):
            if time.time() - max(one.stat().st_mtime for one in entry.iterdir()) > CACHE_SECONDS:
                yield Leftover(CACHE, entry)


def _left(folder: Path, pattern: str, *, marked: bool = False) -> Iterator[Leftover]:
    for path in folder.glob(pattern):
        with suppress(OSError):
            ours = path.lstat().st_uid == os.getuid() and (is_marked(path) or not marked)
            if ours and is_left(path):
                yield Leftover(TEMPORARIES, path)


def _named(note: Path) -> Path | None:
    """The folder beside a note that it names, if there is one."""
    with suppress(OSError, UnicodeError):
        name = read_file(note).decode()
        if _SOCKETS.fullmatch(name) and note.with_name(name).lstat().st_uid == os.getuid():
            return note.with_name(name)
    return None


def _in_run(folder: Path, names: set[str], standing: Standing) -> Iterator[Leftover]:
    run, failed = RunFolder(folder), standing.state is RunState.FAILED
    if run.checkpoints.name in names:
        yield Leftover(FAILED if failed else FINISHED, run.checkpoints, folder)
    if failed and run.weights.name in names:
        yield Leftover(FAILED, run.weights, folder)
    if any(name.startswith(".") for name in names):
        for path in (*run.temporary(), run.lock):
            if path.exists():
                yield Leftover(TEMPORARIES, path, folder)


def _weights(
    files: RunFiles, names: Mapping[int, set[str]], ended: Mapping[int, Standing]
) -> Iterator[Leftover]:
    having = {
        number
        for number, found in names.items()
        if files.weights(number).name in found and ended[number].state is not RunState.FAILED
    }
    if having:
        own = {number for number in having if ended[number].reused_from is None}
        kept = own - surplus(ended.values(), own.__contains__)
        for number in sorted(having - kept):
            yield Leftover(WEIGHTS, files.weights(number), files.folder(number))


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208 - thousands of them
    except OSError:
        return set()


def _caches(home: Home) -> tuple[Path, ...]:
    return home.cache / "tokens", home.cache / "corpora", home.cache / "features"
