"""For which tools trials can be logged, and whether their packages are installed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from model.registry import Registry

from ..errors import InputError
from ..paths import Home
from ..runs.mark import LocalRuns, read_mark
from .log import Log


@dataclass(frozen=True)
class Tool:
    """A tool that has logs of trials.

    Attributes:
        package: Module that its log imports.
        extra: Extra of this package that installs it.
        opened: Opens the log of a study, ``<study>@<workload>``, under a home.
    """

    package: str
    extra: str
    opened: Callable[[Home, str], Log]


def check_tools(names: Iterable[str]) -> None:
    """Looks whether the packages of these tools are there.

    Raises:
        InputError: If one is not; the message says what to install.
    """
    for name in names:
        tool = TOOLS[name]
        if find_spec(tool.package) is None:
            raise InputError(
                f"--log {name}: {tool.package} is not installed: pip install 'sentence-sweeper[{tool.extra}]'"
            )


def _tensorboard(home: Home, study: str) -> Log:
    from .tensorboard import TensorBoardLog

    return TensorBoardLog(home.root / "tensorboard" / study)


def _mlflow(home: Home, study: str) -> Log:
    from .mlflow import MlflowLog

    return MlflowLog(home, study, _uuid(home, study))


def _wandb(home: Home, study: str) -> Log:
    from .wandb import WandbLog

    return WandbLog(home.root / "wandb" / study, study, _uuid(home, study))


def _uuid(home: Home, study: str) -> str | None:
    """What tells a study from others of its name, whose runs may be on the same server."""
    mark = read_mark(LocalRuns(home.runs), study)
    return None if mark is None else mark.uuid


TOOLS: Registry[Tool] = Registry(
    "log",
    {
        "tensorboard": Tool("tensorboard", "tensorboard", _tensorboard),
        "mlflow": Tool("mlflow", "mlflow", _mlflow),
        "wandb": Tool("wandb", "wandb", _wandb),
    },
)
