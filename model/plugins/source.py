"""A file or module of own code, with what it says: what is run is what was hashed."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from ..errors import PluginError
from ..files import open_file

GROUP = "sweeper.plugins"
"""Group of the entry points by which an installed package gives its modules short names."""

LARGEST = 2**20
"""Bytes that a file of own code may have."""


@dataclass(frozen=True)
class PluginSource:
    """Own code that a study file names.

    Attributes:
        name: As the study file writes it: a file that ends in .py, or a module that is installed.
        path: The file; of a package its folder.
        sha256: SHA-256 of the file, or of all files of Python in the package, by their names.
        text: What stands in the file; None of a module, which Python finds where it is installed.
        trainer: Whether it is a trainer in the place of ours.
        module: The module, where that is no file.
    """

    name: str
    path: str
    sha256: str
    text: str | None = None
    trainer: bool = False
    module: str | None = None


def find_source(name: str, folder: Path, *, trainer: bool = False) -> PluginSource:
    """Finds own code, and runs none of it but the packages around a module.

    Args:
        name: A path that ends in .py, from `folder` on; a module; or an entry point of `GROUP`.
        folder: Folder of the file that names it.
        trainer: Whether it is a trainer.

    Raises:
        PluginError: If there is no such file or module, or it cannot be read.
    """
    if name.endswith(".py"):
        try:
            path = (folder / Path(name).expanduser()).resolve()
        except RuntimeError as error:
            raise PluginError(f"{name}: cannot be found: {error}") from None
        content = _content(path)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise PluginError(f"{path}: is not a text file in UTF-8") from None
        return PluginSource(name, str(path), hashlib.sha256(content).hexdigest(), text, trainer)
    module = next((point.module for point in entry_points(group=GROUP, name=name)), name)
    if not all(part.isidentifier() for part in module.split(".")):
        raise PluginError("must be a file that ends in .py, or the name of a module")
    try:
        found = find_spec(module)
    except (ImportError, ValueError):  # ValueError: the module of the command line, which has no file
        found = None
    if found is None or found.origin is None:
        raise PluginError(f"there is no module {module!r} installed; a file is written with its .py")
    places = list(found.submodule_search_locations or ())
    where = places[0] if places else found.origin
    return PluginSource(name, where, _digest(found.origin, places), None, trainer, module)


def _digest(origin: str, places: list[str]) -> str:
    files = [(Path(origin).name, Path(origin))]
    if places:
        files = sorted((str(p.relative_to(place)), p) for place in places for p in Path(place).rglob("*.py"))
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\n".encode() if places else b"")
        digest.update(_content(path))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    try:
        with open_file(path) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise PluginError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise PluginError(f"{path}: has more than {LARGEST // 2**20} MiB")
    return content
