"""Rows that stand in two splits: how many, arm by arm, and what is warned of. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..text import one_line, plural, some_names
from .counts import most
from .results import Results

SharedRows = tuple[str, str, str]
"""A task, the split whose rows are counted, and the one in which they stand too."""


def shared_rows(read: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[SharedRows, dict[str, int]]:
    """How many rows of one split also stand in another one, by arm: the most that any of its trials had.

    Args:
        read: The arm of each trial, and what it was made from.
    """
    of: dict[str, list[dict[SharedRows, int]]] = {}
    for arm, content in read:
        of.setdefault(arm, []).append(_shared(content))
    found: dict[SharedRows, dict[str, int]] = {}
    for arm, every in of.items():
        for which, count in most(every).items():
            found.setdefault(which, {})[arm] = count
    return found


def _shared(content: Mapping[str, Any]) -> dict[SharedRows, int]:
    found = {(task, "dev", "train"): count for task, count in content.get("dev_in_train", {}).items()}
    for task, splits in content.get("rows", {}).items():
        for split, count in splits.get("test", {}).get("also_in", {}).items():
            found[task, "test", split] = count
    return found


def leaks(results: Results) -> list[str]:
    """What is warned of: dev rows that stand in train, test rows of the confirmation that stand elsewhere.

    Of several studies each is named, unless the same holds for all.
    """
    tested = results if results.confirmation is None else results.confirmation
    names = list(dict.fromkeys(study for study, _ in results.studies.values())) or [""]
    of = {name: [*_leaks(results, name, "dev"), *_leaks(tested, name, "test")] for name in names}
    first, *others = of.values()
    if all(each == first for each in others):
        return first
    return [f"{one_line(name)}: {line}" for name, lines in of.items() for line in lines]


def _leaks(results: Results, study: str, split: str) -> Iterator[str]:
    """Of the arms of a study; without one, of all."""
    called = {arm: results.studies.get(arm, ("", arm)) for arm in dict.fromkeys(results.complete["arm"])}
    arms = {arm: own for arm, (place, own) in called.items() if place == study}
    for (task, of, where), counts in results.shared_rows.items():
        known = {arm: counts[arm] for arm in arms if arm in counts}
        there = {arm: count for arm, count in known.items() if count}
        if of != split or not there:
            continue
        low, high = min(there.values()), max(there.values())
        count = f"{low} to {high} {of} rows" if low < high else plural(high, f"{of} row")
        whose = ""
        if len(there) < len(arms):
            whose = f" of {some_names(arms[arm] for arm in there)}"
            none = [arms[arm] for arm in known if arm not in there]
            whose += f" (not of {some_names(none)})" if none else ""
        yield f"{one_line(task)}: {count} also {'stands' if high == 1 else 'stand'} in {where}{whose}."
