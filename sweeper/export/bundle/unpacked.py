"""A bundle laid out as a database and a home of its own, in a folder that goes afterwards."""

import hashlib
import json
import weakref
from collections.abc import Callable, Collection, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from model.files import remove

from ...errors import DatabaseError, InputError
from ...paths import Home, check_study, user_path
from ...store.database import Database
from ...store.extract import check_extract
from ...study.load import PUBLISHED
from ...url import Url
from .arrays import Array, read_array
from .runs import lay_out
from .zipped import UntrustedZip

SUFFIX = ".zip"

FORMAT = 1
"""What this version writes and reads."""

MANIFEST, DATABASE, RUNS = "manifest.json", "studies.db", "predictions.json"

MOST_LAID_OUT = 8 << 30
"""Bytes that the predictions of all trials may have, each with a copy of what it shares with others."""

_MALFORMED = (
    *(LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError, MemoryError),
    *(FileExistsError, UnicodeError),
)


def is_bundle(study: str) -> bool:
    """Whether what the user calls a study is the path of a bundle; ``s@w.zip`` is, if the file is there."""
    named = "@" in study and Path(study).name == study
    return study.endswith(SUFFIX) and (not named or user_path(study).exists())


@dataclass(frozen=True)
class Bundle:
    """A bundle, laid out.

    Attributes:
        file: It.
        study: ``<study>@<workload>``.
        storage: URL of its database, which nobody else has.
        home: Where the predictions of its trials are.
    """

    file: Path
    study: str
    storage: Url
    home: Home


@contextmanager
def open_bundle(file: str | Path) -> Iterator[Bundle]:
    """Lays a bundle out, as long as it is needed; of the user's own database and home nothing is read.

    Args:
        file: A file that may come from anybody.

    Raises:
        InputError: If it cannot be read, is no bundle, or is damaged; the message names file and entry.
    """
    with TemporaryDirectory(prefix="sweeper-", ignore_cleanup_errors=True) as folder:
        yield unpack(user_path(file), Path(folder))


def keep_bundle(file: str | Path) -> Bundle:
    """Lays a bundle out for as long as the object that is returned lives; errors as in `open_bundle`."""
    folder = Path(mkdtemp(prefix="sweeper-"))
    try:
        bundle = unpack(user_path(file), folder)
    except BaseException:
        remove(folder)
        raise
    weakref.finalize(bundle, remove, folder)
    return bundle


def unpack(file: Path, folder: Path) -> Bundle:
    """Lays a bundle out in a folder that is empty.

    Args:
        file: It.
        folder: The folder, of this process alone.

    Raises:
        InputError: As in `open_bundle`.
    """
    with UntrustedZip(file) as packed:
        manifest = _manifest(file, packed)

        def read(entry: str) -> bytes:
            content = packed.read(entry)
            if manifest["entries"].get(entry) != hashlib.sha256(content).hexdigest():
                raise InputError(f"{file}: {entry}: is not what {MANIFEST} says that it is")
            return content

        for entry in sorted(packed.names - {MANIFEST}):
            read(entry)
        if missing := sorted(manifest["entries"].keys() - packed.names):
            raise InputError(f"{file}: has no {missing[0]}, of which {MANIFEST} speaks")
        return lay_out_entries(file, str(manifest["study"]), read, folder, packed.names)


def lay_out_entries(
    file: Path, study: str, read: Callable[[str], bytes], folder: Path, names: Container[str]
) -> Bundle:
    """Lays out what stands in a bundle.

    Args:
        file: It, for messages.
        study: The study.
        read: Gives the bytes of an entry.
        folder: An empty folder.
        names: What stands in it.

    Raises:
        InputError: As in `open_bundle`.
    """
    # Empty where there is none: else the file of that name in the reader's own folder would be read.
    beside = f"files/{PUBLISHED}"
    (folder / PUBLISHED).write_bytes(read(beside) if beside in names else b"")
    database, home = folder / DATABASE, Home(folder)
    database.write_bytes(read(DATABASE))
    storage = Url(f"sqlite:///{database}")
    try:
        check_extract(database)
        with Database(storage, must_exist=True, read_only=True) as opened:
            opened.study(check_study(study))
            numbers = {
                store.row.name: {trial.number for trial in store.trials.standings()}
                for store in opened.studies()
                if store.row.origin is None
            }
    except (DatabaseError, InputError) as error:
        raise InputError(f"{file}: {DATABASE}: {_without(folder, error)}") from error

    @cache
    def kept(number: int) -> Array:
        return read_array(read(f"arrays/{number}.npy"))

    laid_out = 0

    def array(number: int) -> Array:
        nonlocal laid_out
        found = kept(int(number))
        laid_out += found.nbytes
        if laid_out > MOST_LAID_OUT:
            raise InputError(
                f"{file}: {RUNS}: the predictions of its trials take more than a bundle's may: "
                f"{MOST_LAID_OUT >> 20:,} MiB"
            )
        return found

    try:
        for name, runs in json.loads(read(RUNS)).items():
            lay_out(runs, home, array, numbers[name])
    except _MALFORMED as error:
        raise InputError(f"{file}: {RUNS}: is damaged: {error}") from error
    return Bundle(file, study, storage, home)


def manifest_of(study: str, entries: Collection[tuple[str, bytes]], **facts: Any) -> dict[str, Any]:
    """What a bundle says of itself."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in entries}
    return {"bundle": FORMAT, "study": study, **facts, "entries": dict(sorted(sums.items()))}


def _manifest(file: Path, packed: UntrustedZip) -> dict[str, Any]:
    if MANIFEST not in packed.names:
        raise InputError(f"{file}: is no bundle of sweeper: it has no {MANIFEST}")
    try:
        found = json.loads(packed.read(MANIFEST))
        if found["bundle"] != FORMAT:
            raise InputError(
                f"{file}: {MANIFEST}: is of format {found['bundle']!r}, and this sweeper reads {FORMAT}: "
                "upgrade sweeper"
            )
        return {"study": found["study"], "entries": dict(found["entries"])}
    except _MALFORMED as error:
        raise InputError(f"{file}: {MANIFEST}: is no manifest of a bundle: {error!r}") from error


def _without(folder: Path, error: Exception) -> str:
    """A message without the place where a bundle is laid out for a moment."""
    text = str(error)
    for place in (f"sqlite:///{folder.resolve()}/", f"sqlite:///{folder}/", f"{folder}/"):
        text = text.replace(place, "")
    return text.removeprefix(f"{DATABASE}: ")
