"""Optuna's dashboard on the studies of a database: on this machine only, and to be looked at only."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from optuna.storages import RDBStorage

from ..errors import InputError
from ..store.engine import check_url, explained
from ..url import Url
from .localserver import HOST, listen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def check_installed() -> None:
    """Looks whether the dashboard is there.

    Raises:
        InputError: If not; the message says what to install.
    """
    if find_spec("optuna_dashboard") is None:
        raise InputError("the dashboard is not installed: pip install 'sentence-sweeper[dashboard]'")


def serve(url: Url, port: int, say: Callable[[str], None]) -> None:
    """Serves the dashboard until the user interrupts it.

    Args:
        url: The database, with all its tables.
        port: Where it listens; 0: any that is free.
        say: Hears its address.

    Raises:
        KeyboardInterrupt: When the user ends it.
        InputError: If the port is taken or not allowed.
        DatabaseError: If the database cannot be read.
    """
    with listen(read_only(_dashboard(url)), port) as server:
        say(f"Dashboard: http://{HOST}:{server.server_port}/dashboard (Ctrl-C ends it)")
        server.serve_forever()


def read_only(application: "WSGIApplication") -> "WSGIApplication":
    """The application without what changes studies: our own tables would not hear of it."""

    def guard(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environment["REQUEST_METHOD"] in ("GET", "HEAD"):
            return application(environment, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "sweeper shows its studies read-only"}']

    return guard


def _dashboard(url: Url) -> "WSGIApplication":
    import optuna_dashboard

    checked = check_url(url)
    # Optuna puts the URL through str.format.
    written = checked.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
    with explained(checked):
        storage = RDBStorage(written, skip_table_creation=True)
    application: WSGIApplication = optuna_dashboard.wsgi(storage)
    return application
