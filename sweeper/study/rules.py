"""Rules between settings, tried over whole ranges of a space before anything starts."""

import re
from collections.abc import Mapping

from ..text import setting
from .problem import FieldError, SettingError
from .settings import field_path
from .space import Value
from .study import Study


def check_rules(study: Study) -> None:
    """Refuses a space in which a value of a range does not go with another setting, in one arm at least.

    Tried are all values of each stepped range, by itself and with those of each other entry that can meet it
    in a rule; where these are too many, an even sample with both ends. Asked of files alone: studies were
    begun with such values before they were refused, and their other trials count.

    Raises:
        SettingError: If there is such a value: it names both settings.
    """
    for arm, params in study.refused(list(study.arms()), whole=True):
        _refuse(study, arm, params)


def _refuse(study: Study, arm: str, params: Mapping[str, Value]) -> None:
    """Says what is wrong with some values, as of any other configuration, and names all of them."""
    try:
        study.config(arm, study.spaces[arm].around(params), study.spec.seeds[0])
    except SettingError as error:
        problem, (*_, blamed) = error.problem, error.problem.path
        words = re.findall(r"\w+", problem.reason)
        others = [
            f"{key} = {setting(value)}"
            for key, value in params.items()
            if key != blamed and field_path(key)[-1] not in words
        ]
        beside = f", with {' and '.join(others)}" if others else ""
        reason = f"{problem.reason}{beside}; every value of the space must go with every other"
        where = f"study {study.name!r}, arm {arm!r}"
        raise SettingError(error.document, FieldError(problem.path, reason, problem.value), where) from None
