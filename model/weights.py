"""Which weights a pretrained encoder begins from: the SHA-256 of their file."""

import hashlib
import json
from pathlib import Path

from transformers.utils.hub import cached_file

from .config import EncoderConfig
from .files import sha256, write_beside
from .pretrained import MINILM_SHA256

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"


def weights_digest(config: EncoderConfig, cache: Path) -> str | None:
    """SHA-256 of the file of an encoder's pretrained weights, once they were loaded.

    Args:
        config: The encoder.
        cache: Keeps the hash of each file by path, size and time, so that a trial need not read it all.

    Returns:
        The hash; where the weights are in several files, that of a list of names and hashes; None where the
        encoder begins from nothing, or the files are not found.
    """
    if config.source == "minilm":
        return MINILM_SHA256  # or the encoder would have refused them
    if config.source != "hub":
        return None
    single, index = (_file(config.location, name) for name in (SINGLE, INDEX))
    if single is not None:
        return _digest(single, cache)
    if index is None:
        return None
    names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    parts = [_file(config.location, name) for name in names]
    lines = (f"{_digest(part, cache)}  {name}\n" for name, part in zip(names, parts, strict=True) if part)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file(model: str, name: str) -> Path | None:
    # Never the network: what was loaded just now lies on this machine.
    options = {"local_files_only": True, "_raise_exceptions_for_missing_entries": False}
    found = cached_file(model, name, **options, _raise_exceptions_for_connection_errors=False)
    return None if found is None else Path(found)


def _digest(file: Path, cache: Path) -> str:
    place = file.resolve()
    seen = place.stat()
    key = hashlib.sha256(f"{place}\n{seen.st_size}\n{seen.st_mtime_ns}".encode()).hexdigest()
    kept = cache / f"weights-{key[:32]}.sha256"
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    digest = sha256(place)
    write_beside(kept, digest)
    return digest
