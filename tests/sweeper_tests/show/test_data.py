"""What is said of the data takes time linear in the classes."""

from collections.abc import Iterator
from typing import Any

import pytest

from model.data.survey import SampleRow, SplitSurvey
from model.result import SPLITS
from model.tasks import Task
from sweeper.show.data import DataRead, Reading, data_lines, data_warnings, sample_lines

COUNT = 1000

TASK = Task.model_validate(
    {
        "kind": "single",
        "classes": COUNT,
        "source": {"kind": "demo", "task": "sst"},
        "text": ["sentence"],
        "label": "sentiment",
        "metric": "accuracy",
    }
)


def part(full: int) -> SplitSurvey:
    """A split in which the first classes have a row each."""
    labels = {float(number): int(number < full) for number in range(COUNT)}
    sample = [SampleRow(number, ("a b",), float(number), str(number)) for number in range(full)]
    return SplitSurvey(rows=full, why={}, labels=labels, doubles=0, also_in={"train": 0}, sample=sample)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Hears each time that all classes are named."""
    asked: list[int] = []

    def names(task: Any) -> tuple[str, ...]:
        asked.append(1)
        return tuple(map(str, range(COUNT)))

    monkeypatch.setattr(Task, "class_names", property(names))
    yield asked


def test_the_classes_are_named_once_for_each_thing_said(named: list[int]) -> None:
    read = DataRead([Reading("mine", TASK, dict.fromkeys(SPLITS, part(COUNT - 1)), ["A"])])
    lines = [*data_lines(read, {}), *sample_lines(read, COUNT)]
    warnings = [*data_warnings(read)]
    assert len(lines) == 3 + 3 * 2 * (COUNT - 1)
    assert len(named) == 3 + 1 + 1
    shown = ", ".join(map(str, range(20)))
    assert warnings[-1] == (
        f"task mine: of 1000 classes no row has 999; the rows have {shown}, …: name them in `labels`, in the "
        "order of the classes"
    )
