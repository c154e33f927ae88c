"""Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder."""

from .version import __version__

__all__ = ["__version__"]
