"""A server for the browsers of this machine, and for nobody else."""

import errno
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ..errors import InputError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"

NAMES = (HOST, "localhost")
"""What the machine is called by whoever may look."""

HTTP_PORT = 80  # which a browser leaves out


def listen(application: "WSGIApplication", port: int) -> WSGIServer:
    """Makes a server that listens on this machine alone, and answers to its names alone.

    Args:
        application: What it serves.
        port: Where it listens; 0: any that is free.

    Raises:
        InputError: If the port is taken or not allowed.
    """
    try:
        server = make_server(HOST, port, application, server_class=_Server, handler_class=_Silent)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "needs the rights of an administrator"
        raise InputError(f"port {port} {why}: name another with --port") from error
    server.set_app(for_this_host(application, server.server_port))
    return server


def names_of(port: int) -> set[str]:
    """What a browser calls a server of this machine, as its Host header has it."""
    return {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == HTTP_PORT else set())


def for_this_host(application: "WSGIApplication", port: int) -> "WSGIApplication":
    """The application for whoever asks for this machine by its own names.

    Else a page of the web could read it: one whose own name it has answered with this machine's address.
    """
    known = names_of(port)

    def guard(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environment.get("HTTP_HOST", "").lower() in known:
            return application(environment, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "sweeper answers to 127.0.0.1 and localhost only"}']

    return guard


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Says nothing: every request would be a line."""
