"""What a sweep is to do: which study, how far, where things are, and who is told."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from ..paths import Home
from ..study.study import Study
from ..url import Url
from .stopping import Limits


@dataclass(frozen=True)
class Places:
    """Where a sweep keeps and finds things.

    Attributes:
        storage: URL of the database.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        working: The user's working folder, of which git may know something.
    """

    storage: Url
    home: Home
    data: Path | None
    working: Path = Path()


@dataclass(frozen=True)
class Order:
    """A study whose missing trials shall be run.

    Attributes:
        study: The study.
        trials: Number of trials that it shall have in total. None: what was asked for before, or else every
            trial of a study that ends, or 10 configurations for each arm and seed.
        places: Where things are.
        console: Where progress is shown.
        limits: What ends the sweep, or a trial, early.
        logs: Names of the other tools for which the trials are logged.
    """

    study: Study
    trials: int | None
    places: Places
    console: Console
    limits: Limits = field(default_factory=Limits)
    logs: Collection[str] = ()
