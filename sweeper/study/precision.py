"""What the precision ``auto`` of a study is: one and the same for all its trials, from when it begins."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from model.config import TrainConfig

from .settings import field_path, nested
from .study import Study

BY_MACHINE = "auto"

Place = tuple[str, ...]
"""Where a precision is set: ``train`` of the workload, ``base``, or ``arms`` with the name of one."""

_PLACED = ("precision", "device")
"""The settings that say in which precision a trial computes, and on what."""


def configurations(study: Study) -> Iterator[TrainConfig]:
    """Configurations that together have each precision of the study's trials, on each kind of device."""
    for arm, space in study.spaces.items():
        varied = {key: each.probes() for key, each in space.entries.items() if field_path(key)[0] in _PLACED}
        # What applies nowhere beside the others is left out, and so is in force nowhere.
        for values in product(*varied.values()):
            params = space.reach(dict(zip(varied, values, strict=True))) or study.first_of(arm)
            config = study.config(arm, params, study.spec.seeds[0])
            if isinstance(config, TrainConfig):  # another trainer has no precision that we know
                yield config


def precisions(study: Study) -> list[str]:
    """The precisions of its trials, those of the first arm first."""
    return list(dict.fromkeys(config.precision for config in configurations(study)))


def says_auto(study: Study) -> bool:
    """Whether ``auto`` stands anywhere in it, in force or not."""
    return any(_written(settings) == BY_MACHINE for settings in _settings(study).values())


def resolved(study: Study, precision: str) -> Study:
    """A new study with the precision that its machine has found in the place of each ``auto``."""
    return _put(study, lambda place: precision)


def precision_as_begun(old: Study, new: Study) -> Study:
    """A study with the precisions that it was begun with in the place of each ``auto``.

    Where the stored study sets a precision, that is what stands there; elsewhere, as in an arm that is added,
    ``auto`` is what it became in the places that there were. Where it became nothing, because the study is
    older than ``auto`` in its files, it is left out, and all stays as it was.

    Args:
        old: The study as stored.
        new: The study as its files have it.
    """
    before = {place: _written(settings) for place, settings in _settings(old).items()}
    autos = [place for place, settings in _settings(new).items() if _written(settings) == BY_MACHINE]
    became = next((before[place] for place in autos if before.get(place)), None)
    return _put(new, lambda place: before.get(place) or became)


def _settings(study: Study) -> dict[Place, Mapping[str, Any]]:
    """All that may set a precision, the weakest first."""
    arms: dict[Place, Mapping[str, Any]] = {
        ("arms", name): settings for name, settings in study.spec.arms.items()
    }
    return {("train",): study.workload.train, ("base",): study.spec.base, **arms}


def _written(settings: Mapping[str, Any]) -> str | None:
    return nested(settings).get("precision")


def _put(study: Study, of: Callable[[Place], str | None]) -> Study:
    """The study with another precision in the place of each ``auto``, or none."""
    spec, workload = study.spec, study.workload
    for place, settings in _settings(study).items():
        if _written(settings) != BY_MACHINE:
            continue
        precision = of(place)
        now = {key: precision if key == "precision" else value for key, value in settings.items()}
        if precision is None:
            del now["precision"]
        match place:
            case ("arms", name):
                spec = spec.model_copy(update={"arms": {**spec.arms, name: now}})
            case ("base",):
                spec = spec.model_copy(update={"base": now})
            case _:
                workload = workload.model_copy(update={"train": now})
    if (spec, workload) == (study.spec, study.workload):
        return study
    return replace(study, spec=spec, workload=workload)
