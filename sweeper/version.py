"""The version of this package, which databases, reports and exported models name, and of what it needs."""

__version__ = "1.0.0"

VERSIONED = ("torch", "transformers", "tokenizers", "optuna", "numpy")


def versions() -> dict[str, str]:
    """The versions on which the numbers of a trial depend, by name."""
    # Not above: `sweeper` is imported before `importpath` has taken the working folder off the path.
    from importlib import metadata

    return {"sweeper": __version__} | {name: metadata.version(name) for name in VERSIONED}
