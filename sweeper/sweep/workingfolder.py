"""The state of the user's working folder in git, as far as it can be had without trouble."""

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from ..url import without_secrets

SECONDS = 10.0
"""How long git may take for an answer."""

MOST = 256 * 1024
"""Bytes of a difference that are kept."""

# No monitor, viewer or filter that the repository's own configuration names is run: it may be a stranger's.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "HEAD", "--")


@dataclass(frozen=True)
class WorkingFolder:
    """A working folder under git.

    Attributes:
        commit: Hash of the commit that is checked out.
        changed: Whether a file that git knows differs from that commit.
        diff: How they differ, without secrets of URLs, whole lines of the first 256 KiB.
    """

    commit: str
    changed: bool
    diff: str


def working_folder(folder: Path) -> WorkingFolder | None:
    """What git says of a folder; None where it is under no git, or git is missing or does not answer in time.

    Args:
        folder: Any folder of the working tree; all of the tree counts.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    diff = None if commit is None else _git(folder, *_unfiltered(folder), *_DIFF)
    if commit is None or diff is None:
        return None
    return WorkingFolder(commit.strip(), bool(diff), without_secrets(diff))


def git_identity(folder: Path) -> tuple[set[str], set[str], set[str]]:
    """By what a working folder can be told from those of others.

    Returns:
        Names and e-mail addresses of the user as git knows them, and URLs of its remotes.
    """
    said = _git(folder, "config", "--get-regexp", r"^(user\.(name|email)|remote\..*\.url)$") or ""
    found = [line.partition(" ") for line in said.splitlines()]
    people = {value for key, _, value in found if key == "user.name"}
    emails = {value for key, _, value in found if key == "user.email"}
    return people, emails, {value for key, _, value in found if key.endswith(".url")}


def _unfiltered(folder: Path) -> list[str]:
    """Options that switch off the filters of the repository's own configuration; the user's own stay."""
    listed = _git(
        folder, "config", "--show-scope", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$"
    )
    scoped = [line.partition("\t") for line in (listed or "").splitlines()]
    own = [key for scope, _, key in scoped if scope not in ("system", "global")]
    settings = [f"{key}=" for key in own] + [f"{key.rpartition('.')[0]}.required=false" for key in own]
    return [word for setting in settings for word in ("-c", setting)]


def _git(folder: Path, *arguments: str) -> str | None:
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and nothing of a stranger's among the arguments
            [*_GIT, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    alarm = threading.Timer(SECONDS, process.kill)
    alarm.start()
    with process:
        assert process.stdout is not None  # noqa: S101 - tells the type
        content = process.stdout.read(MOST + 1)
        if len(content) > MOST:
            process.kill()
    alarm.cancel()
    if len(content) > MOST:
        # A line that is cut could hold half a secret, which nothing would recognise.
        return content[:MOST].rpartition(b"\n")[0].decode(errors="replace") + "\n"
    return content.decode(errors="replace") if process.returncode == 0 else None
