"""What a workload recommends, beside what a study searches."""

from collections.abc import Iterator

from .problem import FieldPath, field_name
from .settings import field_path
from .space import Choice, Space, words
from .study import Study


def outside(study: Study) -> Iterator[tuple[FieldPath, str]]:
    """The study's own entries that leave what its workload recommends: where they stand, and one line."""
    ranges = {field_path(key): entry for key, entry in study.workload.ranges.items()}
    for section, _, key, entry in study.searched.entries():
        recommended = ranges.get(field_path(key))
        if recommended is not None and entry != recommended and not _within(entry, recommended):
            name = study.workload.name
            place = (*section, key)
            yield (
                place,
                f"{field_name(place)}: {words(entry)}, is searched as the study says; workload {name} "
                f"recommends {words(recommended)}",
            )


def _within(entry: Space, recommended: Space) -> bool:
    if isinstance(recommended, Choice):
        return isinstance(entry, Choice) and all(value in recommended.values for value in entry.values)
    ends = entry.values if isinstance(entry, Choice) else (entry.low, entry.high)
    return all(isinstance(end, int | float) and recommended.low <= end <= recommended.high for end in ends)
