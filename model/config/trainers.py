"""The trainers: ours, and those that are own code; and whose settings a study is read with. No torch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..registry import Deferred, Registry
from .train import TrainConfig
from .trial import RecordedConfig, TrialConfig

AnyConfig = TrainConfig | TrialConfig
"""The settings of a trial, whoever trains it."""

OURS = ""
"""The name of our own trainer, which no study file writes."""


@dataclass(frozen=True)
class Trainer:
    """What trains a trial.

    Attributes:
        config: Its settings.
        train: Is called as `model.trainer.train`; own code has `report` in the place of `loaded`.
    """

    config: type[AnyConfig]
    train: Callable[..., Any]


TRAINERS = Registry("trainer", {OURS: Trainer(TrainConfig, Deferred("model.trainer:train"))})

_in_force = [OURS]


def put_in_force(name: str | None) -> None:
    """From now on studies are read with the settings of this trainer; None: with those of ours."""
    _in_force[-1] = name or OURS


@contextmanager
def in_force(name: str | None) -> Iterator[None]:
    """Meanwhile studies are read with the settings of this trainer; None: with those of ours."""
    _in_force.append(name or OURS)
    try:
        yield
    finally:
        _in_force.pop()


def settings_in_force() -> type[AnyConfig]:
    """The settings with which studies are read."""
    return TRAINERS[_in_force[-1]].config if _in_force[-1] in TRAINERS else TrainConfig


def config_class(settings: Mapping[str, Any]) -> type[AnyConfig]:
    """What the settings of a trial are, as its record has them."""
    name = settings.get("trainer") or OURS
    return TRAINERS[name].config if name in TRAINERS else RecordedConfig


def portable(config: AnyConfig) -> AnyConfig:
    """The same settings for a process that has not loaded their trainer yet."""
    if isinstance(config, TrainConfig):
        return config
    return RecordedConfig.model_validate(config.model_dump(mode="json"))


def revived(config: AnyConfig) -> AnyConfig:
    """The settings that `portable` was given, where their trainer is loaded."""
    if isinstance(config, TrainConfig):
        return config
    dumped = config.model_dump(mode="json")
    return config_class(dumped).model_validate(dumped)
