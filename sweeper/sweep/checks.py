"""What is looked at before anything is written: logs, data, weights, the home."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.data.survey import survey
from model.data.teacher import read_teacher
from model.errors import ModelError
from model.extras import check_peft
from model.pretrained import verified_minilm_folder
from model.result import SPLITS, Split
from model.tasks import Task

from ..errors import InputError, NoStudiesError
from ..observers.terminal import say
from ..observers.tools import check_tools
from ..paths import Home
from ..sharedfolder import SharedFolder
from ..show.data import DataRead, Reading, data_warnings, short_line
from ..store.database import Database
from ..study.armspace import ArmSpace, Params
from ..study.load import stored_study
from ..study.settings import field_path
from ..study.space import Choice, FloatRange
from ..study.study import Study
from ..text import setting
from .order import Order

COUNTED = ("source", "text", "label", "labels", "missing", "threshold", "classes", "range")
"""The settings of a task that say what its splits hold."""

READ = (*COUNTED, "groups")
"""The settings of a task that say what is read of its data: arms that agree in them are looked at once."""

INSTALLED = {("encoder", "source"), ("encoder", "lora", "rank")}
"""Settings whose values ask for packages that need not be installed."""

Spared = Callable[[str, Params, str], bool]
"""Asked whether an arm may have values although something is wrong with them."""


def prepare(order: Order) -> DataRead:
    """Looks whether everything is there that the trials of an order need.

    Returns:
        What the data hold.

    Raises:
        InputError: If data, an encoder or the package of a log is missing or malformed, or the home cannot
            be a folder.
    """
    check_tools(order.logs)
    read = check_inputs(order.study, order.places.data, partial(_is_begun_with, order))
    check_home(order.places.home)
    return read


def say_data(order: Order, read: DataRead) -> None:
    """Prints in one line what the data hold, then a line for each thing that makes scores mean little."""
    say(order.console, short_line(read))
    for line in data_warnings(read):
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


def check_inputs(study: Study, data: Path | None, spared: Spared = lambda *_: False) -> DataRead:
    """Reads all data and weights that the study's arms need, with each value that says which.

    Args:
        study: The study.
        data: Folder of the user's data files, if there is one.
        spared: Asked of what is wrong with another than the first configuration of an arm: whether the others
            may be trained all the same.

    Returns:
        What the data hold.

    Raises:
        InputError: If anything is missing or malformed.
    """
    inputs = _Inputs(data)
    for arm in study.spec.arms:
        for value, params in _probes(study, arm):
            try:
                inputs.check(study.config(arm, params, study.spec.seeds[0]), arm, value, study.spaces[arm])
            except ModelError as error:
                if not value or not spared(arm, params, str(error)):
                    raise InputError(str(error)) from error
    return DataRead(list(inputs.readings.values()))


@dataclass(frozen=True)
class _Inputs:
    """What was read so far of what a study's trials need.

    Attributes:
        data: Folder of the user's data files, if there is one.
        checked: What is there.
        readings: What the data hold, by the task and what says how they are read.
    """

    data: Path | None
    checked: set[str] = field(default_factory=set)
    readings: dict[str, Reading] = field(default_factory=dict)

    def check(self, config: AnyConfig, arm: str, value: str, space: ArmSpace) -> None:
        """Reads what one configuration needs, but for what was checked already.

        Args:
            config: The configuration.
            arm: Its arm.
            value: The value for which it is looked at; empty for the arm's first configuration.
            space: What varies in the arm.
        """
        teachers: Mapping[str, str] = {}
        if isinstance(config, TrainConfig):
            teachers = config.distillation.teacher
            check_peft(config.encoder.lora.rank)
            if config.encoder.source == "minilm" and "minilm" not in self.checked:
                verified_minilm_folder()
                self.checked.add("minilm")
        for name, task in config.trained.items():
            one = self._survey(name, task)
            if arm not in one.readers:
                one.readers.append(f"{arm} with {value}" if value else arm)
            for split, counts in _asked(space, name, task).items():
                one.asked.setdefault(split, set()).update(counts)
        for name, file in teachers.items():
            read = repr((name, file, config.tasks[name].class_names))
            if read not in self.checked:
                read_teacher(name, config.tasks[name], file, self.data)
                self.checked.add(read)

    def _survey(self, name: str, task: Task) -> Reading:
        counted, read = (repr((name, *(getattr(task, key) for key in keys))) for keys in (COUNTED, READ))
        if read not in self.checked:
            found = survey(name, task, SPLITS if task.has_test else SPLITS[:2], self.data)
            self.readings.setdefault(counted, Reading(name, task, found))
            self.checked.add(read)
        return self.readings[counted]


def _asked(space: ArmSpace, name: str, task: Task) -> dict[Split, set[int | None]]:
    """How many rows an arm trains on and is scored on; of a range the two highest numbers."""
    fixed: dict[Split, int | None] = {"train": task.train_rows, "dev": task.dev_rows}
    found: dict[Split, set[int | None]] = {split: {count} for split, count in fixed.items()}
    for key, entry in space.entries.items():
        for split in found:
            if field_path(key) == ("tasks", name, f"{split}_rows") and not isinstance(entry, FloatRange):
                size = entry.size
                first = 0 if isinstance(entry, Choice) else max(size - 2, 0)
                values = [entry.value(place) for place in range(first, size)]
                # Where a condition does not hold it is what it is without the entry.
                values += [fixed[split]] if key in space.when else []
                found[split] = {value for value in values if value is None or isinstance(value, int)}
    return found


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


def _probes(study: Study, arm: str) -> Iterator[tuple[str, Params]]:
    """The first values of an arm, and some with each value of a setting that says what is read, in words."""
    space = study.spaces[arm]
    yield "", study.first_of(arm)
    for key, entry in space.entries.items():
        for value in entry.probes() if _is_read(field_path(key)) else ():
            if found := space.reach({key: value}):
                yield f"{key} {setting(value)}", found
