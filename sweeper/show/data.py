"""What a study's data hold, in lines: counts and labels, what is odd about them, some rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from model.data.rowchecker import EMPTY_LABEL, EMPTY_TEXT
from model.data.survey import SplitSurvey
from model.result import Split
from model.sources import FilesSource, name_of, share_of
from model.tasks import Task

from ..text import one_line, plural, some_names

Surveys = Mapping[str, Mapping[Split, SplitSurvey]]
"""By task and split."""

CLASSES = 20
"""Classes whose counts a line gives at most."""

NARROW = 0.5
"""Labels that reach over less than this share of the declared range are taken for those of another range."""


@dataclass(frozen=True)
class Reading:
    """What some arms read of the data of a task, all of them alike.

    Attributes:
        name: Name of the task.
        task: The task, as the first of them declares it.
        found: What its splits hold.
        readers: Which arms; of one that reads it with some of its values alone, which values these are.
        asked: How many rows of a split they ask for; None: all.
    """

    name: str
    task: Task
    found: Mapping[Split, SplitSurvey]
    readers: list[str] = field(default_factory=list)
    asked: dict[Split, set[int | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class DataRead:
    """All that the arms of a study read.

    Attributes:
        readings: In the order in which they were read.
    """

    readings: Sequence[Reading]

    @property
    def surveys(self) -> Surveys:
        """What the data of each task hold, as the first arm that trains it reads them."""
        found: dict[str, Mapping[Split, SplitSurvey]] = {}
        for one in self.readings:
            found.setdefault(one.name, one.found)
        return found

    def each(self) -> Iterator[tuple[str, Reading]]:
        """Each of them, with the arms that it is of: nothing for what the first arm reads."""
        said = set()
        for one in self.readings:
            arms = f"arm{'' if len(one.readers) == 1 else 's'} {some_names(one.readers)}: "
            yield (arms if one.name in said else "", one)
            said.add(one.name)


def short_line(read: DataRead) -> str:
    """How many rows there are: ``Data: sst 8,544 train, 1,101 dev (12 left out); arm B: sst 200 …``."""
    return "Data: " + "; ".join(one_line(f"{arms}{one.name} {_rows(one.found)}") for arms, one in read.each())


def _rows(found: Mapping[Split, SplitSurvey]) -> str:
    lost = sum(sum(part.why.values()) for part in found.values())
    counts = ", ".join(f"{part.rows:,} {split}" for split, part in found.items())
    return counts + (f" ({lost:,} left out)" if lost else "")


def data_lines(read: DataRead, cut: Mapping[str, Mapping[Split, float]]) -> Iterator[str]:
    """A line for each task and split: rows, labels, what was left out and why, doubles, cut texts.

    Args:
        read: What was read.
        cut: The share of rows with a text that is cut, of what the first arm reads; nothing where it is not
            known.
    """
    for arms, one in read.each():
        task = one.task
        for split, part in one.found.items():
            said = [f"{part.rows:,} row{'' if part.rows == 1 else 's'}", _labels(task, part)]
            if part.why:
                reasons = ", ".join(f"{count:,} {reason}" for reason, count in part.why.items())
                said.append(f"{sum(part.why.values()):,} left out ({reasons})")
            if part.doubles:
                said.append(f"{part.doubles:,} repeat an earlier row")
            said += [f"{count:,} also in {other}" for other, count in part.also_in.items() if count]
            if not arms and (share := cut.get(one.name, {}).get(split)):
                what = "pair" if task.pair_encoding == "joint" else "text"
                said.append(f"{share:.1%} with a {what} that is cut at encoder.max_length")
            used = {"train": task.train_rows, "dev": task.dev_rows, "test": None}[split]
            if used is not None and used < part.rows:
                said.append(f"{used:,} of them are used")
            yield one_line(f"{arms}{one.name} {split}: {'; '.join(said)}")


def _labels(task: Task, part: SplitSurvey) -> str:
    if task.classes is None:
        return f"scores from {min(part.labels):g} to {max(part.labels):g}"
    names = task.class_names
    counts = [f"{names[int(number)]} {count:,}" for number, count in part.labels.items()]
    more = f" and {len(counts) - CLASSES} classes more" if len(counts) > CLASSES else ""
    return f"labels {', '.join(counts[:CLASSES])}{more}"


def sample_lines(read: DataRead, count: int) -> Iterator[str]:
    """The first rows of each split as the trainer sees them, a line for each text.

    Args:
        read: What was read.
        count: How many rows of each split.
    """
    for arms, one in read.each():
        names = one.task.class_names
        for split, part in one.found.items():
            for row in part.sample[:count]:
                label = f"{row.label:g}"
                if one.task.classes is not None:
                    named = names[int(row.label)]
                    label = f"class {label}" + (f", {named}" if named != label else "")
                yield one_line(f"{arms}{one.name} {split} {row.id}: {label}")
                yield from (f"    {one_line(text)}" for text in row.texts)


def data_warnings(read: DataRead) -> Iterator[str]:
    """What in the data will make scores mean little, a line each; tasks that no arm trains were not read."""
    for arms, one in read.each():
        task, found = one.task, one.found
        warned = _class_warnings(task, found) if task.classes is not None else _score_warnings(task, found)
        for line in (*warned, *_text_warnings(task, found), *_count_warnings(one)):
            yield one_line(f"{arms}task {one.name}: {line}")
    first = [one for arms, one in read.each() if not arms]
    for one, other in combinations(first, 2):
        if _parted_otherwise(one, other):
            yield one_line(
                f"tasks {one.name} and {other.name} take other dev rows of the same texts, as their labels "
                "differ: each trains on dev rows of the other; set stratified: false in both"
            )


def _parted_otherwise(one: Reading, other: Reading) -> bool:
    """Whether two tasks have the same texts, and by their labels other ones of them in dev."""
    share = share_of(one.task.source, "dev")
    return (
        share is not None
        and share.stratified
        and (one.task.source, one.task.text) == (other.task.source, other.task.text)
        and one.found["dev"].digest != other.found["dev"].digest
    )


def _text_warnings(task: Task, found: Mapping[Split, SplitSurvey]) -> Iterator[str]:
    if task.kind == "pair" and task.text[0] == task.text[1]:
        yield f"both texts of a pair are column {task.text[0]!r}: each is compared with itself"
    for split, part in found.items():
        for column, count in part.controls.items():
            assert isinstance(task.source, FilesSource)  # noqa: S101 - none other has an encoding
            yield (
                f"file {name_of(task.source, split)!r}, column {column!r}: {plural(count, 'text')} with "
                "control characters (U+0080 to U+009F), which tokenizers leave out: if they are the "
                "quotation marks and dashes of Windows, set encoding: cp1252 in the task's source"
            )
        empty = part.why.get(EMPTY_LABEL, 0) + part.why.get(EMPTY_TEXT, 0)
        if empty > part.rows:
            yield f"{empty:,} {split} rows are left out, {part.rows:,} used: is the right column named?"
        if split != "train" and part.also_in["train"] == part.rows:
            yield f"every {split} row also stands in train: its scores say nothing about new texts"
        if split == "test" and part.also_in.get("dev") == part.rows:
            yield "every test row also stands in dev, by whose scores all choices are made"


def _count_warnings(one: Reading) -> Iterator[str]:
    """More rows asked for than there are, which means all of them."""
    for split, counts in one.asked.items():
        rows = one.found[split].rows
        numbers = {count for count in counts if count is not None}
        above = sorted(count for count in numbers if count > rows)
        null = "null and " * (None in counts)
        if above:
            alike = len(counts - {count for count in numbers if count < rows}) > 1
            same = f"; {null}all from {rows} on are the same rows" if alike else ""
            yield f"{split}_rows {some_names(map(str, above))}, but there are {rows}{same}"
        elif null and rows in numbers:
            yield f"{split}_rows {null}{rows} are the same rows: there are {rows}"


def _class_warnings(task: Task, found: Mapping[Split, SplitSurvey]) -> Iterator[str]:
    names = task.class_names
    for split, part in found.items():
        present = [number for number, count in part.labels.items() if count]
        if len(present) == 1:
            yield f"all {split} rows have the label {names[int(present[0])]}"
    train = found["train"].labels
    held = {
        number: [f"{part.labels[number]:,} {split}" for split, part in found.items() if part.labels[number]]
        for number in train
    }
    for number, where in held.items():
        if where and not train[number]:
            said = " and ".join(where)
            yield f"no training row has the label {names[int(number)]}, which {said} rows have"
    empty = [names[int(number)] for number, where in held.items() if not where]
    if empty:
        full = [names[int(number)] for number, where in held.items() if where]
        there = ", ".join(full[:CLASSES]) + (", …" if len(full) > CLASSES else "")
        way = "" if task.labels else ": name them in `labels`, in the order of the classes"
        yield f"of {task.classes} classes no row has {', '.join(empty[:CLASSES])}; the rows have {there}{way}"


def _score_warnings(task: Task, found: Mapping[Split, SplitSurvey]) -> Iterator[str]:
    for split, part in found.items():
        if len(part.labels) == 1:
            score = next(iter(part.labels))
            defined = task.scorer.defined(np.array([score, score]))
            why = f"{task.metric} is not defined" if not defined else "there is nothing to tell apart"
            yield f"all {split} rows have the score {score:g}: {why}"
    assert task.range is not None  # noqa: S101
    low = min(min(part.labels) for part in found.values())
    high = max(max(part.labels) for part in found.values())
    if low < high and high - low < NARROW * (task.range[1] - task.range[0]):
        yield f"scores reach from {low:g} to {high:g}, the range from {task.range[0]:g} to {task.range[1]:g}"
