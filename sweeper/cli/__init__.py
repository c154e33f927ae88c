"""The command line."""

import sys

from ..importpath import foreign_model, leave_working_folder

# Before anything else is imported, which a file in the working folder may stand before.
leave_working_folder()
if (_found := foreign_model()) is not None:
    sys.stderr.write(
        f"Error: {_found}: Python finds this before the package `model` of sweeper: rename it, or take its "
        "folder out of PYTHONPATH\n"
    )
    raise SystemExit(2)

try:
    from .app import app, main
except KeyboardInterrupt:
    raise SystemExit(130) from None

__all__ = ["app", "main"]
