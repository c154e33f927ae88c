"""URLs whose secrets no message, log, report or command line shows."""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

_SECRET = r"(?:[a-z0-9_.-]*(?:password|passwd|passphrase|token|secret|signature|credential|key)|sig|auth)"

_PATTERNS = (
    (re.compile(r"(?<=://)([^\s/:@?#]*):[^\s/]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(https?://)[^\s/:@?#]+@"), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&]{_SECRET}=)[^\s&#\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
)
"""A password, a token in a user's place, and a secret among the parameters of a URL."""

_PARAMETER = re.compile(rf"[?&]{_SECRET}=([^&#]+)", re.IGNORECASE)

_SHORTEST = 3
"""Characters of a secret that is looked for in other text; a shorter one stands everywhere."""


_KNOWN: set[str] = set()
"""The secrets of the URLs of this process."""


def without_secrets(text: str) -> str:
    """Text in which no URL names a password or a token."""
    for pattern, put in _PATTERNS:
        text = pattern.sub(put, text)
    return text


def scrubbed(text: str) -> str:
    """Text of any origin, such as a traceback, without the secrets of any URL that this process knows."""
    for value in os.environ.values():
        if "://" in value:
            Url(value)
    return without_secrets(_hidden(text, _KNOWN))


def _hidden(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


@dataclass(frozen=True, repr=False)
class Url:
    """A URL as the user wrote it, which prints itself without its secrets.

    Attributes:
        whole: All of it, for whoever opens it.
    """

    whole: str

    def __post_init__(self) -> None:
        _KNOWN.update(self._secrets())

    def __str__(self) -> str:
        return without_secrets(self.hide(self.whole))

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    def within(self, name: str) -> "Url":
        """That of a file or folder in the folder with this URL."""
        return Url(f"{self.whole.rstrip('/')}/{name}")

    def hide(self, text: str) -> str:
        """Text of others, such as an error of a driver, without the secrets of this URL."""
        return _hidden(text, self._secrets())

    def _secrets(self) -> set[str]:
        """Its passwords and tokens, as they are written and as they are meant."""
        scheme, _, rest = self.whole.partition("://")
        # Unlike in running text, all up to the last @ belongs to it, whatever signs a password has.
        before, _, _ = rest.partition("?")
        user, _, password = (before if "@" in before else rest).rpartition("@")[0].partition(":")
        written = {password, *_PARAMETER.findall(self.whole)}
        if scheme.startswith("http") and not password:
            written.add(user)
        every = written | set(map(unquote, written)) | set(map(unquote_plus, written))
        return {secret for secret in every if len(secret) >= _SHORTEST}
