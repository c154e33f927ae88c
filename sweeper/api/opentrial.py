"""A trial of a study, looked at from Python; it predicts, and hands on its model."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ..observers.terminal import say
from ..paths import Home, user_path
from ..text import setting_line
from ..trial import TrialRow
from ..url import Url
from .arguments import called, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from ..store.database import Database
    from ..store.study import StudyStore


class OpenTrial:
    """A trial as it stood when it was first looked at.

    Args:
        study: ``<study>@<workload>``.
        number: Its number.
        storage: URL of the database.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one.
        code: As in `OpenStudy`.
        held: As in `OpenStudy`.
    """

    def __init__(
        self,
        study: str,
        number: int,
        storage: Url,
        home: Home,
        data: Path | None,
        *,
        code: tuple[str, str | None] | None = None,
        held: object = None,
    ) -> None:
        self.study = study
        self.number = number
        self._storage, self._home, self._data, self._code = storage, home, data, code
        self._held = held

    @property
    def arm(self) -> str:
        """Name of its arm."""
        return self.row.arm

    @property
    def seed(self) -> int:
        """Its training seed."""
        return self.row.seed

    @property
    def params(self) -> Mapping[str, Any]:
        """Its values for what the study searches, by the keys of the study file."""
        return self.row.params

    @property
    def config(self) -> Mapping[str, Any]:
        """Every setting with which it trains."""
        return self.row.config

    @property
    def scores(self) -> Mapping[str, float]:
        """Its dev scores at its best epoch: overall, and each task; empty before it has any."""
        return self.row.scores or {}

    @cached_property
    def row(self) -> TrialRow:
        """All that is recorded of it.

        Raises:
            InputError: If the study has no trial of this number.
        """
        from ..store.studies import find_trial

        with self._opened() as (_, store):
            return find_trial(store, self.number)

    def predict(
        self, rows: "pd.DataFrame | Sequence[Mapping[str, Any]]", task: str | None = None
    ) -> "pd.DataFrame":
        """Predicts rows with its weights of the best epoch; where they were not kept it is trained again.

        Args:
            rows: They have the columns of the task's texts, under their names in its files; labels are not
                needed.
            task: The task, where the columns fit several.

        Returns:
            One row each, in their order: ``id``, ``prediction`` and, of a task with classes,
            ``probability.<class>``; gaps where a text is missing.

        Raises:
            InputError: If it has no best epoch, the columns do not tell which task is meant, or its data have
                changed.
            DataError: If a value is no text.
        """
        import pandas as pd

        from model.plugins.load import load

        from ..export.ensemble import load_ensemble
        from ..export.predictions import headings, predicted_records
        from ..store.studies import find_trained
        from ..study.load import unchanged_code
        from ..study.recorded import config_of
        from .rows import rows_input

        with self._opened() as (_, store):
            if self._code is not None:
                load(unchanged_code(store.row, *self._code))
            run = find_trained(store, self.number)
            given = rows_input(rows, config_of(run).trained, text_or_none("task", task))
            ensemble = load_ensemble(store, [run], home=self._home, data=self._data, say=_say())
        records = [record for record, _ in predicted_records(given, ensemble)]
        return pd.DataFrame(records, columns=headings(given.task))

    def export(self, folder: str | Path) -> dict[str, float]:
        """Writes its model as a Hugging Face folder, and gives the dev scores of those weights.

        Args:
            folder: Where it goes; an earlier export there is replaced, anything else is left.

        Raises:
            InputError: If the folder holds other things, it has no best epoch, or its data have changed.
        """
        from ..export.model import export_run
        from ..store.studies import find_trained

        with self._opened() as (database, store):
            return export_run(
                database,
                store,
                find_trained(store, self.number),
                user_path(called("folder", folder)),
                command=f"sweeper.open({self.study!r}).trial({self.number}).export(FOLDER)",
                home=self._home,
                data=self._data,
                say=_say(),
            )

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {value:.4f}" for name, value in self.scores.items())
        settings = setting_line(self.params) or "none sampled"
        of = f"{self.study} trial {self.number}, arm {self.arm}, seed {self.seed}"
        return f"{of}: {scores or self.row.state} ({settings})"

    @contextmanager
    def _opened(self) -> "Iterator[tuple[Database, StudyStore]]":
        from ..store.database import Database
        from ..study.owncode import know

        with Database(self._storage, must_exist=True, read_only=True) as database:
            store = database.study(self.study)
            know(store.row, to_read=True)
            yield database, store


def _say() -> Callable[[str], None]:
    return partial(say, Console())
