"""Every setting of a trial. Imports no torch."""

from .train import EncoderConfig, Task, TrainConfig
from .trial import TrialConfig

__all__ = ["EncoderConfig", "Task", "TrainConfig", "TrialConfig"]
