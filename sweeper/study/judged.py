"""By which rows and labels trials are judged: within an arm by the same, or the search takes the easiest."""

from collections.abc import Iterable, Iterator

from model.sources import DemoSource, Source, origin_of
from model.tasks import Task

from .problem import FieldError, FieldPath, SettingError, field_name
from .settings import field_path
from .study import Study

LABELS = ("label", "labels", "classes", "range", "threshold", "missing", "dev_rows", "metric_options")
"""The settings of a task, beside its source, that say by what its trials are judged."""


def check_judged(study: Study) -> None:
    """Refuses a space in which trials of one arm are scored on other rows, or by other labels.

    Asked of files alone: studies were begun with such a space before it was refused, and go on.

    Raises:
        SettingError: If there is such an entry.
    """
    for _, arm, key, entry in study.searched.entries():
        top, *below = field_path(key)
        if top != "tasks" or entry.size == 1:
            continue
        of = [arm] if arm is not None else study.spec.arms
        task, field, *inside = below
        if field in LABELS or (field == "source" and _is_judge(inside, _sources(study, of, task))):
            document, path = study.blame.place_of(key, arm)
            reason = "says how trials are judged, and cannot vary within an arm: write arms"
            raise SettingError(document, FieldError(path, reason), f"study {study.name!r}")


def _sources(study: Study, arms: Iterable[str], task: str) -> Iterator[Source]:
    for arm in arms:
        yield study.config(arm, study.first_of(arm), study.spec.seeds[0]).tasks[task].source


def _is_judge(field: list[str], sources: Iterable[Source]) -> bool:
    """Whether a setting of a source says more than which rows are trained on."""
    return field != ["train"] or not all(map(_trains_alone, sources))


def _trains_alone(source: Source) -> bool:
    """Whether where the training rows stand no row of another split does."""
    return not isinstance(source, DemoSource) and "train" not in (
        origin_of(source, "dev"),
        origin_of(source, "test"),
    )


def judged_apart(study: Study) -> Iterator[tuple[FieldPath, str]]:
    """The arms that are judged by other rows or labels than the first: where they stand, and one line."""
    first, *others = study.arms()
    for arm in others:
        for name, task in arm.config.tasks.items():
            here, there = _judges(task), _judges(first.config.tasks[name])
            fields = [field for field in here if here[field] != there[field]]
            if fields:
                place = ("arms", arm.name)
                yield (
                    place,
                    f"{field_name(place)}: task {name} has another {' and '.join(fields)} than in arm "
                    f"{first.name}, so that their scores may not compare",
                )


def _judges(task: Task) -> dict[str, object]:
    source = task.source
    judging = source.model_copy(update={"train": ""}) if _trains_alone(source) else source
    return {**{field: getattr(task, field) for field in LABELS}, "source": judging}
