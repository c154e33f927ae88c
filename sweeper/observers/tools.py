"""For which tools trials can be logged, and whether their packages are installed."""

from collections.abc import Iterable
from enum import StrEnum
from importlib.util import find_spec

from ..errors import InputError


class Tool(StrEnum):
    """A tool; its value is the name of its package."""

    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"


def check_tools(tools: Iterable[Tool]) -> None:
    """Looks whether the packages of these tools are there.

    Raises:
        InputError: If one is not; the message says what to install.
    """
    for tool in tools:
        if find_spec(tool) is None:
            raise InputError(f"--log {tool}: {tool} is not installed: pip install 'sentence-sweeper[{tool}]'")
