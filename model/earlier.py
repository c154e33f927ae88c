"""What earlier versions called otherwise, in settings and in records of them."""

from collections.abc import Mapping
from typing import Any

SWITCH = "bf16"
"""What `precision` was before it had a third value: true or false."""

_WORDS = {
    **dict.fromkeys(("1", "1.0", "on", "t", "true", "y", "yes"), "bf16"),
    **dict.fromkeys(("0", "0.0", "off", "f", "false", "n", "no"), "fp32"),
}
"""What was taken for true and for false: records were read laxly, and mean what they meant."""


def precision_of(switch: object) -> Any:
    """The precision for which a value of `SWITCH` stood; a value that was none stays as it is."""
    return _WORDS.get(str(switch).lower(), switch)


def renamed(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings of a trial in which what had another name has today's, in its place.

    Raises:
        ValueError: If both names are there and contradict one another.
    """
    if SWITCH not in settings:
        return settings
    precision = precision_of(settings[SWITCH])
    if settings.get("precision", precision) != precision:
        raise ValueError(
            f"bf16 {str(settings[SWITCH]).lower()}, the old name of precision {precision}, contradicts "
            f"precision {settings['precision']}: leave it out"
        )
    now = {SWITCH: ("precision", precision)}
    return dict(now.get(name, (name, value)) for name, value in settings.items() if name != "precision")
