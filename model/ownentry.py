"""What is wrong with an entry that is own code, whatever its kind: its options. Imports no torch."""

from typing import Any


def entry_misfit(entry: Any) -> str | None:
    """What is wrong with an entry that is own code, as the end of a sentence; None where nothing is.

    Args:
        entry: The entry.
    """
    options = getattr(entry, "options", None)
    for name, field in getattr(options, "model_fields", {}).items():
        if field.alias or field.validation_alias or field.serialization_alias:
            return f"has an option {name} with an alias: an option has one name, that of its argument"
    return None
