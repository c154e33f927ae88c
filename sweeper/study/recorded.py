"""The trial that a row of the database records, with its settings."""

from pydantic import ValidationError

from model.config.trainers import AnyConfig, config_class

from ..errors import DatabaseError
from ..trial import TrialRow, TrialSpec
from .problem import first_problem
from .settings import setting_names


def config_of(row: TrialRow) -> AnyConfig:
    """The settings of a trial.

    Raises:
        DatabaseError: If this version of sweeper cannot read them.
    """
    try:
        return config_class(row.config).model_validate(row.config)
    except ValidationError as error:
        problem = first_problem(error, setting_names)
        raise DatabaseError(
            f"trial {row.number} has settings that this version cannot read: {problem}"
        ) from error


def trial_of(row: TrialRow) -> TrialSpec:
    """The trial that a row records.

    Raises:
        DatabaseError: As in `config_of`.
    """
    return TrialSpec(row.number, row.arm, row.params, config_of(row), row.seed, row.configuration)
