"""How the YAML of a study or workload file is read: by the core schema, and within bounds."""

import re
from typing import Any, ClassVar

import yaml
from yaml.nodes import Node, ScalarNode

TAG = "tag:yaml.org,2002:"

DEEPEST = 50
"""Groups within groups that a file may have; a study needs eight."""

MOST = 50_000
"""Values and keys that a file may have: a second of reading. What an alias repeats counts each time."""

LONGEST_NUMBER = 400
"""Signs of a number: more than any float has, and less than Python refuses to print."""

CORE = {
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
    kind = node.tag.removeprefix(TAG)
    try:
        # Behind a tag that the file writes out, such as !!int, anything may stand.
        if not CORE[kind].match(text) or len(text) > LONGEST_NUMBER:
            raise ValueError
        if kind == "int":
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if kind == "float":
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    except ValueError:
        raise _refusal(f"{text[:20]!r} is no {kind} that can be read", node) from None
    return text.lower() == "true" if kind == "bool" else None


class Loader(yaml.SafeLoader):
    """Reads values by the core schema, and merge keys.

    PyYAML's own rules are those of YAML 1.1, by which ``010`` is 8, ``1:30`` is 90 and ``no`` is false.
    """

    yaml_implicit_resolvers: Any = {  # noqa: RUF012 (types-PyYAML takes it for an instance's own)
        None: [(TAG + kind, pattern) for kind, pattern in (*CORE.items(), ("merge", re.compile(r"<<\Z")))]
    }
    yaml_constructors: ClassVar = {
        **{TAG + kind: yaml.SafeLoader.yaml_constructors[TAG + kind] for kind in ("str", "seq", "map")},
        **{TAG + kind: _scalar for kind in CORE},
        None: yaml.SafeLoader.yaml_constructors[None],
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._count = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next value, unless there are too many or too deep ones: Python's own stack is no deeper."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", TAG + "merge") and tag not in self.yaml_constructors:
            raise _refusal(f"the tag {tag[:60]!r} means nothing here", event)
        self._count += 1
        self._depth += 1
        if self._count > MOST:
            raise _refusal(TOO_MANY, event)
        if self._depth > DEEPEST:
            raise _refusal(f"groups stand more than {DEEPEST} deep within each other", event)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


TOO_MANY = f"holds more than {MOST:,} values, aliases counted each time"


def _refusal(problem: str, at: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(problem=problem, problem_mark=at.start_mark)
