"""Machines to be: network namespaces with names of their own, which reach one server and nothing else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

SERVER = f"sweeper-db-{os.getpid()}"
"""The namespace of the server."""

NAMED = "import os, socket, sys; socket.sethostname(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
"""Names the machine, then runs a command: a process that has asked for the name keeps the old one."""


@dataclass(frozen=True)
class Host:
    """A machine.

    Attributes:
        name: Its host name.
        server: Address of the server, as seen from it.
        network: The network that it shares with the server alone.
        prefix: What stands before a command that shall run there.
    """

    name: str
    server: str
    network: str
    prefix: tuple[str, ...]


def unavailable() -> str | None:
    """Why there can be no namespaces here; None if there can."""
    if missing := [tool for tool in ("ip", "unshare", "runuser") if shutil.which(tool) is None]:
        return f"no {' and no '.join(missing)} here: apt-get install iproute2 util-linux"
    if os.geteuid() != 0:
        return "only root may make network namespaces here"
    tried = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"


@contextmanager
def hosts(*names: str) -> Iterator[list[Host]]:
    """Machines that are gone at the end, and the namespace of their server."""
    with ExitStack() as stack:
        _namespace(stack, SERVER)
        made = []
        for place, name in enumerate(names, 1):
            space = f"{SERVER}-{name}"
            _namespace(stack, space)
            inner, outer = f"sw{place}", f"db{place}"
            _ip("link", "add", inner, "netns", space, "type", "veth", "peer", outer, "netns", SERVER)
            for where, link, last in ((SERVER, outer, 1), (space, inner, 2)):
                _ip("-n", where, "address", "add", f"10.99.{place}.{last}/30", "dev", link)
                _ip("-n", where, "link", "set", link, "up")
            prefix = ("ip", "netns", "exec", space, "unshare", "--uts", sys.executable, "-c", NAMED, name)
            made.append(Host(name, f"10.99.{place}.1", f"10.99.{place}.0/30", prefix))
        yield made


def _namespace(stack: ExitStack, name: str) -> None:
    _ip("netns", "add", name)
    stack.callback(_ip, "netns", "delete", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
