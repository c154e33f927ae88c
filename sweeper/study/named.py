"""What the user calls a study: by its name, with or without a workload, or by its file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, SweeperError
from ..paths import user_path

if TYPE_CHECKING:  # what reads files takes long to import, and most users name no file
    from .study import Study
    from .yamlfile import YamlFile

_SUFFIXES = (".yaml", ".yml")

CONFIRM = "-confirm"
"""End of the name of a study that confirms another one."""


def is_file(text: str) -> bool:
    """Whether this is the path of a study or workload file, and not a name."""
    return text.endswith(_SUFFIXES)


def confirmation_name(name: str) -> str:
    """Name of the study that confirms ``<study>@<workload>``."""
    base, sign, workload = name.partition("@")
    return f"{base}{CONFIRM}{sign}{workload}"


def is_confirmation(name: str) -> bool:
    """Whether ``<study>@<workload>`` confirms another one."""
    return name.partition("@")[0].endswith(CONFIRM)


@contextmanager
def way_on(begun: "Callable[[str], Study | None]", name: str) -> Iterator[None]:
    """Adds to what is wrong with the file of a study how it goes on, if it has begun: as it was stored.

    Args:
        begun: Gives the study of a name as it was begun, or None.
        name: ``<study>@<workload>``.

    Raises:
        InputError: The one that is raised within, with that added.
    """
    try:
        yield
    except InputError as error:
        old = None
        with suppress(SweeperError):  # of the database, which nobody has asked for
            old = begun(name)
        if old is None:
            raise
        code = " --code FILE" if old.spec.code else ""
        raise InputError(
            f"{error}; it goes on as it was begun with: sweeper resume {old.name}{code}"
        ) from None


def other_suffix(name: str, folder: Path) -> str:
    """What to do with a file of a name that ends in .yml, and is not found by it; empty if there is none."""
    path = folder / f"{name}.yml"
    return f"; {path} is found once it is called {name}.yaml, or by its path" if path.is_file() else ""


def misnamed(place: str, name: str, found: str, files: Mapping[str, Path]) -> str:
    """That a file that was found by its name has another name in it, as a copy has.

    Args:
        place: Where that name stands.
        name: The name.
        found: The one of the file.
        files: Every study file by its own name.
    """
    whose = f", as are those of {files[name]}" if name in files else ""
    return (
        f"{place}: results are stored as {name}@…, the name that stands here{whose}; for a study of its own "
        f"write name: {found}, or name one with --name"
    )


@dataclass(frozen=True)
class Asked:
    """What the user asks for.

    Attributes:
        study: Name of the study; None where any will do.
        workload: Name of the workload, or None.
        written: Both, for messages: between quotes, or with the file in which they stand.
    """

    study: str | None
    workload: str | None
    written: str = ""

    def matches(self, stored: str) -> bool:
        """Whether ``<study>@<workload>`` may be meant."""
        study, _, workload = stored.partition("@")
        return self.study in (None, study) and self.workload in (None, workload)


def split_name(text: str, workload: str | None = None) -> Asked:
    """A name as it was written, ``study`` or ``study@workload``.

    Args:
        text: The name.
        workload: The workload, where the user named it apart.

    Raises:
        InputError: If a part is missing, or there are two workloads.
    """
    study, sign, on = text.rpartition("@") if "@" in text else (text, "", "")
    if sign and not (study and on):
        raise InputError(f"study {text!r} is not complete: write STUDY or STUDY@WORKLOAD")
    if sign and workload not in (None, on):
        raise InputError(f"--workload {workload} contradicts {text!r}: leave one of them out")
    on = on or workload or ""
    return Asked(study, on or None, repr(f"{study}@{on}" if on else study))


def name_in_file(text: str, workload: str | None = None) -> Asked:
    """The name and workload that stand in a study file, of which the rest is not looked at.

    Args:
        text: Path of the file.
        workload: The workload, where the user named it apart.

    Raises:
        InputError: If the file cannot be read, or has no name.
    """
    from .spec import StudySpec
    from .yamlfile import read_yaml

    file = read_yaml(user_path(text))
    study = _text(file, "name")
    default = {"workload": StudySpec.model_fields["workload"].default}
    on = workload or _text(file, "workload", default)
    return Asked(study, on, f"{study}@{on} ({file.path})")


def workload_name(text: str) -> str:
    """Name of a workload, which the user names so or by its file.

    Raises:
        InputError: If the file cannot be read, or has no name.
    """
    from .yamlfile import read_yaml

    return _text(read_yaml(user_path(text)), "name") if is_file(text) else text


def _text(file: "YamlFile", key: str, defaults: Mapping[str, Any] | None = None) -> str:
    value = (dict(defaults or {}) | file.data).get(key)
    if not isinstance(value, str) or not value:
        raise InputError(f"{file.place((key,))}: {key}: a name must stand here")
    return value
