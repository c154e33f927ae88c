"""Optuna's dashboard on the studies of a database: on this machine only, and to be looked at only."""

import errno
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import RDBStorage

from ..errors import InputError
from ..store.engine import check_url, explained
from ..url import Url

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"

NAMES = (HOST, "localhost")
"""What the machine is called by whoever may look."""

HTTP_PORT = 80  # which a browser leaves out


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
    application = read_only(_dashboard(url))
    try:
        server = make_server(HOST, port, application, server_class=_Server, handler_class=_Silent)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "needs the rights of an administrator"
        raise InputError(f"port {port} {why}: name another with --port") from error
    with server:
        server.set_app(for_this_host(application, server.server_port))
        say(f"Dashboard: http://{HOST}:{server.server_port}/dashboard (Ctrl-C ends it)")
        server.serve_forever()


def for_this_host(application: "WSGIApplication", port: int) -> "WSGIApplication":
    """The application for whoever asks for this machine by its own names.

    Else a page of the web could read it: one whose own name it has answered with this machine's address.
    """
    known = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == HTTP_PORT else set())

    def guard(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environment.get("HTTP_HOST", "").lower() in known:
            return application(environment, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "sweeper answers to 127.0.0.1 and localhost only"}']

    return guard


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


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Says nothing: every request would be a line."""
