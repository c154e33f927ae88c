"""Tables of named things of one kind, and settings that are a name in such a table. Imports no torch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, TypeVar

from .ownentry import entry_misfit

if TYPE_CHECKING:  # the command line needs the tables alone, at once
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")

_adding: list[str] = []
"""Names of the plug-ins that are being run, the innermost last."""

REGISTRIES: "list[Registry[Any]]" = []
"""All tables that there are."""


@contextmanager
def adding(plugin: str) -> Iterator[None]:
    """What is added meanwhile is own code of a plug-in.

    Args:
        plugin: Its name.
    """
    _adding.append(plugin)
    try:
        yield
    finally:
        _adding.pop()


class Registry(Mapping[str, T]):
    """What there is of one kind, by name, in the order in which it was added.

    Args:
        kind: What the entries are, for messages, for example ``head``.
        entries: The first of them.

    Attributes:
        foreign: The entries that are own code, each with the name of its plug-in.
        check: Says what is wrong with an entry that is own code, as the end of a sentence; None where nothing
            is. By default it has to be of the class of the first.
    """

    def __init__(self, kind: str, entries: Mapping[str, T] | None = None) -> None:
        self.kind = kind
        self._entries = dict(entries or {})
        self.foreign: dict[str, str] = {}
        self.check: Callable[[Any], str | None] = self._unlike
        REGISTRIES.append(self)

    def add(self, name: str, entry: T, *, recorded: bool = False) -> None:
        """Adds an entry.

        Args:
            name: Its name.
            entry: The entry.
            recorded: Whether it stands in for own code, of which a record speaks: what was recorded is read.

        Raises:
            ValueError: If the name is taken: two things of one name would make results say the wrong one.
            TypeError: If it is own code, and no entry of this kind.
        """
        if name in self._entries:
            raise ValueError(f"there is a {self.kind} {name!r} already")
        if _adding and (wrong := self.check(entry) or (None if recorded else entry_misfit(name, entry))):
            raise TypeError(f"{self.kind} {name!r} {wrong}")
        self._entries[name] = entry
        if _adding:
            self.foreign[name] = _adding[-1]

    def _unlike(self, entry: Any) -> str | None:
        """What is wrong with an entry that is not of the class of the first."""
        kind = type(next(iter(self._entries.values()), entry))
        return None if isinstance(entry, kind) else f"must be a {kind.__name__}"

    def remove(self, name: str) -> None:
        """Takes an entry out that is own code."""
        del self.foreign[name], self._entries[name]

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def described(registry: Registry[Any]) -> str:
    """Every entry with its description, for a field that names one: ``linear: one layer. …``."""
    return " ".join(f"{name}: {entry.description}." for name, entry in registry.items())


@dataclass(frozen=True)
class Deferred:
    """A function or class that is imported when it is called: a table of such imports no torch.

    Args:
        place: Where it stands, ``module:name``.
        settings: What it is always called with.
    """

    place: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its own name, without the module's."""
        return self.place.rpartition(":")[2]

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        """Imports it and calls it."""
        return _found(self.place)(*arguments, **self.settings, **more)


_found = cache(resolve_name)
"""A loss is called at every step, and looking a name up takes as long as a small product."""


@dataclass(frozen=True, eq=False)  # a registry has no hash, and ``OneOf(…) | None`` wants one
class OneOf:
    """Marks a string as the name of an entry: ``Annotated[str, OneOf(HEADS)]``.

    Unlike a ``Literal`` it asks the registry when a value is checked, so that what was added later counts;
    its message and its JSON Schema are those of a ``Literal``.

    Args:
        registry: The entries.
        describe: The field's description, from the entries that there are.
    """

    registry: Registry[Any]
    describe: Callable[[Registry[Any]], str] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        """A check of the name, for pydantic."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            self._checked, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(
        self, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> dict[str, Any]:
        """The names that there are now, as an enumeration."""
        description = {} if self.describe is None else {"description": self.describe(self.registry)}
        return {"enum": list(self.registry), "type": "string"} | description

    def _checked(self, value: Any) -> str:
        if isinstance(value, str) and value in self.registry:
            return value
        from pydantic_core import PydanticKnownError

        names = [repr(name) for name in self.registry] or [f"a {self.registry.kind} of own code"]
        *first, last = names
        expected = f"{', '.join(first)} or {last}" if first else last
        raise PydanticKnownError("literal_error", {"expected": expected})
