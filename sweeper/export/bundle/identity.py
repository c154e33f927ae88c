"""What this machine and its user are called, and whether that stands anywhere in what is to be handed on."""

import getpass
import json
import os
import platform
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from ...errors import InputError
from ...paths import Home, data_folder
from ...sweep.workingfolder import git_identity

ROOTS = ("home", "root", "Users", "mnt", "data", "scratch", "work", "tmp", "opt", "srv", "media", "var")
"""Folders at the top of a machine that are paths by themselves; of any others it takes two names."""

LONG = 6
"""Characters of a name from which on it is looked for within words too, whatever the case."""

_FOUND = re.compile(rb"(?<![\w.~/<*\\>-])/(?:[\w.@+~-]+/)*[\w.@+~-]+")


@dataclass(frozen=True)
class WhoAndWhere:
    """What is not to be handed on.

    Attributes:
        names: Kind (``machine``, ``user``, ``email``) and name of each.
        paths: Absolute paths.
        remotes: URLs of git.
        ordinary: Names that are words of every report too, such as ``root`` or ``max``: they tell nobody
            anything, and are neither replaced nor looked for, but in paths.
    """

    names: tuple[tuple[str, str], ...] = ()
    paths: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    ordinary: tuple[str, ...] = ()

    @property
    def forbidden(self) -> Iterator[tuple[str, str]]:
        """Everything that may stand nowhere, with its kind."""
        yield from self.names
        yield from (("path", path) for path in self.paths)
        yield from (("remote", remote) for remote in self.remotes)


def identity_of(hosts: Collection[str], storage: str) -> WhoAndWhere:
    """What is known of this machine, its user and its working folder.

    Args:
        hosts: Names of the machines on which trials of the study ran.
        storage: URL of the database, without secrets.
    """
    here = Path.cwd()
    users = {getpass.getuser(), Path.home().name, os.environ.get("USER"), os.environ.get("LOGNAME")}
    people, emails, remotes = git_identity(here)
    with suppress(ImportError, KeyError):  # neither of them is on Windows
        import pwd

        entry = pwd.getpwuid(os.getuid())
        users |= {entry.pw_name}
        people = {*people, entry.pw_gecos.partition(",")[0]}
    every = [
        *(("machine", name) for host in {platform.node(), *hosts} for name in _parts_of(host)),
        *(("user", name) for name in (*users, *people) if name),
        *(("email", email) for email in emails),
    ]
    every += [("user", part) for name in people for part in name.split() if len(part) >= LONG]
    named = {name: kind for kind, name in sorted(every, reverse=True) if len(name) > 1}
    ordinary = {name for name in named if _is_ordinary(name)}
    folders = {Path.home(), here, Home.from_environment().root, data_folder(), Path(gettempdir())}
    folders |= {Path(sys.prefix), Path(__file__).parents[3], Path(os.environ.get("PWD") or here)}
    folders |= {folder.resolve() for folder in folders if folder is not None}
    paths = {str(folder) for folder in folders if folder is not None and len(folder.parts) > 1}
    file = storage.removeprefix("sqlite:///")
    paths |= {file} if file.startswith("/") else set()
    shared = Home.from_environment().shared
    urls = {storage, *remotes, *([] if shared is None else [str(shared)])}
    return WhoAndWhere(
        names=tuple(sorted((kind, name) for name, kind in named.items() if name not in ordinary)),
        paths=tuple(sorted(paths)),
        remotes=tuple(sorted(urls)),
        ordinary=tuple(sorted(ordinary)),
    )


def _parts_of(host: str) -> set[str]:
    """A machine's name, whole and without its domain, and without the number of a container."""
    whole = host.partition("/")[0].strip()
    return {name for name in (whole, whole.partition(".")[0]) if name}


def _is_ordinary(name: str) -> bool:
    return re.search(word_pattern([name]), _words()) is not None


def word_pattern(names: Collection[str]) -> str:
    """What finds names: short ones as whole words; long ones within words too, with digits after them."""
    ordered = sorted(set(names), key=lambda name: (-len(name), name))
    long = "|".join(re.escape(name) for name in ordered if len(name) >= LONG)
    short = "|".join(re.escape(name) for name in ordered if len(name) < LONG)
    parts = [rf"(?i:{long})[0-9]*"] if long else []
    parts += [rf"(?<![A-Za-z0-9])(?:{short})(?![A-Za-z0-9])"] if short else []
    return "|".join(parts)


@cache
def _words() -> str:
    """What stands in every report and every study: scripts and styles of the page, settings, packages."""
    from plotly.offline import get_plotlyjs

    from ...report.page.scripts import HERE
    from ...study.schema import study_schema

    page = [file.read_text(encoding="utf-8") for file in HERE.iterdir() if file.is_file()]
    shipped = [file.read_text(encoding="utf-8") for file in Path(__file__).parents[2].rglob("*.py")]
    return "\n".join((get_plotlyjs(), *page, *shipped, json.dumps(study_schema())))


def is_path(text: str) -> bool:
    """Whether a text that begins with / is a path: two names at least, or a folder that machines have."""
    names = [name for name in text.split("/") if name]
    return len(names) > 1 or (bool(names) and names[0] in ROOTS)


def check_absent(entries: Mapping[str, bytes], identity: WhoAndWhere) -> None:
    """Looks whether nothing that names somebody is left, in any byte.

    Args:
        entries: The contents by their names.
        identity: What is not to be there; beside it, no path that this machine has.

    Raises:
        InputError: If something is; the message does not repeat it.
    """
    forbidden = [(kind, _spellings(name, kind)) for kind, name in identity.forbidden]
    for entry, content in entries.items():
        whole = entry.encode() + b"\n" + content
        for kind, pattern in forbidden:
            if pattern.search(whole):
                raise InputError(_left(entry, f"what tells who you are ({kind})"))
        for found in _FOUND.finditer(_own(entry, whole)):
            path = found[0].decode(errors="replace")
            if is_path(path) and os.path.lexists("/" + "/".join(path.strip("/").split("/")[:2])):
                raise InputError(_left(entry, f"{path!r}, a path of this machine"))


def _left(entry: str, what: str) -> str:
    return (
        f"nothing was written: {entry} would hold {what}, for which no stand-in could be put: change it in "
        "the study, or hand on `sweeper export --trials` in its place"
    )


def _own(entry: str, content: bytes) -> bytes:
    """What of an entry is a study's: the page without the scripts that every page has."""
    if not entry.endswith(".html"):
        return content
    from plotly.offline import get_plotlyjs

    return content.replace(get_plotlyjs().encode(), b"")


def _spellings(name: str, kind: str) -> re.Pattern[bytes]:
    """A name as text, as JSON, as HTML and as NumPy spells it; a path or a short name as a whole."""
    written = {name, json.dumps(name)[1:-1], name.replace("&", "&amp;").replace("'", "&#39;")}
    texts = b"|".join(re.escape(one.encode()) for one in sorted(written))
    if kind == "path":
        texts = b"(?:" + texts + rb")(?![\w.-])"
    elif len(name) >= LONG:
        texts = b"(?i:" + texts + b")"
    else:
        texts = b"(?<![A-Za-z0-9])(?:" + texts + b")(?![A-Za-z0-9])"
    return re.compile(texts + b"|" + re.escape(name.encode("utf-32-le")))
