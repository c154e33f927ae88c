"""Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder."""

__version__ = "0.1.0"
