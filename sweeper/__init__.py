"""Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder.

From Python::

    import sweeper

    study = sweeper.run("quickstart", trials=8)     # what `sweeper run` does
    study = sweeper.open("quickstart@demo")         # from the database, without the right to write
    study.table("arms"), study.figure("learning"), study.best().predict(rows)
"""

from .version import __version__

# Without the module `typing`: a file of that name in the working folder would be imported in its place, as
# nothing has taken that off the import path yet.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .api.foreignstudy import OpenForeign
    from .api.openstudy import OpenStudy
    from .api.openstudy import open_study as open  # noqa: A004 - the word of the Python interface
    from .api.opentrial import OpenTrial
    from .api.reporttable import ReportTable
    from .api.run import resume, run

__all__ = [
    "OpenForeign",
    "OpenStudy",
    "OpenTrial",
    "ReportTable",
    "__version__",
    "open",
    "resume",
    "run",
]

_INTERFACE = {
    "OpenForeign": ("foreignstudy", "OpenForeign"),
    "OpenStudy": ("openstudy", "OpenStudy"),
    "OpenTrial": ("opentrial", "OpenTrial"),
    "ReportTable": ("reporttable", "ReportTable"),
    "open": ("openstudy", "open_study"),
    "resume": ("run", "resume"),
    "run": ("run", "run"),
}
"""Module of `api` and name there: imported when asked for, since every command and trial imports this."""


def __getattr__(name: str) -> object:
    if name not in _INTERFACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _INTERFACE[name]
    return getattr(import_module(f".api.{module}", __name__), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
