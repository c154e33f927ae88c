"""Options of what is own code, such as a head: a mapping that the entry's own model checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from .registry import Registry

if TYPE_CHECKING:  # the command line needs the tables alone, at once
    from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic.fields import FieldInfo
    from pydantic_core import CoreSchema


@dataclass(frozen=True, eq=False)  # a registry has no hash
class OptionsOf:
    """Marks a mapping as the options of an entry: ``Annotated[dict[str, Any], OptionsOf(HEADS, "head")]``.

    The entry's model checks them, and those at their defaults are left out: written or not, they are the same
    trial.

    Args:
        registry: The entries.
        names: The field beside it, declared before it, that names the entry.
    """

    registry: Registry[Any]
    names: str

    def models(self) -> "Iterator[type[BaseModel]]":
        """The models of the options of all entries that have some."""
        for entry in self.registry.values():
            if entry.options is not None:
                yield entry.options

    def declared(self, name: str | int) -> "FieldInfo | None":
        """What the first entry with an option of that name declares it to be; None where none has it."""
        found = (model.model_fields[name] for model in self.models() if name in model.model_fields)
        return next(found, None)

    def option_names(self) -> list[str]:
        """The names of all options."""
        return [name for model in self.models() for name in model.model_fields]

    def __get_pydantic_core_schema__(self, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        """A check by the entry's model, for pydantic."""
        from pydantic_core import core_schema

        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> dict[str, Any]:
        """The options that there are now."""
        found: dict[str, Any] = {}
        for model in self.models():
            whole = model.model_json_schema()
            if "$defs" not in whole:  # a group of options is for its model alone to check
                found = {**whole["properties"], **found}
        closed = all("$defs" not in model.model_json_schema() for model in self.models())
        return {"type": "object", "properties": found, "additionalProperties": not closed}

    def _checked(self, given: dict[str, Any], info: "ValidationInfo") -> dict[str, Any]:
        name = (info.data or {}).get(self.names)
        model = None if name is None else self.registry[name].options
        if model is None:
            return given
        if unknown := [other for other in given if other not in model.model_fields]:
            from pydantic import ValidationError

            raise ValidationError.from_exception_data(
                model.__name__,
                [{"type": "extra_forbidden", "loc": (unknown[0],), "input": given[unknown[0]]}],
            )
        return _settled(model, given)


def _settled(model: "type[BaseModel]", given: dict[str, Any]) -> dict[str, Any]:
    """Options as they are kept; a ValueError if they would not be read again as what they are.

    They are read again wherever a trial is: a validator that takes 20 for percent would make 0.2 of it, and
    0.002 of that.
    """
    whole = model.model_validate(given)
    dumped: dict[str, Any] = whole.model_dump(mode="json", exclude_defaults=True)
    try:
        again = dict(model.model_validate(dumped))
    except ValueError:
        again = {}
    for name, kept in dumped.items():
        if name not in again or again[name] != getattr(whole, name):
            found = f"becomes {again[name]!r}" if again else "is refused"
            raise ValueError(
                f"option {name} = {given.get(name)!r} is kept as {kept!r}, which {found} when it is "
                f"read again: a validator of {model.__name__} must leave what it gave as it is"
            )
    return dumped


def options_misfit(registry: Registry[Any], name: str | None, options: dict[str, Any]) -> str | None:
    """Why options do not go with an entry; None if they do.

    Args:
        registry: The entries.
        name: The entry; None: there is none.
        options: Its options as they stand.
    """
    model = None if name is None else registry[name].options
    if options and model is None:
        able = [other for other, entry in registry.items() if entry.options is not None]
        having = f"for {registry.kind} {', '.join(able)}" if able else f"for a {registry.kind} of own code"
        return (
            f"{registry.kind}_options {', '.join(options)} is {having}; {registry.kind} is {name or 'null'}"
        )
    if model is not None:
        missing = [one for one, field in model.model_fields.items() if field.is_required()]
        if lacking := [one for one in missing if one not in options]:
            return f"{registry.kind} {name} needs {registry.kind}_options.{lacking[0]}"
    return None


def whole_options(registry: Registry[Any], name: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an entry by name, those included that are at their defaults."""
    model = None if name is None else registry[name].options
    return dict(options) if model is None else dict(model.model_validate(options))


_TYPES: dict[str, Any] = {"number": float, "integer": int, "boolean": bool, "string": str, "null": None}


def kinds_of(model: "type[BaseModel]") -> dict[str, dict[str, Any]]:
    """What a record says of a model of options, by name: ``types`` of JSON, [] of any; its ``default``."""
    from pydantic_core import to_jsonable_python

    properties = model.model_json_schema()["properties"]
    found: dict[str, dict[str, Any]] = {}
    for name, field in model.model_fields.items():
        written = properties.get(name, {})
        types = [one.get("type", "") for one in written.get("anyOf", [written])]
        found[name] = {"types": types if {*types} <= _TYPES.keys() else []}
        if not field.is_required():
            value = field.get_default(call_default_factory=True)
            found[name]["default"] = to_jsonable_python(value)
    return found


def recorded_model(name: str, kinds: dict[str, dict[str, Any]], base: Any = None) -> Any:
    """A model of options from what `kinds_of` recorded: it knows their types, and nothing else of them.

    Args:
        name: Its name.
        kinds: What was recorded.
        base: What it is derived from; None: nothing.

    Raises:
        ValueError: If a name cannot be that of an option.
    """
    from pydantic import create_model

    fields: dict[str, Any] = {}
    for option, kind in kinds.items():
        if not option.isidentifier() or option.startswith("_"):
            raise ValueError(f"{option!r} is no name of an option")
        types = [_TYPES[one] for one in kind["types"]]
        fields[option] = (reduce(or_, types) if types else Any, kind.get("default", ...))
    return create_model(name, __base__=base, **fields)
