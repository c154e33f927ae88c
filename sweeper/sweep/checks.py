"""What is looked at before anything is written: logs, data, weights, the home."""

import os
from pathlib import Path

from model.data.rows import check
from model.errors import ModelError
from model.pretrained import verified_minilm_folder

from ..errors import InputError
from ..observers.tools import check_tools
from ..paths import Home
from ..sharedfolder import SharedFolder
from ..study.study import Study
from .order import Order


def prepare(order: Order) -> None:
    """Looks whether everything is there that the trials of an order need.

    Raises:
        InputError: If data, an encoder or the package of a log is missing or malformed, or the home cannot
            be a folder.
    """
    check_tools(order.logs)
    check_inputs(order.study, order.places.data)
    check_home(order.places.home)


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


def check_inputs(study: Study, data: Path | None) -> None:
    """Reads all data and weights that the study's arms need.

    Raises:
        InputError: If anything is missing or malformed.
    """
    checked = set()
    try:
        for arm in study.spec.arms:
            config = study.config(arm, {}, study.spec.seeds[0])
            if config.encoder.source == "minilm" and "minilm" not in checked:
                checked.add("minilm")
                verified_minilm_folder()
            rows = repr([(task.source, task.text, task.label) for task in config.tasks.values()])
            if rows not in checked:
                checked.add(rows)
                check(config, data)
    except ModelError as error:
        raise InputError(str(error)) from error
