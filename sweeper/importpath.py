"""Where Python finds packages: never in the working folder, unless sweeper itself lies there.

Python puts it there for ``python -m`` and ``python -c``, and an empty part of PYTHONPATH or a ``.`` names it:
a ``model.py`` or ``random.py`` of the user's would then be imported in place of what was meant, in every
process that trains. Nothing is imported here that such a file could stand before.
"""

import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), os.pardir))  # noqa: PTH118, PTH120
"""The folder in which `sweeper` and `model` lie beside each other."""

_STANDARD_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120


def leave_working_folder() -> None:
    """Takes the working folder off the import path of this process, and of those that it starts.

    Where it comes after the standard library, as the folder of a package that is installed from its source,
    it stays.
    """
    if not is_root(os.curdir):
        end = sys.path.index(_STANDARD_LIBRARY) if _STANDARD_LIBRARY in sys.path else len(sys.path)
        sys.path[:end] = [entry for entry in sys.path[:end] if not _is_here(entry)]
    os.environ.update(environment())


def environment() -> dict[str, str]:
    """The variables with which a Python process leaves the working folder off its import path."""
    if is_root(os.curdir):
        return {}
    changed = {"PYTHONSAFEPATH": "1"}
    if "PYTHONPATH" in os.environ:
        entries = os.environ["PYTHONPATH"].split(os.pathsep)
        changed["PYTHONPATH"] = os.pathsep.join(entry for entry in entries if not _is_here(entry))
    return changed


def interpreter() -> list[str]:
    """The command of this Python that leaves the working folder off its import path."""
    return [sys.executable] if is_root(os.curdir) else [sys.executable, "-P"]


def foreign_model() -> str | None:
    """The file of a package `model` that Python finds in place of sweeper's; None if it finds that."""
    from importlib.util import find_spec

    found = find_spec("model")
    if found is None:
        return None
    origin = found.origin or next(iter(found.submodule_search_locations or ()), None)
    if origin is None or is_root(os.path.join(os.path.dirname(origin), os.pardir)):  # noqa: PTH118, PTH120
        return None
    return origin


def _is_here(entry: str) -> bool:
    return _real(entry or os.curdir) == _real(os.curdir)


def is_root(folder: str) -> bool:
    """Whether a folder is that of `sweeper` and `model`."""
    return _real(folder) == ROOT


def _real(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except FileNotFoundError:  # the working folder is gone; whoever needs it will say so
        return folder
