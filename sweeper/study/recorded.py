"""The trial that a row of the database records, and how it encodes pairs."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from model.config import TrainConfig

from ..errors import DatabaseError
from ..trial import TrialRow, TrialSpec
from .problem import first_problem
from .settings import setting_names


def config_of(row: TrialRow) -> TrainConfig:
    """The settings of a trial.

    Raises:
        DatabaseError: If this version of sweeper cannot read them.
    """
    try:
        return TrainConfig.model_validate(row.config)
    except ValidationError as error:
        problem = first_problem(error, setting_names)
        raise DatabaseError(
            f"trial {row.number} has settings that this version cannot read: {problem}"
        ) from error


def trial_of(row: TrialRow) -> TrialSpec:
    """The trial that a row records.

    Raises:
        DatabaseError: As of `config_of`.
    """
    return TrialSpec(row.number, row.arm, row.params, config_of(row), row.seed, row.configuration)


def joint_tasks(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The tasks of a trial whose pairs are encoded together, so that it is a cross-encoder for them."""
    tasks = config.get("tasks", {}).items()
    return tuple(name for name, task in tasks if task.get("pair_encoding") == "joint")
