"""What is looked at before anything is written: logs, data, weights, the home."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from model.config import EncoderConfig, TrainConfig
from model.config.trainers import AnyConfig
from model.data.survey import SplitSurvey, survey
from model.data.teacher import read_teacher
from model.errors import ModelError
from model.extras import check_peft
from model.pretrained import verified_minilm_folder
from model.result import SPLITS, Split

from ..errors import InputError
from ..observers.terminal import say
from ..observers.tools import check_tools
from ..paths import Home
from ..sharedfolder import SharedFolder
from ..show.data import Surveys, data_warnings, short_line
from ..study.settings import field_path
from ..study.study import Study
from .order import Order

READ = ("source", "text", "label", "labels", "missing", "threshold", "classes", "range", "groups")
"""The settings of a task that say what is read of its data: arms that agree in them are looked at once."""

INSTALLED = {("encoder", "source"), ("encoder", "lora", "rank")}
"""Settings whose values ask for packages that need not be installed."""


def prepare(order: Order) -> Surveys:
    """Looks whether everything is there that the trials of an order need.

    Returns:
        What the data of each task hold.

    Raises:
        InputError: If data, an encoder or the package of a log is missing or malformed, or the home cannot
            be a folder.
    """
    check_tools(order.logs)
    surveys = check_inputs(order.study, order.places.data)
    check_home(order.places.home)
    return surveys


def say_data(order: Order, surveys: Surveys) -> None:
    """Prints in one line what the data hold, then a line for each thing that makes scores mean little."""
    say(order.console, short_line(surveys))
    for line in data_warnings(order.study.tasks, surveys):
        say(order.console, f"Warning: {line}")


def check_home(home: Home) -> None:
    """Looks, without writing, whether SWEEPER_HOME is a folder that can be written, or can become one.

    Raises:
        InputError: If not.
    """
    nearest = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not nearest.is_dir():
        raise InputError(f"SWEEPER_HOME {str(home.root)!r} cannot be a folder: {str(nearest)!r} is a file")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(
            f"SWEEPER_HOME {str(home.root)!r} cannot be written: this user may not write in {str(nearest)!r}"
        )
    if home.shared is not None:
        SharedFolder(home.shared).check()


def check_inputs(study: Study, data: Path | None) -> dict[str, dict[Split, SplitSurvey]]:
    """Reads all data and weights that the study's arms need, with each value that says which.

    Returns:
        What the data of each task hold, as its first arm reads them.

    Raises:
        InputError: If anything is missing or malformed.
    """
    checked = set()
    surveys: dict[str, dict[Split, SplitSurvey]] = {}
    try:
        for arm in study.spec.arms:
            for encoder in _encoders(study, arm):
                check_peft(encoder.lora.rank)
                if encoder.source == "minilm" and "minilm" not in checked:
                    checked.add("minilm")
                    verified_minilm_folder()
            for config in _probes(study, arm, _is_read):
                for name, task in config.trained.items():
                    read = repr((name, *(getattr(task, field) for field in READ)))
                    if read not in checked:
                        checked.add(read)
                        found = survey(name, task, SPLITS if task.has_test else SPLITS[:2], data)
                        surveys.setdefault(name, found)
                teachers = config.distillation.teacher if isinstance(config, TrainConfig) else {}
                for name, file in teachers.items():
                    read = repr((name, file, config.tasks[name].class_names))
                    if read not in checked:
                        checked.add(read)
                        read_teacher(name, config.tasks[name], file, data)
    except ModelError as error:
        raise InputError(str(error)) from error
    return surveys


def _encoders(study: Study, arm: str) -> Iterator[EncoderConfig]:
    """The encoders of an arm that ask for different packages; none of another trainer."""
    for config in _probes(study, arm, lambda path: path in INSTALLED):
        if isinstance(config, TrainConfig):
            yield config.encoder


def _is_read(path: tuple[str, ...]) -> bool:
    """Whether a setting says what is read of the data."""
    return (path[0] == "tasks" and path[2] in READ) or path[:2] == ("distillation", "teacher")


def _probes(study: Study, arm: str, wanted: Callable[[tuple[str, ...]], bool]) -> Iterator[AnyConfig]:
    """The first configuration of an arm, and one for each value that one of the wanted settings may have.

    Args:
        study: The study.
        arm: The arm.
        wanted: Says of a setting whether its values matter.
    """
    space = study.spaces[arm]
    varied = [
        {key: value}
        for key, entry in space.entries.items()
        if wanted(field_path(key))
        for value in entry.probes()
    ]
    for params in (study.first_of(arm), *filter(None, map(space.reach, varied))):
        yield study.config(arm, params, study.spec.seeds[0])
