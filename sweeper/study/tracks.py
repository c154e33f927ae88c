"""Which tasks of a trial have pairs that are encoded together."""

from collections.abc import Mapping
from typing import Any


def joint_tasks(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The tasks that a trial trains as a cross-encoder, both sentences of a pair in one sequence.

    Args:
        config: The whole ``TrainConfig``, as JSON.
    """
    trained = config.get("train_tasks")
    tasks = config.get("tasks", {}).items()
    return tuple(
        name
        for name, task in tasks
        if task.get("pair_encoding") == "joint" and (trained is None or name in trained)
    )
