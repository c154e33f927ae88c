"""A YAML file read together with the line and the wording of every field, so that an error can name them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..errors import InputError
from .problem import FieldError, FieldPath, field_name
from .syntax import syntax_problem

_TAG = "tag:yaml.org,2002:"

WORDS = {
    form: truth
    for word, truth in {"yes": True, "on": True, "no": False, "off": False}.items()
    for form in (word, word.capitalize(), word.upper())
}
"""What YAML 1.1 took for true and false, and 1.2 takes for text."""


_CORE = {
    kind: re.compile(rf"(?:{pattern})\Z")
    for kind, pattern in {
        "null": "~|null|Null|NULL|",
        "bool": "true|True|TRUE|false|False|FALSE",
        "int": "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
        "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    }.items()
}
"""The core schema of YAML 1.2 (10.3.2): what is no text, first match first."""


def _scalar(loader: yaml.SafeLoader, node: ScalarNode) -> Any:
    text = str(loader.construct_scalar(node))
    kind = node.tag.removeprefix(_TAG)
    try:
        if not _CORE[kind].match(text):  # behind a tag that the file writes out, such as !!int
            raise ValueError
        if kind == "int":
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if kind == "float":
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    except ValueError:  # Python reads no number of more than some thousand digits
        problem = f"{text[:20]!r} is no {kind} that can be read"
        raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from None
    return text.lower() == "true" if kind == "bool" else None


class _Loader(yaml.SafeLoader):
    """Reads values by the core schema, and merge keys.

    PyYAML's own rules are those of YAML 1.1, by which ``010`` is 8, ``1:30`` is 90 and ``no`` is false.
    """

    yaml_implicit_resolvers: Any = {  # noqa: RUF012 (types-PyYAML takes it for an instance's own)
        None: [(_TAG + kind, pattern) for kind, pattern in (*_CORE.items(), ("merge", re.compile(r"<<\Z")))]
    }
    yaml_constructors: ClassVar = {
        **{_TAG + kind: yaml.SafeLoader.yaml_constructors[_TAG + kind] for kind in ("str", "seq", "map")},
        **{_TAG + kind: _scalar for kind in _CORE},
        None: yaml.SafeLoader.yaml_constructors[None],
    }


@dataclass(frozen=True)
class YamlFile:
    """The mapping that a YAML file holds.

    Attributes:
        path: The file.
        text: All that stands in it.
        data: Its content.
        lines: Line of every field, by path.
        scalars: Every single value as it is written, with its quotes, by path.
    """

    path: Path
    text: str
    data: dict[str, Any]
    lines: dict[FieldPath, int]
    scalars: dict[FieldPath, str]

    def place(self, field: FieldPath) -> str:
        """``file:line`` of a field, or of the innermost group around it that stands in the file."""
        while field and field not in self.lines:
            field = field[:-1]
        return f"{self.path}:{self.lines.get(field, 1)}"

    def explain(self, problem: FieldError, written: FieldPath | None = None) -> str:
        """A problem with its place, and its value as the file writes it.

        Args:
            problem: What is wrong.
            written: The field's path in this file, where it is not the problem's.
        """
        at = problem.path if written is None else written
        return f"{self.place(at)}: {problem.told(self.scalars.get(at))}"

    def renamed(self, before: str, now: str) -> "YamlFile":
        """The same file with another name for one of the keys at its top."""

        def moved(path: FieldPath) -> FieldPath:
            return (now, *path[1:]) if path[:1] == (before,) else path

        return YamlFile(
            self.path,
            self.text,
            {now if key == before else key: value for key, value in self.data.items()},
            {moved(path): line for path, line in self.lines.items()},
            {moved(path): text for path, text in self.scalars.items()},
        )


def read_yaml(path: Path) -> YamlFile:
    """Reads a YAML file whose top level is a mapping.

    Raises:
        InputError: If it cannot be read, is not YAML, is empty or no mapping, or has a key twice.
    """
    lines: dict[FieldPath, int] = {}
    scalars: dict[FieldPath, str] = {}
    try:
        text = path.read_text(encoding="utf-8")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            for field, line, value in _fields(path, node) if node else ():
                lines[field] = line
                scalars.pop(field, None)
                if isinstance(value, ScalarNode):
                    scalars[field] = _as_written(value)
            data = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line, said = syntax_problem(error)
        raise InputError(f"{path}:{line}: is not valid YAML: {said}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid YAML: {str(error).splitlines()[0]}") from None
    if data is None:
        raise InputError(f"{path}: is empty")
    if not isinstance(data, dict):
        raise InputError(f"{path}:1: must hold keys and values, beginning with a line such as 'name: mine'")
    return YamlFile(path, text, data, lines, scalars)


def _as_written(node: ScalarNode) -> str:
    buffer = node.start_mark.buffer or ""
    text = buffer[node.start_mark.pointer : node.end_mark.pointer]
    return re.sub(r"^(!\S*\s+)?&\S+\s*", r"\1", text).strip()  # without an anchor, with a tag


def _fields(
    path: Path, node: Node, field: FieldPath = (), above: tuple[Node, ...] = ()
) -> Iterator[tuple[FieldPath, int, Node]]:
    """Every field with its line and its value; what a mapping merges comes before its own, which win."""
    if node in above:
        raise InputError(f"{path}:{node.start_mark.line + 1}: {field_name(field)} contains itself")
    above = (*above, node)
    if isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            yield (*field, position), item.start_mark.line + 1, item
            yield from _fields(path, item, (*field, position), above)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                others = value.value if isinstance(value, SequenceNode) else [value]
                for other in reversed(others):  # the first of them wins
                    yield from _fields(path, other, field, above)
        seen: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                continue
            _check_key(path, field, key, value, seen)
            yield (*field, key.value), key.start_mark.line + 1, value
            yield from _fields(path, value, (*field, key.value), above)


def _check_key(path: Path, group: FieldPath, key: Node, value: Node, seen: dict[str, int]) -> None:
    line = key.start_mark.line + 1
    shown = _as_written(key) if isinstance(key, ScalarNode) else "of several parts"
    if shown.isdecimal() and key.end_mark.index == value.start_mark.index:
        raise InputError(
            f"{path}:{line}: {field_name(group)}: a comma before {shown} parts two entries: write a decimal "
            f"number with a point, such as 0.{shown}"
        )
    if key.tag != _TAG + "str" or shown in WORDS:
        raise InputError(f"{path}:{line}: key {shown} must be text: put it in quotes")
    if key.value in seen:
        raise InputError(
            f"{path}:{line}: {field_name((*group, key.value))} stands here for the second time, "
            f"first in line {seen[key.value]}"
        )
    seen[key.value] = line
