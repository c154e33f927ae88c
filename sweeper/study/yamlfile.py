"""A YAML file read together with the line and the wording of every field, so that an error can name them."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from model.files import open_file

from ..errors import InputError
from .problem import FieldError, FieldPath, field_name, short
from .syntax import syntax_problem
from .yamlloader import MOST, TAG, TOO_MANY, Loader

WORDS = {
    form: truth
    for word, truth in {"yes": True, "on": True, "no": False, "off": False}.items()
    for form in (word, word.capitalize(), word.upper())
}
"""What YAML 1.1 took for true and false, and 1.2 takes for text."""

_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""What no database keeps: NUL, and one half of a pair that only UTF-16 writes."""


LARGEST = 2**20
"""Bytes that a study or workload file may have."""

_CHARACTERS = 2 * LARGEST
"""Characters that its values and keys may have in all, what an alias repeats counted each time."""


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
        InputError: If it cannot be read, is not YAML, is empty or no mapping, has a key twice, or is larger
            or deeper than a study can be.
    """
    lines: dict[FieldPath, int] = {}
    scalars: dict[FieldPath, str] = {}
    text = _text(path)
    try:
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            for field, line, value in _bounded(path, _fields(path, node) if node else ()):
                lines[field] = line
                scalars.pop(field, None)
                if isinstance(value, ScalarNode):
                    scalars[field] = _as_written(value)
            data = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line, said = syntax_problem(error)
        raise InputError(f"{path}:{line}: is not valid YAML: {said}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"the character U+{error.character:04X} cannot stand in it"
        raise InputError(f"{path}:{line}: is not valid YAML: {problem}") from None
    except (ValueError, OverflowError):  # of a version, or of a character
        raise InputError(f"{path}: is not valid YAML: a number in it is too large") from None
    if data is None:
        raise InputError(f"{path}: is empty")
    if not isinstance(data, dict):
        raise InputError(f"{path}:1: must hold keys and values, beginning with a line such as 'name: mine'")
    return YamlFile(path, text, data, lines, scalars)


def _text(path: Path) -> str:
    """All that stands in a file.

    Raises:
        InputError: If it cannot be read, or is no file, or too large.
    """
    try:
        with open_file(path) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise InputError(f"{path}: is no study: it has more than {LARGEST // 2**20} MiB")
    try:
        # With its line ends as a text file has them.
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text file in UTF-8") from None


def _bounded(
    path: Path, fields: Iterable[tuple[FieldPath, int, Node]]
) -> Iterator[tuple[FieldPath, int, Node]]:
    """The fields, as long as there are not more than a study can have, and each is one that can be kept."""
    room = _CHARACTERS
    for count, (field, line, value) in enumerate(fields):
        texts = [part for part in field[-1:] if isinstance(part, str)]
        texts += [value.value] if isinstance(value, ScalarNode) else []
        room -= sum(map(len, texts))
        if count > MOST or room < 0:
            more = f"holds more than {_CHARACTERS // 2**20} MiB of text" if room < 0 else TOO_MANY
            raise InputError(f"{path}:{line}: {field_name(field)}: the file {more}")
        for text in texts:
            if lost := _UNKEPT.search(text):
                reason = f"holds the character {lost[0]!a}, which cannot be kept: leave it out"
                raise InputError(f"{path}:{line}: {field_name(field)}: {reason}")
        yield field, line, value


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
            if key.tag == TAG + "merge":
                others = value.value if isinstance(value, SequenceNode) else [value]
                for other in reversed(others):  # the first of them wins
                    yield from _fields(path, other, field, above)
        seen: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == TAG + "merge":
                continue
            _check_key(path, field, key, value, seen)
            yield (*field, key.value), key.start_mark.line + 1, value
            yield from _fields(path, value, (*field, key.value), above)


def _check_key(path: Path, group: FieldPath, key: Node, value: Node, seen: dict[str, int]) -> None:
    line = key.start_mark.line + 1
    shown = _as_written(key) if isinstance(key, ScalarNode) else "of several parts"
    if shown.isdecimal() and key.end_mark.index == value.start_mark.index:
        raise InputError(
            f"{path}:{line}: {field_name(group)}: a comma before {short(shown)} parts two entries: write a "
            f"decimal number with a point, such as 0.{short(shown)}"
        )
    if not isinstance(key, ScalarNode) or key.tag != TAG + "str" or shown in WORDS:
        raise InputError(f"{path}:{line}: key {short(shown)} must be text: put it in quotes")
    if key.value in seen:
        raise InputError(
            f"{path}:{line}: {field_name((*group, key.value))} stands here for the second time, "
            f"first in line {seen[key.value]}"
        )
    seen[key.value] = line
