"""A YAML file read together with the line of every field, so that an error can name it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..errors import InputError
from .problem import FieldPath, field_name


class _Loader(yaml.SafeLoader):
    """SafeLoader that also takes ``1e-5`` for a number, as YAML 1.2 does."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


@dataclass(frozen=True)
class YamlFile:
    """The mapping that a YAML file holds.

    Attributes:
        path: The file.
        data: Its content.
        lines: Line of every field, by path.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[FieldPath, int]

    def place(self, field: FieldPath) -> str:
        """``file:line`` of a field, or of the innermost group around it that stands in the file."""
        while field and field not in self.lines:
            field = field[:-1]
        return f"{self.path}:{self.lines.get(field, 1)}"


def read_yaml(path: Path) -> YamlFile:
    """Reads a YAML file whose top level is a mapping.

    Raises:
        InputError: If it cannot be read, is not YAML, is empty or no mapping, or has a key twice.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            node = loader.get_single_node()
            lines = dict(_lines(path, node)) if node else {}
            data = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}:{line}: is not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid YAML: {str(error).splitlines()[0]}") from None
    if data is None:
        raise InputError(f"{path}: is empty")
    if not isinstance(data, dict):
        raise InputError(f"{path}:1: must hold keys and values, beginning with a line such as 'name: mine'")
    return YamlFile(path, data, lines)


def _lines(
    path: Path, node: Node, field: FieldPath = (), above: tuple[Node, ...] = ()
) -> Iterator[tuple[FieldPath, int]]:
    if node in above:
        raise InputError(f"{path}:{node.start_mark.line + 1}: {field_name(field)} contains itself")
    above = (*above, node)
    if isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            yield (*field, position), item.start_mark.line + 1
            yield from _lines(path, item, (*field, position), above)
    elif isinstance(node, MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == "tag:yaml.org,2002:merge":
                for other in value.value if isinstance(value, SequenceNode) else [value]:
                    yield from _lines(path, other, field, above)
                continue
            if key.tag != "tag:yaml.org,2002:str":
                shown = key.value if isinstance(key, ScalarNode) else "of several parts"
                raise InputError(f"{path}:{line}: key {shown} must be text: put it in quotes")
            if key.value in seen:
                raise InputError(
                    f"{path}:{line}: {field_name((*field, key.value))} stands here for the second time, "
                    f"first in line {seen[key.value]}"
                )
            seen[key.value] = line
            yield (*field, key.value), line
            yield from _lines(path, value, (*field, key.value), above)
