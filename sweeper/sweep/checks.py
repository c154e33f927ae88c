"""What is looked at before anything is written: logs, data, weights, the home."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.data.survey import SplitSurvey, survey
from model.data.teacher import read_teacher
from model.errors import ModelError
from model.extras import check_peft
from model.pretrained import verified_minilm_folder
from model.result import SPLITS, Split

from ..errors import InputError, NoStudiesError
from ..observers.terminal import say
from ..observers.tools import check_tools
from ..paths import Home
from ..sharedfolder import SharedFolder
from ..show.data import Surveys, data_warnings, short_line
from ..store.database import Database
from ..study.armspace import Params
from ..study.load import stored_study
from ..study.settings import field_path
from ..study.study import Study
from .order import Order

READ = ("source", "text", "label", "labels", "missing", "threshold", "classes", "range", "groups")
"""The settings of a task that say what is read of its data: arms that agree in them are looked at once."""

INSTALLED = {("encoder", "source"), ("encoder", "lora", "rank")}
"""Settings whose values ask for packages that need not be installed."""

Spared = Callable[[str, Params, str], bool]
"""Asked whether an arm may have values although something is wrong with them."""


def prepare(order: Order) -> Surveys:
    """Looks whether everything is there that the trials of an order need.

    Returns:
        What the data of each task hold.

    Raises:
        InputError: If data, an encoder or the package of a log is missing or malformed, or the home cannot
            be a folder.
    """
    check_tools(order.logs)
    surveys = check_inputs(order.study, order.places.data, partial(_is_begun_with, order))
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


def check_inputs(study: Study, data: Path | None, spared: Spared = lambda *_: False) -> Surveys:
    """Reads all data and weights that the study's arms need, with each value that says which.

    Args:
        study: The study.
        data: Folder of the user's data files, if there is one.
        spared: Asked of what is wrong with another than the first configuration of an arm: whether the others
            may be trained all the same.

    Returns:
        What the data of each task hold, as its first arm reads them.

    Raises:
        InputError: If anything is missing or malformed.
    """
    checked: set[str] = set()
    surveys: dict[str, dict[Split, SplitSurvey]] = {}
    for arm in study.spec.arms:
        for place, params in enumerate(_probes(study, arm)):
            try:
                _check(study.config(arm, params, study.spec.seeds[0]), data, checked, surveys)
            except ModelError as error:
                if place == 0 or not spared(arm, params, str(error)):
                    raise InputError(str(error)) from error
    return surveys


def _check(
    config: AnyConfig, data: Path | None, checked: set[str], surveys: dict[str, dict[Split, SplitSurvey]]
) -> None:
    """Reads what one configuration needs, but for what was checked already; adds what its data hold."""
    teachers: Mapping[str, str] = {}
    if isinstance(config, TrainConfig):
        teachers = config.distillation.teacher
        check_peft(config.encoder.lora.rank)
        if config.encoder.source == "minilm" and "minilm" not in checked:
            verified_minilm_folder()
            checked.add("minilm")
    for name, task in config.trained.items():
        read = repr((name, *(getattr(task, field) for field in READ)))
        if read not in checked:
            found = survey(name, task, SPLITS if task.has_test else SPLITS[:2], data)
            surveys.setdefault(name, found)
            checked.add(read)
    for name, file in teachers.items():
        read = repr((name, file, config.tasks[name].class_names))
        if read not in checked:
            read_teacher(name, config.tasks[name], file, data)
            checked.add(read)


def _is_begun_with(order: Order, arm: str, params: Params, wrong: str) -> bool:
    """Whether the order's study was begun with these values among others; says what is wrong with them.

    Versions up to 1.0.0 looked at the first ones alone, and trials with others failed.
    """
    with suppress(NoStudiesError), Database(order.places.storage, must_exist=True) as database:
        store = database.find(order.study.name)
        space = None if store is None else stored_study(store.row).spaces.get(arm)
        if space is not None and space.has(params):
            say(order.console, f"Warning: {wrong}; trials that need it will fail")
            return True
    return False


def _is_read(path: tuple[str, ...]) -> bool:
    """Whether a setting says what is read: of the data, or by which package."""
    data = (path[0] == "tasks" and path[2] in READ) or path[:2] == ("distillation", "teacher")
    return data or path in INSTALLED


def _probes(study: Study, arm: str) -> Iterator[Params]:
    """The first values of an arm, and some with each value of a setting that says what is read."""
    space = study.spaces[arm]
    varied = [
        {key: value}
        for key, entry in space.entries.items()
        if _is_read(field_path(key))
        for value in entry.probes()
    ]
    yield from (study.first_of(arm), *filter(None, map(space.reach, varied)))
