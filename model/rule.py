"""Rules between settings, which declare the settings that they read. Imports no torch."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

Function = TypeVar("Function", bound=Callable[..., Any])


def reads(*fields: str) -> Callable[[Function], Function]:
    """Declares what a rule reads, for those who look for values that can meet in it.

    Args:
        fields: Dotted names of single values under the model that has the rule; ``tasks.*.head`` is that of
            every task. That the names are all that the rule reads, and no more, is tested.
    """

    def declare(rule: Function) -> Function:
        rule.__dict__["reads"] = fields
        return rule

    return declare


def rules(model: type[BaseModel]) -> list[tuple[str, ...]]:
    """What each rule of a model reads, in the order in which they are asked.

    What is asked before the fields are read is no rule between them; own code need not declare anything.
    """
    asked = model.__pydantic_decorators__.model_validators.values()
    after = (rule.func.__dict__ for rule in asked if rule.info.mode == "after")
    return [declared["reads"] for declared in after if "reads" in declared]
