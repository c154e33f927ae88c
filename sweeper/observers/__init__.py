"""Logs of trials in the formats of other tools, kept while a sweep runs.

`tensorboard.py` and `mlflow.py` are imported when they are asked for: their packages are optional.
"""
