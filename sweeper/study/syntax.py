"""What is wrong with a file that is no YAML, in words for who writes study files."""

import re

import yaml

from ..text import one_line

_WORDS = {
    r"found character '\\t'": "a tab: indent with spaces",
    "could not find expected ':'": "a key without its colon: write key: value",
    "mapping values are not allowed here": "two colons in one line, or a line above without its colon; "
    "a text that holds a colon and a space needs quotes",
    "expected <block end>": "the indentation fits no line above",
    "expected the node content|expected ',' or": "a bracket or a comma is missing, or one too many",
    "found unexpected end of stream": "a quotation mark or a bracket is not closed",
    "constructor for the tag 'tag:yaml.org,2002:merge'": "<< merges a mapping, and stands as a key alone",
    "found undefined alias": "an alias (*name) without its anchor (&name) above",
    "found unknown escape character": "a backslash between double quotes; between single ones it is itself",
}
"""Our words for PyYAML's, which speak of its scanner."""


def syntax_problem(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """The line of an error of PyYAML, from 1, and what is wrong there.

    Args:
        error: What PyYAML raised.
    """
    said = one_line(str(error.problem or error.context))
    # Of a key without a colon PyYAML names the line after it.
    mark = error.context_mark if "expected ':'" in said and error.context_mark else error.problem_mark
    found = next((words for pattern, words in _WORDS.items() if re.search(pattern, said)), said)
    return (mark.line + 1 if mark else 1), found
