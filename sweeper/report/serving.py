"""The page of a report on this machine, over HTTP, to be looked at only."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from plotly.offline import get_plotlyjs

from ..show.localserver import HOST, listen, names_of
from ..text import one_line
from ..url import scrubbed
from .live import LivePage
from .page.scripts import served_policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PORT = 8090
"""Where it listens, where the user does not say."""

METHODS = ("GET", "HEAD")

Answer = tuple[str, str, bytes]
"""Status, type of content, content."""


def serve_page(page: LivePage, port: int, say: Callable[[str], None]) -> None:
    """Serves the page until the user interrupts it.

    Args:
        page: The page.
        port: Where it listens; 0: any that is free.
        say: Hears its address.

    Raises:
        KeyboardInterrupt: When the user ends it.
        InputError: If the port is taken or not allowed.
    """
    damages, once = logging.getLogger("sweeper.store.damage"), _Once()
    damages.addFilter(once)
    try:
        with listen(page_application(page), port) as server:
            say(f"Report: http://{HOST}:{server.server_port}/ (Ctrl-C ends it)")
            server.serve_forever()
    finally:
        damages.removeFilter(once)


def page_application(page: LivePage) -> "WSGIApplication":
    """What answers a browser: ``/`` is the page, ``/version`` what it shows now, ``/plotly.js`` what draws.

    Nothing else is there, and no other page of the web may ask for it, hold it in a frame or keep it.
    """
    ways: dict[str, Callable[[], tuple[str, bytes]]] = {
        "/": lambda: ("text/html; charset=utf-8", page.text().encode()),
        "/version": lambda: ("application/json", _as_json(*page.version())),
        "/plotly.js": lambda: ("text/javascript; charset=utf-8", get_plotlyjs().encode()),
    }

    def answered(environment: "WSGIEnvironment") -> Answer:
        method, origin = environment["REQUEST_METHOD"], environment.get("HTTP_ORIGIN")
        if method not in METHODS:
            return _line("405 Method Not Allowed", "the report is to be looked at only")
        port = int(environment["SERVER_PORT"])
        if origin is not None and origin.lower() not in {f"http://{name}" for name in names_of(port)}:
            return _line("403 Forbidden", "another page may not ask for the report")
        made = ways.get(environment["PATH_INFO"])
        if made is None:
            return _line("404 Not Found", f"there is nothing but {', '.join(ways)}")
        try:
            return ("200 OK", *made())
        except Exception as error:  # noqa: BLE001 - whatever it dies of, the next state may be shown
            reason = one_line(scrubbed(f"{type(error).__name__}: {error}"))
            return _line("500 Internal Server Error", f"the report could not be made: {reason}")

    def application(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        status, kind, content = answered(environment)
        headers = [("Content-Type", kind), ("Content-Length", str(len(content))), *_headers()]
        if status.startswith("405"):
            headers.append(("Allow", ", ".join(METHODS)))
        start_response(status, headers)
        return [] if environment["REQUEST_METHOD"] == "HEAD" else [content]

    return application


def _headers() -> list[tuple[str, str]]:
    return [
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", served_policy()),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ]


def _line(status: str, text: str) -> Answer:
    return status, "text/plain; charset=utf-8", f"sweeper: {text}\n".encode()


def _as_json(version: str, said: str) -> bytes:
    return json.dumps({"version": version, "said": said}).encode()


class _Once(logging.Filter):
    """Passes each line once: the database is opened again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is new."""
        text = record.getMessage()
        new = text not in self._said
        self._said.add(text)
        return new
