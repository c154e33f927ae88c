"""The version of this package, which databases, reports and exported models name, and of what it needs."""

from importlib import metadata

__version__ = "0.1.0"

VERSIONED = ("torch", "transformers", "tokenizers", "optuna", "numpy")


def versions() -> dict[str, str]:
    """The versions on which the numbers of a trial depend, by name."""
    return {"sweeper": __version__} | {name: metadata.version(name) for name in VERSIONED}
