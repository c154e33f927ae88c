"""An encoder that is own code: what tells it from others, and where its errors come from."""

import json
from contextlib import AbstractContextManager

from ..config import EncoderConfig
from ..config.canonical import canonical
from ..encoders import ENCODERS
from .load import errors_of_entry, source_of


def identity_of(config: EncoderConfig) -> str | None:
    """What tells an encoder that is own code from others: its settings, and the SHA-256 of its plug-in.

    Args:
        config: The encoder's settings.

    Returns:
        A text that is equal for equal arithmetic; None of an encoder of ours, which its weights and its
        tokenizer tell from others.
    """
    if config.source not in ENCODERS.foreign:
        return None
    source = source_of(ENCODERS, config.source)
    return json.dumps([canonical(config), source.sha256 if source else None], sort_keys=True)


def errors_of(config: EncoderConfig) -> AbstractContextManager[None]:
    """While it lasts, what the code of an encoder raises is one line with file and line, a PluginError."""
    return errors_of_entry(ENCODERS, config.source)
