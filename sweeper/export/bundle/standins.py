"""Stand-ins for what tells where something was made, and by whom: each the same wherever the value stood."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from .identity import WhoAndWhere, is_path, word_pattern

_GIT_HOSTS = r"github\.com|gitlab\.|bitbucket\.org|codeberg\.org|sr\.ht|gitea\.|huggingface\.co/spaces"

_PARTS = {
    # Of schemes so long as there are: else a long word is read to its end from each of its letters.
    "url": r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"'<>`]+",
    "remote": r"(?<![\w.-])[\w.-]+@[\w.-]+:(?!\d+\b)[\w~][\w./~-]*",
    "email": r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?![\w-])",
    "quoted": r"(?<=[\"'])/[^\"'\n]+(?=[\"'])",
    "path": r"(?<![\w.~/<*\\])/(?:[\w.@+~%#$=-]+/)*[\w.@+~%#$=-]+",
    "user_home": r"(?<![\w.])~(?:[A-Za-z][\w.-]*)?/[\w./+-]+",
    "windows": r"(?<!\w)(?:[A-Za-z]:\\|\\\\[\w.-]+\\)[^\s\"'<>|]+",
}
"""What is found by its form."""

_PROCESS = re.compile(r"\b(pid|process)([ =:#]{1,3})(\d+)\b", re.IGNORECASE)

_ADDRESS = re.compile(r"(?<![\w.])(?!127\.0\.0\.1|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")

_PACKAGE = re.compile(r".*/(?:site|dist)-packages/|.*/lib/python3\.\d+/")
"""Where a path begins to be that of a package, which is the same for all who have it."""

_KEPT = (
    *(".csv", ".db", ".gz", ".json", ".jsonl", ".npz", ".parquet", ".safetensors", ".tsv", ".txt", ".xz"),
    *(".yaml", ".yml", ".zip", ".zst"),
)
"""Suffixes that a stand-in keeps: whoever reads a record asks what kind of file it is."""


class StandIns:
    """Puts stand-ins such as ``machine-1`` and ``path-2.csv`` in the place of what names somebody.

    Args:
        identity: What this machine, its user and the study's other machines are called.
        kept: Names of studies, ``<study>@<workload>``, which may look like an address.

    Attributes:
        taken_out: How often a stand-in was put, by the kind of what stood there.
    """

    def __init__(self, identity: WhoAndWhere, kept: Collection[str] = ()) -> None:
        self.taken_out: Counter[str] = Counter()
        self._kept = frozenset(kept)
        known = sorted(identity.names, key=lambda each: -len(each[1]))
        self._kinds = {name: kind for kind, name in known}
        self._numbers: dict[str, dict[str, int]] = {}
        self._cache: dict[tuple[bool, str], tuple[str, Counter[str]]] = {}
        self._pattern = re.compile(_alternatives(identity))

    def text(self, text: str, *, prose: bool = False) -> str:
        """A text with stand-ins.

        Args:
            text: It.
            prose: Whether it is a message or a traceback, in which process numbers and IP addresses are
                replaced as well; elsewhere four numbers with dots are a version.
        """
        if (prose, text) not in self._cache:
            before, self.taken_out = self.taken_out, Counter()
            put = self._pattern.sub(self._put, text)
            if prose:
                put = _PROCESS.sub(self._number, put)
                put = _ADDRESS.sub(lambda found: self.stand_in("address", found[0]), put)
            self._cache[prose, text] = put, self.taken_out
            self.taken_out = before
        put, count = self._cache[prose, text]
        self.taken_out += count
        return put

    def value(self, value: Any, *, prose: bool = False) -> Any:
        """A value as JSON has it, with stand-ins in all its texts and keys."""
        if type(value) is str:  # a state is one too, and says nothing of anybody
            return self.text(value, prose=prose)
        if isinstance(value, dict):
            return {self.value(key): self.value(one, prose=prose) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one, prose=prose) for one in value]
        return value

    def stand_in(self, kind: str, value: str) -> str:
        """What is put in the place of a value: its kind, and a number of its own."""
        self.taken_out[kind] += 1
        return f"{kind}-{self.place(kind, value)}"

    def place(self, kind: str, value: str) -> int:
        """Number of a value among those of its kind, from 1, in the order in which they are seen."""
        numbers = self._numbers.setdefault(kind, {})
        return numbers.setdefault(value.lower() if kind == "machine" else value, len(numbers) + 1)

    def leave_out(self, kind: str) -> None:
        """Takes note of something in whose place nothing is put."""
        self.taken_out[kind] += 1

    def _put(self, found: re.Match[str]) -> str:
        kind, text = str(found.lastgroup), found[0]
        if kind in _BY_FORM:
            return _BY_FORM[kind](self, text)
        if kind == "name":
            # As the pattern found it: to that the Turkish İ is an i, and its lower case is two characters.
            known = next(name for name in self._kinds if re.match(re.escape(name), text, re.IGNORECASE))
            return self.stand_in(self._kinds[known], known.lower() + text[len(known) :])
        return self._path(text) if kind == "known" or is_path(text) else text

    def _url(self, text: str) -> str:
        scheme, _, rest = text.partition("://")
        public = scheme in ("http", "https") and "@" not in rest.partition("/")[0]
        git = scheme.startswith("git") or rest.endswith(".git") or re.match(rf"[^/]*({_GIT_HOSTS})", rest)
        if public and not git and not self._names_somebody(rest):
            return text
        return self.stand_in("remote" if git else "url", text)

    def _email(self, text: str) -> str:
        if text not in self._kept:
            return self.stand_in("email", text)
        return "@".join(self._pattern.sub(self._put, part) for part in text.split("@"))

    def _names_somebody(self, text: str) -> bool:
        return any(found.lastgroup in ("known", "name") for found in self._pattern.finditer(text))

    def _path(self, text: str) -> str:
        package = _PACKAGE.match(text)
        folder, _, name = text.rpartition("/")
        if package:
            rest = self._pattern.sub(self._put, text[package.end() :])
            return f"{self.stand_in('path', package[0].rstrip('/'))}/{rest}"
        if name.endswith(".py") and folder:
            return f"{self.stand_in('path', folder)}/{self._pattern.sub(self._put, name)}"
        suffix = next((one for one in _KEPT if name.endswith(one)), "")
        return f"{self.stand_in('path', text)}{suffix}"

    def _number(self, found: re.Match[str]) -> str:
        self.taken_out["process number"] += 1
        return f"{found[1]}{found[2]}{self.place('process number', found[3])}"


_BY_FORM: dict[str, Callable[[StandIns, str], str]] = {
    "url": StandIns._url,
    "remote": lambda self, text: self.stand_in("remote", text),
    "email": StandIns._email,
    "windows": lambda self, text: self.stand_in("path", text),
    "user_home": StandIns._path,
    "ours": lambda self, text: self.stand_in("remote", text),
}


def _alternatives(identity: WhoAndWhere) -> str:
    """One pattern of all that is looked for, what is known before what is found by its form."""
    parts = []
    if identity.paths:
        parts.append(rf"(?P<known>(?:{_any(identity.paths)})(?![\w.-])(?:/[\w.@+~%#$=-]+)*)")
    if identity.remotes:
        parts.append(rf"(?P<ours>{_any(identity.remotes)})")
    parts += [f"(?P<{name}>{pattern})" for name, pattern in _PARTS.items()]
    if identity.names:
        parts.append(f"(?P<name>{word_pattern([name for _, name in identity.names])})")
    return "|".join(parts)


def _any(texts: Sequence[str]) -> str:
    return "|".join(re.escape(text) for text in sorted(set(texts), key=lambda text: (-len(text), text)))
