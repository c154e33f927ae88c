"""What is recorded of the data: lines of text, none where something was not recorded. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.result import Split
from model.sources import DemoSource, FilesSource, HubSource, share_of
from model.tasks import Task

from ...show.made import doubt_words, dropped_words
from ..read import Stored
from .experiments import studies

Lines = Sequence[str]


def rows(stored: Stored) -> Lines:
    """Rows used of each task and split."""
    return _splits(stored, lambda part, task, split: f"{part['used']:,} rows used")


def labels(stored: Stored) -> Lines:
    """How many rows have each label."""
    ranges = {name: task.range for name, task in stored.results.tasks.items()}

    def counts(part: Mapping[str, Any], task: str, split: Split) -> str:
        found = ", ".join(f"{count:,} of {label}" for label, count in part["labels"].items())
        low, high = ranges.get(task) or (None, None)
        return found or (f"scores from {low:g} to {high:g}" if low is not None else "scores")

    return _splits(stored, counts)


def splits(stored: Stored) -> Lines:
    """Where each split is from."""

    def told(part: Mapping[str, Any], task: str, split: Split) -> str:
        of = stored.results.tasks.get(task)
        share = share_of(of.source, split) if of else None
        taken = f", a share of {share.share:g} of {share.giver}, seed {share.seed}" if share else ""
        taken += ", stratified" if share and share.stratified else ""
        return f"{part['read']:,} rows{taken}{_file(part)}"

    return _splits(stored, told)


def excluded(stored: Stored) -> Lines:
    """Rows that were left out, and why."""

    def told(part: Mapping[str, Any], task: str, split: Split) -> str:
        left = part["read"] - part["dropped"] - part["used"]
        return f"{dropped_words(part)}, {left:,} not in the subset or removed"

    return _splits(stored, told)


def repeated(stored: Stored) -> Lines:
    """Rows that say the same as others, and the share that is cut; all of them were used."""

    def doubts(part: Mapping[str, Any], task: str, split: Split) -> str:
        # Where a trainer of own code cuts texts, only that code knows.
        unknown = ["how many texts are cut is not known"] if part.get("cut", 0.0) is None else []
        return ", ".join([*doubt_words(part, part.get("also_in", {})), *unknown])

    both = (
        f"{task}: {count:,} dev rows stand in train too"
        for one in _inputs(stored)
        for task, count in one["dev_in_train"].items()
        if count
    )
    none = ["none"] if _inputs(stored) else []
    return [*dict.fromkeys(both), *_splits(stored, doubts)] or none


def download(stored: Stored) -> Lines:
    """Where the data of each task can be had, as far as its source says so."""
    said = []
    for name, task in stored.results.tasks.items():
        match task.source:
            case DemoSource(seed=seed):
                said.append(f"{name}: built into sweeper, made by its grammar from seed {seed}")
            case HubSource(path=path, subset=subset):
                said.append(
                    f"{name}: dataset {path}{f', subset {subset}' if subset else ''}, Hugging Face hub"
                )
            case FilesSource():
                return []
    return said


def language(stored: Stored) -> Lines:
    """English, of the built-in corpus; nothing says it of other data."""
    return ["English"] if all(map(_is_built_in, stored.results.tasks.values())) else []


def collection(stored: Stored) -> Lines:
    """That the built-in corpus is no collection; nothing says it of other data."""
    built_in = all(map(_is_built_in, stored.results.tasks.values()))
    return ["none: a grammar made the rows"] if built_in else []


def _is_built_in(task: Task) -> bool:
    return isinstance(task.source, DemoSource)


def _inputs(stored: Stored) -> list[Mapping[str, Any]]:
    """What the trials read, those of the confirmation too: they alone read test rows."""
    named = {run.inputs: one.provenance for one in studies(stored) for run in one.trials if run.inputs}
    return [kept[digest] for digest, kept in named.items() if digest in kept]


def _splits(stored: Stored, tell: Callable[[Mapping[str, Any], str, Split], str]) -> list[str]:
    lines = (
        f"{task} {split}: {said}"
        for one in _inputs(stored)
        for task, parts in one["rows"].items()
        for split, part in parts.items()
        if (said := tell(part, task, split))
    )
    return list(dict.fromkeys(lines))


def _file(part: Mapping[str, Any]) -> str:
    return f", file {part['file']}, SHA-256 {part['sha256']}" if part["file"] else ""
