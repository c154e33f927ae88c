"""What is wrong with an entry that is own code, whatever its kind: name, functions, options. No torch."""

from dataclasses import fields, is_dataclass
from typing import Any


def entry_misfit(name: object, entry: Any) -> str | None:
    """What is wrong with an entry that is own code, as the end of a sentence; None where nothing is.

    Args:
        name: Its name.
        entry: The entry.
    """
    if not isinstance(name, str) or not name:
        return "must have a text for its name"
    for field in fields(entry) if is_dataclass(entry) else ():
        code = getattr(entry, field.name)
        takes = str(field.type)  # an annotation, or its text
        if "Callable" not in takes and "Deferred" not in takes:
            continue
        if not callable(code) and code != field.default and not ("str" in takes and isinstance(code, str)):
            return f"has a {field.name} that cannot be called: {code!r}"
    if getattr(entry, "draws", None) == "" and not entry.cells:  # only a grid needs no function
        return "has no function `draws`"
    return _options_misfit(getattr(entry, "options", None))


def _options_misfit(options: Any) -> str | None:
    if options is None or isinstance(options, tuple):  # those of an executor are names
        return None
    from pydantic import BaseModel, RootModel

    if not isinstance(options, type) or not issubclass(options, BaseModel) or issubclass(options, RootModel):
        return f"has options that are no pydantic BaseModel with fields: {options!r}"
    for name, field in options.model_fields.items():
        if field.alias or field.validation_alias or field.serialization_alias:
            return f"has an option {name} with an alias: an option has one name, that of its argument"
    return None
