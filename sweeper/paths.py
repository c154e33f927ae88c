"""Every folder that sweeper reads or writes."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .errors import InputError
from .url import Url

STORAGE = "SWEEPER_STORAGE"
"""The variable that names the database where no option does; unlike that, ``ps`` does not show it."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")


def check_name(name: str, what: str) -> str:
    """Returns `name` if it is safe as a file name.

    Args:
        name: The name to check.
        what: What it names, for the message, for example ``study``.

    Raises:
        InputError: If the name could leave its folder or upset a shell or file system.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{what} name {name!r} is not allowed: use up to 100 letters, digits and . _ + -, "
            "beginning with a letter or digit"
        )
    return name


def check_study(name: str) -> str:
    """Returns ``<study>@<workload>`` if both parts are safe as file names.

    Raises:
        InputError: As in `check_name`.
    """
    base, _, workload = name.partition("@")
    check_name(base, "study")
    check_name(workload, "workload")
    return name


def user_path(written: str | Path) -> Path:
    """A path as the user wrote it; ``~`` and ``~name`` at its start are the home of a user.

    Raises:
        InputError: If that user has none.
    """
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise InputError(f"{str(written)!r}: the home folder of this user is not known") from None


def check_target(file: Path, option: str) -> None:
    """Looks whether a file can be written in a place.

    Args:
        file: The place.
        option: What names it, for the message, for example ``--output``.

    Raises:
        InputError: If a folder is there.
    """
    if file.is_dir():
        raise InputError(f"{option} {str(file)!r} is a folder: name a file")


@dataclass(frozen=True)
class Home:
    """The folder that holds the state of all studies: SWEEPER_HOME, by default ``.sweeper/``.

    Attributes:
        root: The folder on this machine.
        shared: URL of the folder that all machines share, of whose runs `root` has copies; None where they
            share `root` itself, or there is one machine.
    """

    root: Path
    shared: Url | None = None

    @classmethod
    def from_environment(cls) -> "Home":
        """The home that SWEEPER_HOME names; ``.sweeper`` in the working folder where it is not set, or empty.

        Of a URL, `root` is a folder in the user's cache.

        Raises:
            InputError: If its name is not in UTF-8, or begins with ``~`` and a user who has no home.
        """
        given = os.environ.get("SWEEPER_HOME") or ".sweeper"
        if "://" not in given:
            root = user_path(given).resolve()
            if not _is_text(str(root)):
                raise InputError(f"SWEEPER_HOME {str(root)!a}: cannot be used: its name is not in UTF-8")
            return cls(root)
        digest = hashlib.sha256(given.encode()).hexdigest()[:16]
        return cls(Path.home() / ".cache" / "sweeper" / digest, Url(given))

    @property
    def cache(self) -> Path:
        """Tokenised data, shared by all trials."""
        return self.root / "cache"

    @property
    def storage(self) -> Url:
        """URL of the default database.

        Raises:
            InputError: If the home is a URL, where no database can be.
        """
        if self.shared is not None:
            raise InputError(
                f"SWEEPER_HOME {self.shared!r} cannot hold a database: name one with --storage postgresql://…"
            )
        # Quoted: a URL gives % and ? meanings that they do not have in a folder's name.
        return Url(f"sqlite:///{quote(str(self.root / 'studies.db'))}")

    @property
    def runs(self) -> Path:
        """The folders of the runs of all studies."""
        return self.root / "runs"

    @property
    def shared_runs(self) -> Url:
        """URL of the same folder, where machines share one by URL."""
        return (self.shared or Url("")).within("runs")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def named_storage(given: Url | None) -> Url | None:
    """The database that was named: the one that was given, else SWEEPER_STORAGE; None where neither is."""
    if given is None and (named := os.environ.get(STORAGE)):
        return Url(named)
    return given


def storage_url(given: Url | None) -> Url:
    """URL of the database: the one that was given, else SWEEPER_STORAGE, else that of SWEEPER_HOME."""
    named = named_storage(given)
    return Home.from_environment().storage if named is None else named


def data_folder() -> Path | None:
    """The folder of the user's data files, SWEEPER_DATA, or None where it is not set or empty."""
    value = os.environ.get("SWEEPER_DATA")
    return user_path(value).resolve() if value else None


def shipped_studies() -> Path:
    """The folder of the studies that come with sweeper, in an installed copy or in a checkout."""
    installed = Path(__file__).parent / "_studies"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "studies"
