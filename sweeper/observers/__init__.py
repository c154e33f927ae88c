"""Who hears a sweep while it runs: its view on a terminal or in a notebook, and logs for other tools.

`tensorboard.py`, `mlflow.py` and `wandb.py` are imported when they are asked for, as their packages are
optional.
"""
