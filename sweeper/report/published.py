"""The tables as the paper printed them, and which trials of ours count for a row."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, TypeAdapter

from model.frozen import Frozen
from model.overall import Overall
from model.tasks import Task

from ..study.settings import field_path

PAPER_METRICS = {"sst": "accuracy", "para": "accuracy", "sts": "pearson"}
"""The paper's tasks, and by what it scored them."""

UNSET = {("gradient",): "sum", ("smart", "enabled"): False}
"""What a trial counts as whose configuration has no such setting: it is older than the technique."""


class PublishedRow(Frozen):
    """One row of a table: its label, its four dev scores, and the settings that make it."""

    label: str
    overall: float
    sst: float
    para: float
    sts: float
    match: dict[str, Any] = Field({})

    @property
    def scores(self) -> dict[str, float]:
        """``overall`` and the three tasks."""
        return {"overall": self.overall, "sst": self.sst, "para": self.para, "sts": self.sts}

    def scored(self, overall: Overall, tasks: Mapping[str, Task]) -> dict[str, float]:
        """The same with `overall` by another formula, where that is not the paper's."""
        if overall == Overall():
            return self.scores
        return self.scores | {"overall": overall.score(tasks, self.scores)}


class PublishedTable(Frozen):
    """One table: title, heading of its first column, settings common to its rows, rows, remarks of ours."""

    title: str
    heading: str
    match: dict[str, Any]
    rows: tuple[PublishedRow, ...]
    notes: tuple[str, ...] = ()

    def counts(self, row: PublishedRow, config: Mapping[tuple[str, ...], Any]) -> bool:
        """Whether a trial of this configuration, by field, counts for a row of this table."""
        wanted = {field_path(key): value for key, value in (self.match | row.match).items()}
        return all(_equal(config.get(path, UNSET.get(path)), value) for path, value in wanted.items())


def of_paper(tasks: Mapping[str, Task]) -> bool:
    """Whether these are the paper's three tasks, scored by its metrics."""
    return {name: task.metric for name, task in tasks.items()} == PAPER_METRICS


@cache
def published_tables() -> dict[str, PublishedTable]:
    """All tables by key, ``table1`` to ``table7``."""
    text = Path(__file__).with_name("published.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, PublishedTable]).validate_python(yaml.safe_load(text))


def _equal(ours: Any, published: Any) -> bool:
    if isinstance(ours, float) and isinstance(published, float):
        # A range with a step reaches 0.3 as 0.1 + 2 * 0.1.
        return math.isclose(ours, published, rel_tol=1e-9)
    return bool(ours == published)
