"""What is wrong with one field of a study or workload: which value, why, and the nearest valid name."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from model.encoders import ENCODERS

from ..errors import InputError
from ..text import nearest, one_line

FieldPath = tuple[str | int, ...]

Document = Literal["study", "workload"]


MISSING = object()

_LONGEST = 60
"""Signs of a value that a message shows."""

WHOLE, NUMBER, SWITCH, TEXT = "a whole number", "a number", "true or false", "text"
"""The kinds of value in words."""

_WORDS = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), f"must be {WHOLE}"),
    **dict.fromkeys(("float_type", "float_parsing"), f"must be {NUMBER}"),
    **dict.fromkeys(("bool_type", "bool_parsing"), f"must be {SWITCH}"),
    "tuple_type": "must be a list",
    "string_type": f"must be {TEXT}; put it in quotes",
    "finite_number": "must be a finite number",
    "too_short": "must not be empty",
    "too_long": "holds %(actual_length)s values; there are %(max_length)s at most",
    "string_pattern_mismatch": "must not be blank, nor begin or end with a space, nor hold a line break",
}
"""Reasons that pydantic words for Python's programmers, by type of error."""


_SPLITS, _KINDS = ("dev", "test"), ("str", "Share")
"""Splits that are a name or a share of another, and what pydantic calls these."""


class FieldError(ValueError):
    """One wrong field.

    Attributes:
        path: The field as written: names of keys and positions in lists, from the top.
        reason: What is wrong with it, as the end of a sentence.
        value: The wrong value; left out where there is none to show.
    """

    def __init__(self, path: FieldPath, reason: str, value: Any = MISSING) -> None:
        self.path = path
        self.reason = reason
        self.value = value
        super().__init__(str(self))

    def __str__(self) -> str:
        return self.told()

    def told(self, written: str | None = None) -> str:
        """The problem in one line.

        Args:
            written: The value as its file writes it; by default as YAML would.
        """
        shown = "" if self.value is MISSING else f" = {short(written or as_yaml(self.value))}"
        return f"{field_name(self.path)}{shown}: {self.reason}"


class SettingError(InputError):
    """A setting of a study or its workload gives no valid configuration.

    Attributes:
        document: The file that sets it.
        problem: The field in that file, and what is wrong with it.
    """

    def __init__(self, document: Document, problem: FieldError, where: str) -> None:
        self.document = document
        self.problem = problem
        super().__init__(f"{where}: {problem}")


def as_yaml(value: Any) -> str:
    """A value as a study file may write it, in one line."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return "'" + value.replace("'", "''") + "'" if value.isprintable() else json.dumps(value)
        case float() if not math.isfinite(value):
            return str(value).replace("inf", ".inf").replace("nan", ".nan")
        case Mapping():
            return f"{{{', '.join(f'{key}: {as_yaml(below)}' for key, below in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(as_yaml, value))}]"
    return str(value)


def short(text: str) -> str:
    """Text in one line, of which a message shows the beginning and the end."""
    line = one_line(text)
    half = (_LONGEST - 3) // 2
    return line if len(line) <= _LONGEST else f"{line[:half]}...{line[-half:]}"


def field_name(path: FieldPath) -> str:
    """A path in one word, for example ``space.dropout[1]``."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            shown = short(part) if len(part) > _LONGEST or not part.isprintable() else part
            name += f".{shown}" if name else shown
    return name or "the file"


def _is_single(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list | tuple)


_WORD, _SPECIAL = re.compile(r"[A-Za-z][\w-]*"), ("true", "false", "yes", "no", "on", "off", "null")
"""A text that needs no quotation marks in YAML, unless it is one of these words."""


def _no_mapping(value: Any, names: Iterable[str]) -> str:
    """What to write where a mapping must stand and something else does."""
    known = list(names)
    if value is None:
        return "must be a mapping: indent what belongs to it, or write {}"
    if isinstance(value, list | tuple):
        return "must be a mapping, key: value, and not a list: leave out the dashes or brackets"
    switch = "enabled" if isinstance(value, bool) else "name"
    if "source" in known and isinstance(value, str):  # of an encoder
        switch = "source" if value in ENCODERS else "source: hub, name"
    if switch.rpartition(" ")[2] in known:
        plain = isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _SPECIAL
        return f"must be a mapping: write {{{switch}: {value if plain else as_yaml(value)}}}"
    return "must be a mapping: write key: value, or {} for none"


def _of_splits(errors: Iterable[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Errors, of which those of a split are of what stands there: a mapping is a share, else it is a name."""
    for error in errors:
        path = error["loc"]
        at = next((i for i, part in enumerate(path) if i and path[i - 1] in _SPLITS and part in _KINDS), None)
        if at is None:
            yield error
        elif (path[at] == _KINDS[1]) == (len(path) > at + 1 or isinstance(error["input"], Mapping)):
            told = error.copy()
            told["loc"] = path[:at] + path[at + 1 :]
            yield told


def _worded(kind: str, path: FieldPath, value: Any, context: Mapping[str, Any]) -> str:
    """The reason of one of `_WORDS`."""
    if kind == "string_type" and path[-1] in _SPLITS and isinstance(value, float) and 0 < value < 1:
        return f"must be a name or a share: write {{from: train, share: {value}}}"
    reason = _WORDS[kind] % context
    if kind == "tuple_type" and path[:1] == ("compare",):
        return "must be a list of pairs: write [[A, B]]"
    if kind == "tuple_type" and _is_single(value):
        return f"{reason}: write [{as_yaml(value)}]"
    return reason


def first_problem(error: ValidationError, names_at: Callable[[FieldPath], Iterable[str]]) -> FieldError:
    """Turns the first error of a pydantic model into a FieldError.

    Args:
        error: What pydantic raised.
        names_at: Names of the fields that may stand at a path, to find the nearest to an unknown one.
    """
    errors = list(_of_splits(error.errors(include_url=False)))
    # A misspelt key also leaves the right one missing; the misspelling is what the user can see.
    first = next((found for found in errors if found["type"] == "extra_forbidden"), errors[0])
    path = tuple(part for part in first["loc"] if part != "[key]")
    raised = first.get("ctx", {}).get("error")
    if isinstance(raised, FieldError):
        return FieldError((*path, *raised.path), raised.reason, raised.value)
    kind, value, reason = first["type"], first["input"], first["msg"]
    if kind == "missing":
        return FieldError(path, "is missing")
    if kind == "extra_forbidden":
        # pydantic puts the kind of a source into the path of its fields.
        group = tuple(part for i, part in enumerate(path[:-1]) if i == 0 or path[i - 1] != "source")
        return FieldError(path, f"unknown key{nearest(str(path[-1]), names_at(group))}")
    if kind == "value_error":
        reason = str(raised)
    elif kind == "union_tag_not_found":
        reason = f"needs {reason.split(' using discriminator ')[-1]}"
    elif kind in ("literal_error", "union_tag_invalid"):
        context = first["ctx"]
        expected = str(context.get("expected") or context.get("expected_tags"))
        value = context.get("tag", value)
        reason = f"must be {expected}"
        near = nearest(value if isinstance(value, str) else "", re.findall(r"'([^']*)'", expected))
        reason += near if "did you mean" in near else ""
    elif kind in ("model_type", "model_attributes_type", "dict_type"):
        reason = _no_mapping(value, names_at(path))
    elif kind in _WORDS:
        reason = _worded(kind, path, value, first.get("ctx", {}))
    elif reason.startswith("Input should be"):
        reason = "must be" + reason.removeprefix("Input should be")
    return FieldError(path, reason, value)
