"""What the record of a study says of its own code, and what stands in its place where that is not loaded."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from ..frozen import Frozen
from ..registry import adding
from .kinds import KINDS, registered
from .load import loaded, withdraw
from .source import PluginSource


class OwnCode(Frozen):
    """The plug-ins of a study, and what each registered.

    Attributes:
        files: SHA-256 of each plug-in, by the name that the study file gives it.
        entries: Traits of what they registered, by kind and name.
    """

    files: dict[str, str]
    entries: dict[str, dict[str, dict[str, Any]]] = Field({})

    def versions(self) -> dict[str, str]:
        """The plug-ins as the record of a trial names them, beside the versions of packages."""
        return {f"plug-in {name}": sha256 for name, sha256 in self.files.items()}


def record_of(sources: Sequence[PluginSource]) -> OwnCode | None:
    """What is recorded of plug-ins that are loaded; None of none."""
    files = {source.name: source.sha256 for source in sources}
    return OwnCode(files=files, entries=registered(files)) if files else None


def stand_in(code: OwnCode, *, to_read: bool = False) -> None:
    """Lets names that a record has be known, where the code that they are of is not loaded.

    What is ours stays, and so does what is loaded.

    Args:
        code: The record.
        to_read: Whether it is but read: then loaded code of the same names that is not that of the record
            is taken out, unless a sweep trains with it.
    """
    for what, kind in KINDS.items():
        for name, traits in code.entries.get(what, {}).items():
            running = {source.name: source.sha256 for source in loaded()}
            owner = kind.registry.foreign.get(name)
            if owner is None and name in kind.registry:
                continue
            if owner in running:
                said = to_jsonable_python(kind.traits(kind.registry[name]) | {"plugin": owner})
                same = running[owner] == code.files.get(owner) and said == traits
                if same or not to_read or not withdraw(owner):
                    continue
            elif owner is not None:
                kind.registry.remove(name)
            plugin = str(traits["plugin"])
            with adding(plugin):
                kind.registry.add(name, kind.standing(name, plugin, _without(traits)), recorded=True)


def _without(traits: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in traits.items() if name != "plugin"}
